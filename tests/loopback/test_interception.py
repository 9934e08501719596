# SPDX-License-Identifier: Apache-2.0
"""TLS towards clients: the CA, the leaves, and what is refused inside a tunnel."""

import socket
import ssl
import stat
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from harness import Connection, Weir
from hub import TestHub

HOST = "huggingface.co"


def leaf_text(weir: Weir, host: str = HOST) -> tuple[bytes, str]:
    """The leaf's DER and what openssl says of it."""
    with weir.connect(host) as connection:
        assert isinstance(connection.sock, ssl.SSLSocket)
        der = connection.sock.getpeercert(binary_form=True) or b""
    return der, openssl("x509", "-inform", "DER", "-noout", "-text", data=der)


def openssl(*arguments: str | Path, data: bytes = b"") -> str:
    done = subprocess.run(["openssl", *map(str, arguments)], input=data, capture_output=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()


def test_leaf(weir: Weir, tmp_path: Path) -> None:
    der, text = leaf_text(weir, "us.aws.cdn.hf.co")
    assert "DNS:us.aws.cdn.hf.co\n" in text
    assert "TLS Web Server Authentication\n" in text
    assert "ASN1 OID: prime256v1" in text and "ecdsa-with-SHA256" in text
    pem = tmp_path / "leaf.pem"
    pem.write_text(ssl.DER_cert_to_PEM_cert(der))
    openssl(
        "verify",
        "-x509_strict",
        "-purpose",
        "sslserver",
        "-verify_hostname",
        "us.aws.cdn.hf.co",
        "-CAfile",
        weir.ca_file(),
        pem,
    )
    openssl("x509", "-in", pem, "-noout", "-checkend", "3600")
    expires = subprocess.run(["openssl", "x509", "-in", pem, "-noout", "-checkend", str(90 * 86400 + 1)])
    assert expires.returncode == 1  # it lives no longer than 90 days


def test_ca(weir: Weir) -> None:
    text = openssl("x509", "-in", weir.ca_file(), "-noout", "-text")
    assert "CA:TRUE, pathlen:0" in text
    permitted, _, excluded = text.partition("Name Constraints: critical")[2].partition("Excluded")
    for name in ("huggingface.co", "hf.co", "huggingface.com"):
        assert f"DNS:{name}" in permitted
    assert "IP:0.0.0.0/0.0.0.0" in excluded and "IP:0:0:0:0:0:0:0:0/0:0:0:0:0:0:0:0" in excluded
    keys = [path for path in weir.ca_folder.rglob("*") if path.is_file() and b"PRIVATE KEY" in path.read_bytes()]
    assert keys and all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in keys)


def test_the_ca_stays_and_leaves_are_shared(weir: Weir) -> None:
    before = weir.ca_file().read_bytes()
    with ThreadPoolExecutor(8) as pool:
        leaves = set(pool.map(lambda _: leaf_text(weir)[0], range(8)))
    assert len(leaves) == 1
    weir.restart()
    assert weir.ca_file().read_bytes() == before


def test_a_key_that_others_can_read_is_refused(weir: Weir) -> None:
    weir.stop()
    for path in weir.ca_folder.rglob("*"):
        if path.is_file() and b"PRIVATE KEY" in path.read_bytes():
            path.chmod(0o644)
    done = weir.run("serve")
    assert done.returncode != 0 and str(weir.ca_folder) in done.stderr


def test_hosts_that_the_ca_does_not_cover(weir: Weir, hub: TestHub) -> None:
    weir.stop()
    weir.config_file.write_text(
        weir.config_file.read_text() + '[intercept]\nhosts = ["huggingface.co", "mirror.example"]\n'
    )
    done = weir.run("serve")
    assert done.returncode != 0
    assert "mirror.example" in done.stderr and str(weir.ca_folder) in done.stderr


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_versions_resumption_and_alpn(weir: Weir, version: ssl.TLSVersion) -> None:
    context = ssl.create_default_context(cafile=weir.ca_file())
    context.minimum_version = context.maximum_version = version
    context.set_alpn_protocols(["h2", "http/1.1"])
    session = None
    for reused in (False, True):
        sock = opened_tunnel(weir)
        with context.wrap_socket(sock, server_hostname=HOST, session=session) as secured:
            assert secured.selected_alpn_protocol() == "http/1.1"
            assert secured.session_reused == reused
            connection = Connection(secured)
            assert connection.request("GET", "/.well-known/meta.json").status == 200
            session = secured.session


