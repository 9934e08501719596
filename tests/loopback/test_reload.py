# SPDX-License-Identifier: Apache-2.0
"""SIGHUP: what changes for whom, what stays, and what the service manager is told."""

import os
import pty
import signal
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from files import CDN, MEDIUM, WEIGHTS, get, resolve, whole
from harness import Connection, Weir
from harness.weir import weir_binary
from hub import TestHub

DENY = {"tunnel": {"policy": "deny"}}


def tunnel_status(weir: Weir) -> int:
    with Connection.plain(("127.0.0.1", weir.port)) as connection:
        return connection.request("CONNECT", "example.org:443", {"Host": "example.org:443"}).status


def test_a_running_download_goes_on_and_a_new_rule_holds(weir: Weir, hub: TestHub) -> None:
    file = hub.file(MEDIUM, WEIGHTS)
    stall = hub.inject(host=CDN, stall_at=20_000_000)
    with weir.connect() as connection:
        connection.send_head("GET", resolve(MEDIUM), {"Host": "huggingface.co"})
        response = connection.begin()
        assert stall.reached.wait(30)
        assert tunnel_status(weir) == 200
        weir.configure(DENY)
        weir.reload()
        assert "changed: tunnel.policy" in weir.log()
        assert tunnel_status(weir) == 403
        stall.release()
        assert response.read() == whole(file)
        assert connection.get("/api/models/acme/tiny-model").status == 200


def test_a_tunnel_that_stands_outlives_the_rule(weir: Weir, hub: TestHub) -> None:
    with Connection.through_proxy(("127.0.0.1", weir.port), "example.org", hub.ca_file) as connection:
        weir.configure(DENY)
        weir.reload()
        assert connection.request("GET", "/", {"Host": "example.org"}).body == b"hello from example.org\n"
        assert tunnel_status(weir) == 403


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[tunnel]\npolicy = \n", ":2: expected TOML"),
        ("[tunnel]\npolice = 1\n", "the nearest is tunnel.policy"),
        ('[proxy]\nusers = "/nowhere/users"\n', "weir user add NAME makes it"),
        (None, "there is none"),
    ],
)
def test_a_wrong_file_changes_nothing(
    make_weir: Callable[..., Weir], text: str | None, says: str
) -> None:
    weir = make_weir(DENY)
    if text is None:
        weir.config_file.unlink()
    else:
        weir.config_file.write_text(text)
    weir.reload("the configuration stays as it was")
    assert says in weir.log()
    assert tunnel_status(weir) == 403
    weir.configure({})
    weir.reload()
    assert tunnel_status(weir) == 200


def test_what_needs_a_restart_is_named(weir: Weir) -> None:
    port = weir.port
    weir.configure(
        {
            "proxy": {"listen": "127.0.0.1:1", "workers": 1, "access_log": False},
            "store": {"path": str(weir.folder / "other")},
            "origin": {"connect_timeout": "1s"},
        }
    )
    weir.reload("needs a restart")
    assert "changed: proxy.access_log" in weir.log()
    assert "needs a restart: proxy.listen, proxy.workers, store.path, origin.connect_timeout" in weir.log()
    weir.port = port
    assert weir.admin("/-/health")[0] == 200


def test_the_log_follows(weir: Weir, hub: TestHub) -> None:
    get(weir, "/api/models/acme/tiny-model")
    await_in_log(weir, "/api/models/acme/tiny-model")
    weir.configure({"proxy": {"access_log": False}})
    weir.reload()
    get(weir, "/api/models/acme/medium-model")
    weir.configure({"log": {"level": "debug"}})
    weir.reload()
    log = weir.log()
    assert "changed: proxy.access_log, log.level" in log
    said = "broke off the TLS handshake"
    assert said not in log
    with Connection.plain(("127.0.0.1", weir.port)) as connection:
        assert connection.request("CONNECT", "huggingface.co:443", {"Host": "huggingface.co:443"}).status == 200
    await_in_log(weir, said)
    weir.stop()  # nothing waits to be written any more
    assert "/api/models/acme/medium-model" not in weir.log()


