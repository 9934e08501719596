# SPDX-License-Identifier: Apache-2.0
"""Weir as the service of its package in a guest, and clients of it on this machine."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from guest import HOST, Guest, wait_until
from harness import Connection, Reply
from harness.weir import Config, merged, toml
from hub import File, TestHub

STATE = "/var/lib/weir"
PACKAGE = "/root/weir.deb"
INSTALL = f"DEBIAN_FRONTEND=noninteractive apt-get install -y {PACKAGE}"
START_SECONDS = 180.0
PROPERTIES = "ActiveState,SubState,MainPID,NRestarts,Result,ExecMainStatus,Type,User"


@dataclass
class Service:
    """Its store and its CA are where the package puts them."""

    guest: Guest
    hub: TestHub
    folder: Path  # for copies of what is in the guest

    def configure(self, config: Config | None = None) -> None:
        """Has it find the test hub, listen to this machine, and these additions."""
        base: Config = {
            "proxy": {"listen": "0.0.0.0:9347", "allow": ["10.0.2.0/24"], "admin_allow": ["10.0.2.0/24"]},
            "origin": {"ca_file": "/etc/weir/hub-ca.pem", "connect_to": [f"::{HOST}:{self.hub.port}"]},
            "store": {"min_free": 0},
        }
        self.guest.put(self.hub.ca_file.read_bytes(), "/etc/weir/hub-ca.pem")
        self.guest.put(toml(merged(base, config or {})).encode(), "/etc/weir/weir.toml")

    def start(self) -> None:
        """Type=notify: it serves when this returns."""
        self.guest.run("systemctl start weir", timeout=START_SECONDS)

    def show(self) -> dict[str, str]:
        """The unit's properties."""
        lines = self.guest.output(f"systemctl show weir -p {PROPERTIES}").splitlines()
        return dict(line.split("=", 1) for line in lines)

    @property
    def pid(self) -> int:
        return int(self.show()["MainPID"])

    def log(self) -> str:
        return self.guest.output("journalctl -u weir -o cat --no-pager")

    def wait_for_log(self, text: str, count: int = 1) -> None:
        wait_until(lambda: self.log().count(text) >= count, START_SECONDS, self.log)

    def weir(self, arguments: str, check: bool = True) -> str:
        """A command of Weir's as the service's user, with the service's folders."""
        done = self.guest.run(f"cd / && runuser -u weir -- env XDG_DATA_HOME=/var/lib weir {arguments}", check)
        return done.stdout

    def ca_file(self) -> Path:
        copy = self.folder / "ca.pem"
        copy.write_text(self.admin("/-/ca.pem"))
        return copy

    def admin(self, path: str) -> str:
        with Connection.plain(self.address) as connection:
            reply = connection.get(path, {"Host": "127.0.0.1"})
        assert reply.status == 200, reply.body
        return reply.body.decode()

    def health(self) -> dict[str, Any]:
        return dict(json.loads(self.admin("/-/health")))

    @property
    def address(self) -> tuple[str, int]:
        return "127.0.0.1", self.guest.weir_port

    def get(self, repo: str, path: str, ca_file: Path) -> Reply:
        """One file of main; a regular file's redirect to its commit is followed."""
        target = f"/{repo}/resolve/main/{path}"
        with Connection.through_proxy(self.address, "huggingface.co", ca_file) as connection:
            reply = connection.get(target)
            if reply.status == 307:
                reply = connection.get(reply.header("Location") or "")
        return reply


def is_right(reply: Reply, file: File) -> bool:
    return (reply.status, reply.complete, hashlib.sha256(reply.body).hexdigest()) == (200, True, file.sha256)


def is_hit(reply: Reply) -> bool:
    return "hit" in (reply.header("Cache-Status") or "")
