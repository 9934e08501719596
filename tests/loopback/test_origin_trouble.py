# SPDX-License-Identifier: Apache-2.0
"""Trouble at the origin is a 502 or 504 with a reason, never a 401, 403 or 404, and never an endless wait."""

from collections.abc import Callable
from typing import Any

import pytest

from files import CDN, TINY, WEIGHTS, get, resolve, whole
from harness import Weir
from hub import TestHub
from hub.certs import Pair, stranger

CERTIFICATES: dict[str, Callable[[TestHub, Any], Pair]] = {
    "expired": lambda hub, folder: hub.authority.expired(),
    "wrong host": lambda hub, folder: hub.authority.wrong_host(),
    "unknown CA": lambda hub, folder: stranger(folder),
    "client certificate": lambda hub, folder: hub.authority.client_only(),
}


@pytest.mark.parametrize("host", ["huggingface.co", CDN])
@pytest.mark.parametrize("certificate", CERTIFICATES)
def test_bad_certificates(weir: Weir, hub: TestHub, tmp_path: Any, certificate: str, host: str) -> None:
    hub.server.present(host, CERTIFICATES[certificate](hub, tmp_path / "stranger"))
    try:
        reply = get(weir, resolve())
    finally:
        hub.server.present(host, None)
    assert reply.status == 502
    assert "certificate" in (reply.header("X-Error-Message") or "")
    assert weir.objects() == []
    assert get(weir, resolve()).status == 200


def test_connection_refused(weir: Weir, hub: TestHub) -> None:
    hub.server.close()
    try:
        reply = get(weir, resolve())
    finally:
        hub.server.open()
    assert reply.status == 502
    assert "huggingface.co" in (reply.header("X-Error-Message") or "")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200\r\n\r\n"[:9],
        b"HTTP/1.1 99 Low\r\n\r\n",
        b"SSH-2.0-x\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 400_000 + b"\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
        b"HTTP/1.1 102 Processing\r\n\r\n" * 100,
    ],
)
@pytest.mark.parametrize("path", ["/api/test/echo", resolve()])
def test_broken_answers(weir: Weir, hub: TestHub, path: str, raw: bytes) -> None:
    hub.inject(path=path, raw=raw, count=None)
    reply = get(weir, path)
    assert reply.status in (502, 504)
    assert reply.header("X-Error-Message")


@pytest.mark.parametrize("status", [404, 410, 500, 503])
def test_a_cdn_that_has_no_file(weir: Weir, hub: TestHub, status: int) -> None:
    hub.inject(host=CDN, status=status, count=None)
    reply = get(weir, resolve())
    assert reply.status in (502, 504) or (status >= 500 and reply.status == status)
    hub.faults.clear()
    assert get(weir, resolve()).body == whole(hub.file(TINY, WEIGHTS))


def test_a_cdns_403_means_a_fresh_url(weir: Weir, hub: TestHub) -> None:
    hub.inject(host=CDN, status=403)
    reply = get(weir, resolve())
    assert (reply.status, reply.body == whole(hub.file(TINY, WEIGHTS))) == (200, True)
    assert len(hub.log.find(path="/resolve/")) == 2


def test_an_url_that_expires_in_the_middle(weir: Weir, hub: TestHub) -> None:
    """The body is cut, the URL is refused afterwards: a fresh one with the client's own credentials goes on."""
    file = hub.file(TINY, WEIGHTS)
    hub.inject(host=CDN, cut_at=6_000_000)
    hub.inject(host=CDN, status=403)
    reply = get(weir, resolve())
    assert reply.complete is False or reply.body == whole(file)
    assert get(weir, resolve()).body == whole(file)
    assert hub.lfs_bytes() <= file.size + 8 * 1024 * 1024


def test_a_slow_hub_is_waited_for(weir: Weir, hub: TestHub) -> None:
    hub.inject(path="*/resolve/*", head_delay=11)
    assert get(weir, resolve()).status == 200


def test_first_byte_timeout(make_weir: Callable[..., Weir], hub: TestHub) -> None:
    weir = make_weir({"origin": {"first_byte_timeout": "1s"}})
    hub.inject(path="*/resolve/*", hold_head=True)
    reply = get(weir, resolve())
    assert reply.status == 504 and reply.header("X-Error-Message")


def test_no_first_byte_timeout_for_uploads(make_weir: Callable[..., Weir], hub: TestHub) -> None:
    weir = make_weir({"origin": {"first_byte_timeout": "1s"}})
    hub.inject(path="/api/test/swallow/*", head_delay=3)
    with weir.connect() as connection:
        assert connection.request("PUT", "/api/test/swallow/x", {}, b"abc").status == 200


def test_stalled_body(make_weir: Callable[..., Weir], hub: TestHub) -> None:
    """It is broken off and gone on with, or the answer ends short: nobody waits for ever."""
    weir = make_weir({"origin": {"stall_timeout": "2s"}})
    hub.inject(host=CDN, stall_at=3_000_000)
    reply = get(weir, resolve())
    assert not reply.complete or reply.body == whole(hub.file(TINY, WEIGHTS))
    assert get(weir, resolve()).body == whole(hub.file(TINY, WEIGHTS))


def test_a_gzip_answer_is_not_unpacked(weir: Weir, hub: TestHub) -> None:
    """A bomb in an answer that passes through goes to the client as it is."""
    hub.inject(path="/api/test/echo", headers={"Content-Encoding": "gzip"})
    reply = get(weir, "/api/test/echo", {"Accept-Encoding": "gzip"})
    assert reply.body.startswith(b'{"method"')
