# SPDX-License-Identifier: Apache-2.0
"""Requests that no honest client sends, over the wire: refused with a sentence, and the connection closes."""

import pytest

from files import get
from harness import Connection, Weir
from hub import TestHub

HOST = b"Host: huggingface.co\r\n"
TARGET = b"/api/test/swallow/x"
SMUGGLED = b"0\r\n\r\nGET /smuggled HTTP/1.1\r\n" + HOST + b"\r\n"

CASES: dict[str, bytes] = {
    "length and chunked": b"POST %b HTTP/1.1\r\n"
    + HOST
    + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
    + SMUGGLED,
    "two lengths": b"POST %b HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "length list": b"POST %b HTTP/1.1\r\n" + HOST + b"Content-Length: 5, 6\r\n\r\nhello",
    "negative length": b"POST %b HTTP/1.1\r\n" + HOST + b"Content-Length: -5\r\n\r\nhello",
    "signed length": b"POST %b HTTP/1.1\r\n" + HOST + b"Content-Length: +5\r\n\r\nhello",
    "huge length": b"POST %b HTTP/1.1\r\n" + HOST + b"Content-Length: 99999999999999999999999\r\n\r\nhello",
    "unknown coding": b"POST %b HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: gzip, chunked\r\n\r\n" + SMUGGLED,
    "chunked twice": b"POST %b HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked, chunked\r\n\r\n" + SMUGGLED,
    "chunked odd": b"POST %b HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: xchunked\r\n\r\n" + SMUGGLED,
    "chunked with a tab": b"POST %b HTTP/1.1\r\n" + HOST + b"Transfer-Encoding:\x0bchunked\r\n\r\n" + SMUGGLED,
    "chunked in 1.0": b"POST %b HTTP/1.0\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n" + SMUGGLED,
    "space before the colon": b"GET %b HTTP/1.1\r\n" + HOST + b"X-A : b\r\n\r\n",
    "control in a name": b"GET %b HTTP/1.1\r\n" + HOST + b"X\x01A: b\r\n\r\n",
    "zero in a value": b"GET %b HTTP/1.1\r\n" + HOST + b"X-A: b\x00c\r\n\r\n",
    "lone return in a value": b"GET %b HTTP/1.1\r\n" + HOST + b"X-A: b\rc\r\n\r\n",
    "folded line": b"GET %b HTTP/1.1\r\n" + HOST + b"X-A: b\r\n c\r\n\r\n",
    "no host": b"GET %b HTTP/1.1\r\n\r\n",
    "two hosts": b"GET %b HTTP/1.1\r\n" + HOST + HOST + b"\r\n",
    "empty host": b"GET %b HTTP/1.1\r\nHost:\r\n\r\n",
    "bad version": b"GET %b HTTP/1.9x\r\n" + HOST + b"\r\n",
    "version 2": b"GET %b HTTP/2.0\r\n" + HOST + b"\r\n",
    "no version": b"GET %b\r\n" + HOST + b"\r\n",
    "bad method": b"G@T %b HTTP/1.1\r\n" + HOST + b"\r\n",
    "space in the target": b"GET /a b HTTP/1.1\r\n" + HOST + b"\r\n",
    "control in the target": b"GET /a\x01b HTTP/1.1\r\n" + HOST + b"\r\n",
    "8 bit in the target": b"GET /a\xffb HTTP/1.1\r\n" + HOST + b"\r\n",
    "long target": b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    "long head": b"GET %b HTTP/1.1\r\n" + HOST + b"X-A: " + b"a" * 200_000 + b"\r\n\r\n",
    "many fields": b"GET %b HTTP/1.1\r\n" + HOST + b"A: b\r\n" * 5000 + b"\r\n",
    "long name": b"GET %b HTTP/1.1\r\n" + HOST + b"A" * 5000 + b": b\r\n\r\n",
}

