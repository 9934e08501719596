# SPDX-License-Identifier: Apache-2.0
"""How it ends: running transfers get a deadline, a second signal ends at once."""

import signal
import socket
import time
from collections.abc import Callable

import pytest

from clock import SANITIZED
from files import CDN, MEDIUM, WEIGHTS, resolve, whole
from harness import Weir
from hub import TestHub


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_weir_ends_with_0(weir: Weir, number: int) -> None:
    with weir.connect() as connection:
        connection.request("GET", "/.well-known/meta.json")
        assert weir.stop(number) == 0


def test_a_running_transfer_is_finished(weir: Weir, hub: TestHub) -> None:
    file = hub.file(MEDIUM, WEIGHTS)
    stall = hub.inject(host=CDN, stall_at=20_000_000)
    with weir.connect() as connection:
        connection.send_head("GET", resolve(MEDIUM), {"Host": "huggingface.co"})
        response = connection.begin()
        assert stall.reached.wait(30)
        weir.signal(signal.SIGTERM)
        stall.release()
        assert response.read() == whole(file)
    assert weir.wait() == 0


def test_the_deadline_cuts(weir: Weir, hub: TestHub) -> None:
    """By default so early that it has ended when `docker stop` would kill it, after 10 s."""
    stall = hub.inject(host=CDN, stall_at=20_000_000)
    with weir.connect() as connection:
        connection.send_head("GET", resolve(MEDIUM), {"Host": "huggingface.co"})
        connection.begin()
        assert stall.reached.wait(30)
        started = time.monotonic()
        assert weir.stop() == 0
        assert 8 < time.monotonic() - started < (60 if SANITIZED else 12)
    assert list((weir.store / "tmp").iterdir()) == []


def test_a_cut_answer_without_a_length_is_no_whole_one(make_weir: Callable[..., Weir], hub: TestHub) -> None:
    """To HTTP/1.0 in clear such an answer ends with the connection, so nothing but a reset tells."""
    weir = make_weir({"limits": {"shutdown_timeout": "300ms"}})
    stall = hub.inject(path="/api/models/*/tree/*", stall_at=300)
    with socket.create_connection(("127.0.0.1", weir.port), 30) as client:
        url = "http://huggingface.co/api/models/acme/tiny-model/tree/main?recursive=true"
        client.sendall(f"GET {url} HTTP/1.0\r\nHost: huggingface.co\r\n\r\n".encode())
        assert stall.reached.wait(30)
        assert client.recv(4096).startswith(b"HTTP/1.1 200")
        weir.stop()
        with pytest.raises(ConnectionResetError):
            while client.recv(65536):
                pass


def test_a_second_signal_ends_at_once(make_weir: Callable[..., Weir], hub: TestHub) -> None:
    weir = make_weir({"limits": {"shutdown_timeout": "300s"}})
    stall = hub.inject(host=CDN, stall_at=20_000_000)
    with weir.connect() as connection:
        connection.send_head("GET", resolve(MEDIUM), {"Host": "huggingface.co"})
        connection.begin()
        assert stall.reached.wait(30)
        weir.signal(signal.SIGTERM)
        while weir.healthy():  # it no longer accepts: the first signal has been taken
            time.sleep(0.02)
        weir.stop()


def test_it_can_start_again_at_once(weir: Weir) -> None:
    for _ in range(3):
        weir.restart()
    assert weir.admin("/-/health")[0] == 200
