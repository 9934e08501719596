# SPDX-License-Identifier: Apache-2.0
"""A proxy port that speaks TLS: HTTPS_PROXY=https://..."""

import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from files import MEDIUM, TINY, WEIGHTS, resolve, whole
from harness import Connection, Weir
from harness.weir import parse_dotenv, weir_binary
from hub import TestHub
from hub.certs import Authority
from users import PASSWORD, USER, MakeWeir, add_user, basic

TLS = {"proxy": {"tls": True}}


@pytest.fixture
def weir(make_weir: MakeWeir) -> Weir:
    return make_weir(TLS)


def secured(weir: Weir, name: str = "localhost", version: ssl.TLSVersion | None = None) -> Connection:
    """A connection to the proxy itself, inside TLS."""
    context = ssl.create_default_context(cafile=weir.ca_file())
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    if version:
        context.minimum_version = context.maximum_version = version
    sock = socket.create_connection(("127.0.0.1", weir.port), 60)
    return Connection(context.wrap_socket(sock, server_hostname=name, suppress_ragged_eofs=False))


def curl(weir: Weir, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    ca = str(weir.ca_file())
    return subprocess.run(
        ["curl", "-sSL", "-m", "120", "--proxy", weir.url, "--proxy-cacert", ca, "--cacert", ca, *arguments],
        capture_output=True,
        timeout=150,
    )


@pytest.mark.parametrize("version", ["--tlsv1.3", "--tls-max=1.2"])
def test_tls_in_tls(weir: Weir, hub: TestHub, version: str) -> None:
    url = "https://huggingface.co" + resolve(MEDIUM)
    data = whole(hub.file(MEDIUM, WEIGHTS))
    versions = [version] if version == "--tlsv1.3" else ["--tls-max", "1.2"]
    for _ in ("miss", "hit"):
        done = curl(weir, *versions, "--proxy-tlsv1", url)
        assert (done.returncode, done.stdout == data) == (0, True), done.stderr
    assert hub.lfs_bytes() == len(data)


def test_requests_in_the_outer_session(weir: Weir, hub: TestHub) -> None:
    with secured(weir) as connection:
        assert connection.get("http://huggingface.co/api/models/acme/tiny-model").status == 200
        assert connection.request("GET", "/-/health", {"Host": f"localhost:{weir.port}"}).status == 200
        assert connection.request("GET", "/-/health", {"Host": "evil.example"}).status == 403
        assert connection.get("/").status == 404


def test_tunnels_in_the_outer_session(weir: Weir, hub: TestHub) -> None:
    done = curl(weir, "--cacert", str(hub.ca_file), "https://example.org/")
    assert done.stdout == b"hello from example.org\n", done.stderr


class Host:
    """Reads to the end of what it gets, then sends `answer` and closes."""

    def __init__(self, answer: bytes) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._answer = answer
        self.port = self._listener.getsockname()[1]
        self.received = b""
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        sock, _ = self._listener.accept()
        with sock, self._listener:
            while data := sock.recv(65536):
                self.received += data
            sock.sendall(self._answer)


@pytest.fixture
def host() -> Iterator[Host]:
    yield Host(bytes(range(256)) * 20_000)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_tunnel_is_half_closed(
    make_weir: Callable[..., Weir], host: Host, version: ssl.TLSVersion
) -> None:
    """The client's close_notify reaches the host as its end, and the host's end the client as close_notify."""
    weir = make_weir(
        {
            **TLS,
            "origin": {"connect_to": None, "ca_file": None},
            "tunnel": {"ports": [host.port], "allow_private": ["127.0.0.0/8"]},
        }
    )
    question = bytes(range(256)) * 10_000
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.create_default_context(cafile=weir.ca_file())
    context.minimum_version = context.maximum_version = version
    tls = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
    with socket.create_connection(("127.0.0.1", weir.port), 60) as sock:

        def step(action: Callable[[], object]) -> object:
            while True:
                try:
                    return action()
                except ssl.SSLWantReadError:
                    sock.sendall(outgoing.read())
                    if data := sock.recv(65536):
                        incoming.write(data)
                    else:
                        incoming.write_eof()
                finally:
                    sock.sendall(outgoing.read())

        step(tls.do_handshake)
        authority = f"127.0.0.1:{host.port}"
        tls.write(f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n".encode())
        head = b""
        while b"\r\n\r\n" not in head:
            head += step(lambda: tls.read(1))  # type: ignore[operator]
        assert head.startswith(b"HTTP/1.1 200")
        tls.write(question)
        with pytest.raises(ssl.SSLWantReadError):
            tls.unwrap()  # sends close_notify; the other side's has not come
        sock.sendall(outgoing.read())
        host.thread.join(60)
        assert host.received == question
        answer = b""
        try:
            while data := step(lambda: tls.read(65536)):
                answer += data  # type: ignore[operator]
        except ssl.SSLZeroReturnError:
            pass
        assert answer == bytes(range(256)) * 20_000


def test_what_speaks_no_tls_is_told_so(weir: Weir) -> None:
    for request in ("CONNECT huggingface.co:443", "GET /-/status", "GET http://huggingface.co/"):
        with Connection.plain(("127.0.0.1", weir.port)) as connection:
            connection.send(f"{request} HTTP/1.1\r\nHost: huggingface.co\r\n\r\n".encode())
            reply = connection.read_reply()
            assert reply.status == 400
            assert f"https://localhost:{weir.port}".encode() in reply.body


def test_tls_to_a_port_in_clear_is_refused(make_weir: MakeWeir) -> None:
    weir = make_weir({})
    with pytest.raises(ssl.SSLError):
        secured(weir)
    assert weir.admin("/-/health")[0] == 200


def test_handshakes_that_come_to_nothing(weir: Weir) -> None:
    for start in (b"\x16", b"\x16\x03\x01\x02\x00\x01\x00", b"\x16" * 1000):
        with socket.create_connection(("127.0.0.1", weir.port), 60) as sock:
            sock.sendall(start)
    with pytest.raises(ssl.SSLError):
        Connection.plain(("127.0.0.1", weir.port)).start_tls(Path(ssl.get_default_verify_paths().cafile or ""), "localhost")
    assert weir.admin("/-/health")[0] == 200


def run_curl(weir: Weir) -> subprocess.CompletedProcess[bytes]:
    """`weir run -- curl`; curl reads no variable for what a proxy's certificate is signed by."""
    curl = ["curl", "-sSL", "-m", "60", "--proxy-cacert", weir.ca_file(), "https://huggingface.co" + resolve()]
    run = [weir_binary(), "run", "--config", weir.config_file, "--", *curl]
    return subprocess.run(run, capture_output=True, env=weir.environment, timeout=90)


def test_the_commands_know(weir: Weir, hub: TestHub) -> None:
    done = weir.run("status")
    assert done.returncode == 0 and str(weir.port) in done.stdout, done.stderr
    environment = parse_dotenv(weir.run("env", "--shell", "dotenv").stdout)
    assert environment["HTTPS_PROXY"] == environment["https_proxy"] == f"https://localhost:{weir.port}"
    done = run_curl(weir)
    assert done.stdout == whole(hub.file(TINY, WEIGHTS)), done.stderr


def test_a_run_starts_its_own(idle: Weir, hub: TestHub) -> None:
    idle.configure(TLS)
    done = run_curl(idle)
    assert done.stdout == whole(hub.file(TINY, WEIGHTS)), done.stderr


def test_status_trusts_nobody_else(weir: Weir) -> None:
    """Another CA where Weir's was: what answers there is not believed."""
    other = Authority(weir.folder / "other").file
    names = ["localhost", "proxy.example.net"]
    weir.configure({"proxy": {"tls": True, "names": names, "cert": str(other), "key": str(other)}})
    done = weir.run("status")
    assert done.returncode != 0 and "certificate" in done.stderr


def test_names_of_its_own_and_users(tmp_path: Path, hub: TestHub) -> None:
    weir = Weir(
        tmp_path / "weir",
        hub,
        {"proxy": {"tls": True, "names": ["localhost", "weir.example.net"], "users": str(tmp_path / "users")}},
    )
    add_user(weir)
    with weir:
        with secured(weir, "weir.example.net") as connection:
            host = {"Host": "huggingface.co:443"}
            assert connection.request("CONNECT", "huggingface.co:443", host).status == 407
            assert connection.request("CONNECT", "huggingface.co:443", {**host, **basic()}).status == 200
        done = curl(weir, "--proxy-user", f"{USER}:{PASSWORD}", "https://huggingface.co" + resolve())
        assert done.stdout == whole(hub.file(TINY, WEIGHTS)), done.stderr


def test_a_new_name_needs_a_new_ca(make_weir: MakeWeir, hub: TestHub) -> None:
    weir = make_weir({})
    weir.stop()
    weir.configure(TLS)
    done = weir.run("serve")
    assert done.returncode != 0 and "localhost" in done.stderr


def test_the_operators_certificate(make_weir: MakeWeir, tmp_path: Path, hub: TestHub) -> None:
    """A new one is taken up by a reload, as a renewal wants it."""
    company = Authority(tmp_path / "company")
    first, second = company.leaf("first", ("localhost",)), company.leaf("second", ("localhost",))
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"

    def give(pair: object) -> None:
        cert.write_bytes(pair.certificate.read_bytes())  # type: ignore[attr-defined]
        key.write_bytes(pair.key.read_bytes())  # type: ignore[attr-defined]

    def seen() -> str:
        return ssl.get_server_certificate(("127.0.0.1", weir.port))

    give(first)
    names = ["localhost", "proxy.example.net"]
    weir = make_weir({"proxy": {"tls": True, "names": names, "cert": str(cert), "key": str(key)}})
    assert seen().strip() in first.certificate.read_text()
    assert weir.run("status").returncode == 0
    done = subprocess.run(
        ["curl", "-sSL", "-m", "60", "--proxy", weir.url, "--proxy-cacert", company.file, "--cacert", weir.ca_file()]
        + ["https://huggingface.co" + resolve()],
        capture_output=True,
        timeout=90,
    )
    assert done.stdout == whole(hub.file(TINY, WEIGHTS)), done.stderr
    give(second)
    weir.reload()
    assert seen().strip() in second.certificate.read_text()
    key.write_text("no key")
    weir.reload("the configuration stays as it was")
    assert "proxy.key" in weir.log()
    assert seen().strip() in second.certificate.read_text()