CHUNKS: dict[str, bytes] = {
    "bad size": b"xyz\r\nabc\r\n0\r\n\r\n",
    "signed size": b"+3\r\nabc\r\n0\r\n\r\n",
    "hex prefix": b"0x3\r\nabc\r\n0\r\n\r\n",
    "space before the size": b" 3\r\nabc\r\n0\r\n\r\n",
    "overflow": b"fffffffffffffffff\r\nabc\r\n0\r\n\r\n",
    "no end of data": b"3\r\nabcX\r\n0\r\n\r\n",
    "bare newline": b"3\nabc\n0\n\n",
    "newline in an extension": b"3;a\nb\r\nabc\r\n0\r\n\r\n",
    "long extension": b"3;" + b"a" * 100_000 + b"\r\nabc\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("case", CASES)
def test_bad_heads(weir: Weir, hub: TestHub, case: str) -> None:
    with weir.connect() as connection:
        connection.send(CASES[case].replace(b"%b", TARGET))
        reply = connection.read_reply()
        assert 400 <= reply.status < 600 and reply.status not in (401, 403, 404), reply.status
        assert reply.body
        assert connection.read_to_end() == b""
    assert hub.log.find() == []


@pytest.mark.parametrize("case", CASES)
def test_bad_heads_on_the_plain_port(weir: Weir, hub: TestHub, case: str) -> None:
    with Connection.plain(("127.0.0.1", weir.port)) as connection:
        connection.send(
            CASES[case].replace(b"%b", b"http://huggingface.co" + TARGET).replace(b" /a", b" http://huggingface.co/a")
        )
        reply = connection.read_reply()
        assert 400 <= reply.status < 600 and reply.status not in (401, 403, 404), reply.status
        assert connection.read_to_end() == b""
    assert hub.log.find() == []


@pytest.mark.parametrize("case", CHUNKS)
def test_bad_chunks(weir: Weir, hub: TestHub, case: str) -> None:
    """The origin may have seen the head; it never gets a whole body, and nothing behind it is a request."""
    with weir.connect() as connection:
        connection.send(
            b"POST "
            + TARGET
            + b" HTTP/1.1\r\n"
            + HOST
            + b"Transfer-Encoding: chunked\r\n\r\n"
            + CHUNKS[case]
            + b"GET /smuggled HTTP/1.1\r\n"
            + HOST
            + b"\r\n"
        )
        answer = connection.read_to_end()
    assert not answer or answer.startswith(b"HTTP/1.1 4")
    assert answer.count(b"HTTP/1.1 ") <= 1
    assert hub.log.find(path="smuggled") == []
    assert all(record.status != 200 for record in hub.log.find(path="swallow"))


def test_smuggling_does_not_poison_the_next_client(weir: Weir, hub: TestHub) -> None:
    for case in CASES.values():
        with weir.connect() as connection:
            connection.send(case.replace(b"%b", TARGET))
            connection.read_to_end()
    assert get(weir, "/.well-known/meta.json").status == 200
    assert hub.log.find(path="smuggled") == []


@pytest.mark.parametrize("data", [b"", b"\r\n" * 3, b"\x16\x03\x01\x00\x05hello", b"\x05\x01\x00", b"\x00" * 1000])
def test_nonsense_on_the_plain_port(weir: Weir, data: bytes) -> None:
    with Connection.plain(("127.0.0.1", weir.port)) as connection:
        connection.send(data + b"\r\n\r\n")
        connection.sock.shutdown(1)
        connection.read_to_end()
    assert weir.admin("/-/health")[0] == 200


def test_control_characters_do_not_reach_the_log(weir: Weir) -> None:
    get(
        weir,
        "/api/test/echo%0a2026-01-01 forged".replace(" ", "%20"),
        {"User-Agent": "a\tb\x1b[31m".replace("\x1b", "")},
    )
    weir.stop()
    assert all(character == "\n" or character.isprintable() for character in weir.log())


def test_a_slow_head_is_cut(make_weir, hub: TestHub) -> None:  # noqa: ANN001
    weir = make_weir({"limits": {"head_timeout": "1s", "idle_timeout": "1s"}})
    with Connection.plain(("127.0.0.1", weir.port), timeout=20) as connection:
        connection.send(b"GET http://huggingface.co/ HT")
        connection.read_to_end()
    with weir.connect(timeout=20) as connection:
        connection.send(b"GET / HT")
        connection.read_to_end()
    with weir.connect(timeout=20) as connection:
        assert connection.request("GET", "/.well-known/meta.json").status == 200
        assert connection.read_to_end() == b""
