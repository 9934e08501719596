# SPDX-License-Identifier: Apache-2.0
"""Hosts that are not intercepted: tunnelled byte for byte, or refused with the name of the key to set."""

import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from harness import Connection, Reply, Weir
from hub import TestHub

OWN = {"origin": {"connect_to": None, "ca_file": None}}  # no detour: addresses are what they are


def connect(weir: Weir, authority: str) -> Reply:
    with Connection.plain(("127.0.0.1", weir.port)) as connection:
        return connection.request("CONNECT", authority, {"Host": authority})


class EchoServer:
    """Sends back what it gets, then `bye` when the client has closed its side."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.accepted = 0
        threading.Thread(target=self._run, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _run(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            threading.Thread(target=self._echo, args=(sock,), daemon=True).start()

    def _echo(self, sock: socket.socket) -> None:
        with sock:
            while data := sock.recv(65536):
                sock.sendall(data)
            sock.sendall(b"bye")


@pytest.fixture
def echo() -> Iterator[EchoServer]:
    server = EchoServer()
    yield server
    server.close()


@pytest.mark.parametrize(
    "host", ["example.org", "acme-tiny.hf.space", "router.huggingface.co", "api-inference.huggingface.co"]
)
def test_other_hosts_are_tunnelled(weir: Weir, hub: TestHub, host: str) -> None:
    """The certificate that the client sees is the origin's own."""
    with Connection.through_proxy(("127.0.0.1", weir.port), host, hub.ca_file) as connection:
        assert connection.request("GET", "/", {"Host": host}).body == f"hello from {host}\n".encode()
    (record,) = hub.log.find(host=host)
    assert "Via" not in record.headers


@pytest.mark.parametrize("host", ["nothuggingface.co", "huggingface.co.example.org", "hf.co.example.org", "xhf.co"])
def test_look_alikes_are_not_intercepted(make_weir: Callable[..., Weir], host: str) -> None:
    assert connect(make_weir({"tunnel": {"policy": "deny"}}), f"{host}:443").status == 403


@pytest.mark.parametrize("host", ["HuggingFace.CO", "huggingface.co.", "us.aws.cdn.hf.co", "a.b.c.d.huggingface.co"])
def test_spellings_that_are_intercepted(make_weir: Callable[..., Weir], host: str) -> None:
    assert connect(make_weir({"tunnel": {"policy": "deny"}}), f"{host}:443").status == 200


def test_refused_by_policy(make_weir: Callable[..., Weir], hub: TestHub) -> None:
    reply = connect(make_weir({"tunnel": {"policy": "deny"}}), "example.org:443")
    assert reply.status == 403
    assert b"tunnel" in reply.body and b"policy" in reply.body
    assert reply.header("X-Error-Message")


@pytest.mark.parametrize("port", [22, 80, 8443])
def test_refused_by_port(weir: Weir, port: int) -> None:
    reply = connect(weir, f"example.org:{port}")
    assert (reply.status, b"ports" in reply.body) == (403, True)


PRIVATE = [
    "127.0.0.1",
    "127.9.9.9",
    "localhost",
    "[::1]",
    "0.0.0.0",
    "[::]",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "224.0.0.1",
    "[fe80::1]",
    "[fc00::1]",
    "[::ffff:127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[ff02::1]",
]


@pytest.mark.parametrize("host", PRIVATE)
def test_private_addresses_are_refused(make_weir: Callable[..., Weir], echo: EchoServer, host: str) -> None:
    weir = make_weir({**OWN, "tunnel": {"ports": [echo.port]}})
    reply = connect(weir, f"{host}:{echo.port}")
    assert reply.status == 403
    assert b"allow_private" in reply.body
    assert echo.accepted == 0


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "127.1", "0177.0.0.1"])
def test_odd_spellings_of_loopback(make_weir: Callable[..., Weir], echo: EchoServer, host: str) -> None:
    weir = make_weir({**OWN, "tunnel": {"ports": [echo.port]}})
    assert connect(weir, f"{host}:{echo.port}").status in (400, 403, 502)
    assert echo.accepted == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_allowed_private_addresses(make_weir: Callable[..., Weir], echo: EchoServer, host: str) -> None:
    weir = make_weir({**OWN, "tunnel": {"ports": [echo.port], "allow_private": ["127.0.0.0/8"]}})
    with Connection.plain(("127.0.0.1", weir.port)) as connection:
        assert connection.request("CONNECT", f"{host}:{echo.port}", {"Host": host}).status == 200
        data = bytes(range(256)) * 1000
        threading.Thread(target=connection.send, args=(data,), daemon=True).start()
        got = b""
        while len(got) < len(data):
            got += connection.sock.recv(65536)
        assert got == data
        connection.sock.shutdown(socket.SHUT_WR)  # half closed: the other direction stays
        assert connection.read_to_end() == b"bye"


def test_bytes_behind_the_connect_head(make_weir: Callable[..., Weir], echo: EchoServer) -> None:
    """A client that does not wait for the 200."""
    weir = make_weir({**OWN, "tunnel": {"ports": [echo.port], "allow_private": ["127.0.0.0/8"]}})
    with Connection.plain(("127.0.0.1", weir.port)) as connection:
        connection.send(f"CONNECT 127.0.0.1:{echo.port} HTTP/1.1\r\nHost: x\r\n\r\nearly".encode())
        connection.sock.shutdown(socket.SHUT_WR)
        head, _, rest = connection.read_to_end().partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200") and rest == b"earlybye"


@pytest.mark.parametrize(
    "authority",
    [
        "huggingface.co",
        "huggingface.co:",
        "huggingface.co:0",
        "huggingface.co:65536",
        "huggingface.co:443x",
        "user@huggingface.co:443",
        "https://huggingface.co:443",
        "huggingface.co:443/path",
        "hugging%66ace.co:443",
        ":443",
        "::1:443",
        "[::1:443",
        "a..b:443",
        "a" * 64 + ".co:443",
        "huggingf\xe4ce.co:443",
    ],
)
def test_bad_authorities(weir: Weir, authority: str) -> None:
    assert connect(weir, authority).status == 400


def test_a_dead_target_is_a_502(make_weir: Callable[..., Weir]) -> None:
    with socket.socket() as held:  # bound and not listening: refused, and nobody else gets the port meanwhile
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        weir = make_weir({**OWN, "tunnel": {"ports": [port], "allow_private": ["127.0.0.0/8"]}})
        reply = connect(weir, f"127.0.0.1:{port}")
    assert reply.status == 502 and reply.header("X-Error-Message")


def test_a_name_that_does_not_exist(make_weir: Callable[..., Weir]) -> None:
    reply = connect(make_weir(OWN), "does-not-exist.invalid:443")
    assert reply.status in (502, 504) and reply.header("X-Error-Message")
