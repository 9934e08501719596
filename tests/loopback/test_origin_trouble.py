# SPDX-License-Identifier: Apache-2.0
"""Trouble at the origin is a 502 or 504 with a reason, never a 401, 403 or 404, and never an endless wait."""

import contextlib
import http.client
import json
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from files import ASKED_EACH_TIME, CDN, TINY, WEIGHTS, bearer, get, resolve, whole
from harness import Reply, Weir
from hub import ALICE, TestHub
from hub.certs import Pair, stranger

IMPATIENT = {"fetch": {"retry_delay": "10ms", "max_retries": 2}}
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


def test_connection_refused(make_weir: Callable[..., Weir], hub: TestHub) -> None:
    weir = make_weir(IMPATIENT)
    hub.server.close()
    try:
        reply = get(weir, resolve())
    finally:
        hub.server.open()
    assert reply.status == 504
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
def test_broken_answers(make_weir: Callable[..., Weir], hub: TestHub, path: str, raw: bytes) -> None:
    weir = make_weir(IMPATIENT)
    hub.inject(path=path, raw=raw, count=None)
    reply = get(weir, path)
    assert reply.status in (502, 504)
    assert reply.header("X-Error-Message")


@pytest.mark.parametrize("status", [404, 410, 500, 503])
def test_a_cdn_that_has_no_file(make_weir: Callable[..., Weir], hub: TestHub, status: int) -> None:
    weir = make_weir(IMPATIENT)
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


@contextlib.contextmanager
def nobody_accepts() -> Iterator[str]:
    """The way to a listener whose queue is full: the kernel drops what comes, and neither refuses nor accepts."""
    with socket.socket() as listener, contextlib.ExitStack() as fillers:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        for _ in range(4):
            filler = fillers.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(address)
        yield f"::127.0.0.1:{address[1]}"


def assert_nobody_accepted(reply: Reply) -> None:
    assert reply.status == 504
    assert "Cannot connect to huggingface.co" in (reply.header("X-Error-Message") or "")


def test_a_connection_that_nobody_accepts(make_weir: Callable[..., Weir], hub: TestHub) -> None:
    with nobody_accepts() as way:
        weir = make_weir({"origin": {"connect_to": [way], "address_timeout": "1s"}})
        assert_nobody_accepted(get(weir, resolve()))


def test_who_waits_for_a_connection_is_told_before_giving_up(make_weir: Callable[..., Weir], hub: TestHub) -> None:
    """By what is configured for everybody: an address has 4 s to answer, and clients give up after 10 s of silence."""
    with nobody_accepts() as way:
        weir = make_weir({"origin": {"connect_to": [way]}})
        begun = time.monotonic()
        reply = get(weir, resolve())
        seconds = time.monotonic() - begun
    assert_nobody_accepted(reply)
    assert 3.5 < seconds < 10


def test_a_handshake_that_nobody_answers(make_weir: Callable[..., Weir], hub: TestHub) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        weir = make_weir({"origin": {"connect_to": [f"::127.0.0.1:{port}"], "connect_timeout": "1s"}})
        reply = get(weir, resolve())
    assert reply.status == 504
    assert "Cannot connect to huggingface.co" in (reply.header("X-Error-Message") or "")


def test_a_hub_that_has_no_time_is_asked_again_and_then_believed(make_weir: Callable[..., Weir], hub: TestHub) -> None:
    weir = make_weir(ASKED_EACH_TIME)
    hub.inject(path="*/resolve/*", status=503, retry_after=1)
    reply = get(weir, resolve())
    assert (reply.status, reply.body == whole(hub.file(TINY, WEIGHTS))) == (200, True)
    hub.inject(path="*/resolve/*", status=503, retry_after=600, count=None)
    hub.log.reset()
    reply = get(weir, resolve())
    assert (reply.status, reply.header("Retry-After")) == (503, "600")
    assert len(hub.log.find(path="/resolve/")) == 1


def test_a_post_is_never_made_twice(weir: Weir, hub: TestHub) -> None:
    hub.inject(path="/api/test/swallow/*", reset_at=-1, count=None)
    with weir.connect() as connection:
        assert connection.request("POST", "/api/test/swallow/x", {}, b"abc").status == 502
    assert len(hub.log.find(path="/api/test/swallow/")) == 1


