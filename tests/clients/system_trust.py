# SPDX-License-Identifier: Apache-2.0
"""The machine's own store of trusted certificates, for one test at a time and as it was afterwards."""

import fcntl
import os
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness import Weir

STORES = {
    Path("/usr/local/share/ca-certificates"): Path("/etc/ssl/certs/ca-certificates.crt"),
    Path("/etc/pki/ca-trust/source/anchors"): Path("/etc/pki/tls/certs/ca-bundle.crt"),
}


@dataclass(frozen=True)
class State:
    anchors: frozenset[str]
    roots: frozenset[str]  # what clients trust, each as PEM
    links: frozenset[str]  # beside it, by which OpenSSL finds them


class SystemTrust:
    def __init__(self) -> None:
        self._anchors, self._bundle = next(pair for pair in STORES.items() if pair[0].is_dir())
        self._users: list[Weir] = []

    def install(self, weir: Weir) -> None:
        self._users.append(weir)
        done = weir.run("ca", "install")
        assert done.returncode == 0, done.stdout + done.stderr

    def uninstall(self, weir: Weir) -> None:
        done = weir.run("ca", "uninstall")
        assert done.returncode == 0, done.stdout + done.stderr

    def state(self) -> State:
        roots = frozenset(self._bundle.read_text().split("-----BEGIN CERTIFICATE-----\n"))
        anchors = frozenset(path.name for path in self._anchors.iterdir())
        return State(anchors, roots, frozenset(path.name for path in self._bundle.parent.iterdir()))

    def clean_up(self, before: State) -> None:
        """By weir, and by hand where weir fails to."""
        for weir in self._users:
            weir.run("ca", "uninstall")
        left = self.state().anchors - before.anchors
        for name in left:
            (self._anchors / name).unlink()
        if left:
            updater = "update-ca-certificates" if "ssl" in str(self._bundle) else "update-ca-trust"
            subprocess.run([updater], check=True, timeout=60)
        assert not left, f"weir ca uninstall left {left}"


@pytest.fixture
def system_trust() -> Iterator[SystemTrust]:
    """Waits until no other test changes the store; takes back what was installed, also after a failure."""
    if os.geteuid() != 0 or not any(path.is_dir() for path in STORES):
        pytest.skip("only root changes the system's store, and only one that is known")
    with (Path(tempfile.gettempdir()) / "weir-system-trust.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        trust = SystemTrust()
        before = trust.state()
        try:
            yield trust
        finally:
            trust.clean_up(before)