def opened_tunnel(weir: Weir, host: str = HOST) -> socket.socket:
    connection = Connection.plain(("127.0.0.1", weir.port))
    assert connection.request("CONNECT", f"{host}:443", {"Host": f"{host}:443"}).status == 200
    return connection.sock


def test_old_tls_is_refused(weir: Weir) -> None:
    context = ssl.create_default_context(cafile=weir.ca_file())
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    with pytest.raises(OSError), context.wrap_socket(opened_tunnel(weir), server_hostname=HOST):
        pass


@pytest.mark.parametrize("name", ["hf.co", "example.org", "evil.huggingface.co"])
def test_another_server_name_is_refused(weir: Weir, name: str) -> None:
    context = ssl._create_unverified_context()
    with pytest.raises(OSError), context.wrap_socket(opened_tunnel(weir), server_hostname=name):
        pass


def test_no_server_name_means_the_connect_host(weir: Weir) -> None:
    context = ssl.create_default_context(cafile=weir.ca_file())
    context.check_hostname = False
    with context.wrap_socket(opened_tunnel(weir)) as secured:
        assert ("DNS", HOST) in (secured.getpeercert() or {})["subjectAltName"]


@pytest.mark.parametrize(
    ("head", "statuses"),
    [
        ("GET / HTTP/1.1\r\nHost: hf.co\r\n\r\n", {421, 400}),
        ("GET / HTTP/1.1\r\nHost: huggingface.co:444\r\n\r\n", {421, 400}),
        ("GET https://hf.co/ HTTP/1.1\r\nHost: huggingface.co\r\n\r\n", {421, 400}),
        ("GET http://huggingface.co:8080/ HTTP/1.1\r\nHost: huggingface.co\r\n\r\n", {421, 400}),
        ("CONNECT huggingface.co:443 HTTP/1.1\r\nHost: huggingface.co\r\n\r\n", {400, 405, 421}),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400, 405, 505}),
    ],
)
def test_inside_the_tunnel_the_host_is_the_connect_host(
    weir: Weir, hub: TestHub, head: str, statuses: set[int]
) -> None:
    with weir.connect() as connection:
        connection.send(head.encode())
        assert connection.read_reply().status in statuses
    assert hub.log.find() == []


@pytest.mark.parametrize("host", ["huggingface.co", "huggingface.co:443", "HUGGINGFACE.co"])
def test_spellings_of_the_host(weir: Weir, host: str) -> None:
    with weir.connect() as connection:
        assert connection.request("GET", "/.well-known/meta.json", {"Host": host}).status == 200


def test_not_tls_inside_an_intercepted_tunnel(weir: Weir, hub: TestHub) -> None:
    with Connection(opened_tunnel(weir)) as connection:
        connection.send(b"GET / HTTP/1.1\r\nHost: huggingface.co\r\n\r\n")
        connection.read_to_end()
    assert hub.log.find() == []


def test_another_port_of_an_intercepted_host(weir: Weir) -> None:
    """It is never tunnelled blindly."""
    with Connection.plain(("127.0.0.1", weir.port)) as connection:
        assert connection.request("CONNECT", "huggingface.co:8443", {"Host": "huggingface.co:8443"}).status == 403


def test_own_ca_is_not_trusted_towards_the_origin(make_weir: Callable[..., Weir], hub: TestHub) -> None:
    """A weir in front of another one does not take the other's leaves for the hub's."""
    first = make_weir()
    second = make_weir({"origin": {"ca_file": None}})
    assert first.ca_file().exists()
    with second.connect() as connection:
        assert connection.request("GET", "/api/whoami-v2").status == 502