def await_in_log(weir: Weir, text: str) -> None:
    deadline = time.monotonic() + 30
    while text not in weir.log():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_exceptions_and_xet_follow(weir: Weir, hub: TestHub) -> None:
    weir.configure({"intercept": {"except": ["huggingface.co"]}})
    weir.reload()
    with Connection.through_proxy(("127.0.0.1", weir.port), "huggingface.co", hub.ca_file) as connection:
        assert connection.get("/api/models/acme/tiny-model").header("Cache-Status") is None
    weir.configure({"xet": {"mode": "pass"}})
    weir.reload()
    assert get(weir, "/api/models/acme/tiny-model").header("Cache-Status") is not None


def test_limits_follow(weir: Weir) -> None:
    weir.configure({"limits": {"tunnels": 0}})
    weir.reload()
    assert tunnel_status(weir) == 503


def test_private_addresses_follow(make_weir: Callable[..., Weir]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        rules = {"origin": {"connect_to": None, "ca_file": None}, "tunnel": {"ports": [port]}}
        weir = make_weir(rules)

        def status() -> int:
            with Connection.plain(("127.0.0.1", weir.port)) as connection:
                return connection.request("CONNECT", f"127.0.0.1:{port}", {"Host": f"127.0.0.1:{port}"}).status

        assert status() == 403
        weir.configure({**rules, "tunnel": {"ports": [port], "allow_private": ["127.0.0.0/8"]}})
        weir.reload()
        assert status() == 200


class Manager:
    """What systemd listens with."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.settimeout(30)

    def next(self) -> dict[str, str]:
        return dict(line.split("=", 1) for line in self._socket.recv(4096).decode().splitlines())


def test_the_service_manager_is_told(tmp_path: Path, hub: TestHub) -> None:
    manager = Manager(tmp_path / "notify")
    weir = Weir(tmp_path / "weir", hub, environment={"NOTIFY_SOCKET": str(tmp_path / "notify")})
    with weir:
        ready = manager.next()
        assert ready["READY"] == "1" and f"127.0.0.1:{weir.port}" in ready["STATUS"]
        weir.reload()
        reloading = manager.next()
        assert reloading["RELOADING"] == "1"
        assert 0 < int(reloading["MONOTONIC_USEC"]) <= time.monotonic_ns() // 1000
        assert manager.next()["READY"] == "1"
        weir.signal(signal.SIGTERM)
        assert manager.next()["STOPPING"] == "1"
        assert weir.wait() == 0


def test_a_closed_terminal_ends_what_was_started_in_it(idle: Weir) -> None:
    command = [str(weir_binary()), "serve", "--config", str(idle.config_file)]
    pid, terminal = pty.fork()
    if pid == 0:
        log = os.open(idle.log_file, os.O_WRONLY | os.O_CREAT, 0o600)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.execve(command[0], command, idle.environment)
    while not idle.healthy():
        time.sleep(0.02)
    os.kill(pid, signal.SIGHUP)  # from somebody else: a reload
    while "read the configuration anew" not in idle.log():
        time.sleep(0.02)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_one_that_comes_while_weir_starts_waits(weir: Weir) -> None:
    """From when it owns the store on."""
    weir.stop()
    starting = threading.Thread(target=weir.start)
    starting.start()
    lock = weir.store / "lock"
    while starting.is_alive() and not lock.read_text().startswith(f"pid {started_pid(weir)}\n"):
        time.sleep(0.001)
    weir.signal(signal.SIGHUP)
    starting.join()
    weir.reload()
    assert weir.healthy()


def started_pid(weir: Weir) -> int:
    """0 before the process is there."""
    try:
        return weir.pid
    except AssertionError:
        return 0