@pytest.mark.parametrize("wait", ["120", "Tue, 14 Nov 2023 22:15:20 GMT"])
@pytest.mark.parametrize(("status", "told"), [(429, 429), (503, 502)])
def test_a_long_wait_is_the_clients_to_make(weir: Weir, hub: TestHub, status: int, told: int, wait: str) -> None:
    """A date is one by the clock that the answer says."""
    hub.inject(host=CDN, status=status, headers={"Date": "Tue, 14 Nov 2023 22:13:20 GMT", "Retry-After": wait})
    reply = get(weir, resolve())
    assert (reply.status, reply.header("Retry-After")) == (told, "120")
    assert len(hub.log.find(host=CDN)) == 1
    assert get(weir, resolve()).body == whole(hub.file(TINY, WEIGHTS))


def test_a_redirect_of_the_cdn_is_followed(weir: Weir, hub: TestHub) -> None:
    """Without what the client showed to the hub."""
    file = hub.file(TINY, WEIGHTS)
    hub.inject(host=CDN, redirect=hub.world.signer.mint(hub.repo(TINY), file, WEIGHTS, None))
    reply = get(weir, resolve(), {"Cookie": "a=b", **bearer(ALICE)})
    assert (reply.status, reply.body == whole(file)) == (200, True)
    first, second = hub.log.find(host=CDN)
    for record in (first, second):
        assert (record.authorization, record.headers.get("Cookie")) == (None, None)
    assert first.query != second.query


def test_who_has_got_nothing_is_served_after_a_change(weir: Weir, hub: TestHub) -> None:
    """The file changes at its place: what came is dropped, whoever got some of it is cut off, all others get the file
    that is there now."""
    file = hub.file(TINY, WEIGHTS)
    hold = hub.inject(host=CDN, headers={"ETag": '"former"'}, flip_at=9, stall_at=3_000_000)
    with weir.connect() as first:
        first.send_head("GET", resolve(), {"Host": "huggingface.co"})
        response = first.begin()
        assert len(response.read(1000)) == 1000
        assert hold.reached.wait(30)
        reply = get(weir, resolve(), {"Range": "bytes=9000000-9000099"})
        assert (reply.status, reply.body) == (206, whole(file)[9_000_000:9_000_100])
        with pytest.raises((http.client.IncompleteRead, ssl.SSLError, ConnectionError)):
            response.read()
    hub.faults.clear()
    # Who holds a part of the former file is not given the rest of this one.
    assert get(weir, resolve(), {"Range": "bytes=2000000-"}).status == 416
    assert get(weir, resolve()).body == whole(file)


def test_a_size_that_a_client_made_up_is_not_learnt(weir: Weir, hub: TestHub) -> None:
    """The hub repeats what a git-lfs client says; URLs of the same place that weir did not see issued go on working."""
    file = hub.file(TINY, WEIGHTS)

    def echo_wrong_size() -> None:
        href = hub.world.signer.mint(hub.repo(TINY), file, WEIGHTS, None)
        item = {"oid": file.sha256, "size": 17, "actions": {"download": {"href": href}}}
        body = json.dumps({"transfer": "basic", "objects": [item]}).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.git-lfs+json\r\nContent-Length: {len(body)}\r\n\r\n"
        hub.inject(path="*/info/lfs/objects/batch", raw=head.encode() + body)
        asked = json.dumps({"operation": "download", "objects": [{"oid": file.sha256, "size": 17}]}).encode()
        with weir.connect() as connection:
            assert connection.request("POST", f"/{TINY}.git/info/lfs/objects/batch", {}, asked).status == 200

    def unseen() -> Reply:
        url = hub.world.signer.mint(hub.repo(TINY), file, "another name", None)
        return get(weir, url.removeprefix(f"https://{CDN}"), host=CDN)

    echo_wrong_size()
    assert unseen().body == whole(file)
    echo_wrong_size()
    assert unseen().body == whole(file)
    weir.restart()
    assert unseen().body == whole(file)


def test_a_gzip_answer_is_not_unpacked(weir: Weir, hub: TestHub) -> None:
    """A bomb in an answer that passes through goes to the client as it is."""
    hub.inject(path="/api/test/echo", headers={"Content-Encoding": "gzip"})
    reply = get(weir, "/api/test/echo", {"Accept-Encoding": "gzip"})
    assert reply.body.startswith(b'{"method"')
