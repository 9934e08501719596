# SPDX-License-Identifier: Apache-2.0
"""What Weir answers to /resolve of a large file: the hub's head without its redirect, the store's bytes, ranges."""

from collections.abc import Callable

import pytest

from files import ASKED_EACH_TIME, HUGE, TINY, WEIGHTS, get, hold, resolve, wait_until_held, whole
from harness import Connection, Weir
from hub import TestHub


def test_get_and_head_say_the_same(weir: Weir, hub: TestHub) -> None:
    file, repo = hold(weir, hub), hub.repo(TINY)
    for method in ("GET", "HEAD"):
        reply = get(weir, resolve(), method=method)
        assert reply.status == 200
        assert reply.header("ETag") == f'"{file.sha256}"'
        assert reply.header("Content-Length") == str(file.size)
        assert reply.header("Content-Type") == "application/octet-stream"
        assert reply.header("X-Linked-ETag") == f'"{file.sha256}"'
        assert reply.header("X-Linked-Size") == str(file.size)
        assert reply.header("X-Repo-Commit") == repo.main.sha
        assert reply.header("Accept-Ranges") == "bytes"
        assert "model.safetensors" in (reply.header("Content-Disposition") or "")
        assert "Accept" in (reply.header("Vary") or "")
        for absent in ("Location", "Transfer-Encoding", "Content-Encoding", "X-Xet-Hash", "X-Xet-Refresh-Route"):
            assert reply.header(absent) is None, absent
        assert "xet" not in (reply.header("Link") or "")


def test_head_never_waits_for_a_download(weir: Weir, hub: TestHub) -> None:
    reply = get(weir, resolve(), method="HEAD")
    assert (reply.status, reply.header("Content-Length")) == (200, str(hub.file(TINY, WEIGHTS).size))
    assert hub.log.find(kind="lfs") == []


def test_head_takes_no_range(weir: Weir, hub: TestHub) -> None:
    reply = get(weir, resolve(), {"Range": "bytes=0-0"}, method="HEAD")
    assert (reply.status, reply.header("Content-Length")) == (200, str(hub.file(TINY, WEIGHTS).size))


def test_cache_status_tells_miss_and_hit(weir: Weir, hub: TestHub) -> None:
    miss = get(weir, resolve()).header("Cache-Status") or ""
    hit = get(weir, resolve()).header("Cache-Status") or ""
    assert "fwd=" in miss and "hit" not in miss.split(";")[1:]
    assert "hit" in [member.strip() for member in hit.split(";")]


def test_the_hub_is_asked_without_the_clients_conditions(make_weir: Callable[..., Weir], hub: TestHub) -> None:
    weir = make_weir(ASKED_EACH_TIME)
    hold(weir, hub)
    get(weir, resolve(), {"Range": "bytes=5-9", "If-Range": '"x"', "If-None-Match": '"x"', "Accept-Encoding": "gzip"})
    (asked,) = hub.log.find(path="/resolve/")
    assert {name: asked.headers.get(name) for name in ("Range", "If-Range", "If-None-Match", "Accept-Encoding")} == {
        "Range": None,
        "If-Range": None,
        "If-None-Match": None,
        "Accept-Encoding": "identity",
    }


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-", 0, None),
        ("bytes=0-0", 0, 1),
        ("bytes=100-199", 100, 200),
        ("bytes=12000000-", 12_000_000, None),
        ("bytes=-1", -1, None),
        ("bytes=-99999999999", 0, None),
        ("bytes=12583000-99999999999", 12_583_000, None),
    ],
)
@pytest.mark.parametrize("state", ["cold", "warm"])
def test_one_range(weir: Weir, hub: TestHub, state: str, asked: str, start: int, end: int | None) -> None:
    file = hold(weir, hub) if state == "warm" else hub.file(TINY, WEIGHTS)
    reply = get(weir, resolve(), {"Range": asked})
    expected = whole(file)[start:end]
    first = start if start >= 0 else file.size + start
    assert (reply.status, reply.complete, reply.body == expected) == (206, True, True)
    assert reply.header("Content-Range") == f"bytes {first}-{first + len(expected) - 1}/{file.size}"
    assert reply.header("Content-Length") == str(len(expected))
    assert reply.header("ETag") == f'"{file.sha256}"'


@pytest.mark.parametrize(
    "headers",
    [
        {"Range": "bytes=0-9", "If-Range": '"another"'},
        {"Range": "bytes=0-9", "If-Range": "Tue, 14 Nov 2023 22:13:20 GMT"},
        {"Range": "pages=1-2"},
        {"Range": "bytes=9-5"},
    ],
)
def test_these_get_the_whole(weir: Weir, hub: TestHub, headers: dict[str, str]) -> None:
    file = hold(weir, hub)
    reply = get(weir, resolve(), headers)
    assert (reply.status, reply.body == whole(file)) == (200, True)


def test_if_range_with_the_etag(weir: Weir, hub: TestHub) -> None:
    file = hold(weir, hub)
    reply = get(weir, resolve(), {"Range": "bytes=0-9", "If-Range": f'"{file.sha256}"'})
    assert (reply.status, reply.body) == (206, whole(file)[:10])


def test_range_beyond_the_end(weir: Weir, hub: TestHub) -> None:
    file = hold(weir, hub)
    reply = get(weir, resolve(), {"Range": f"bytes={file.size}-"})
    assert (reply.status, reply.header("Content-Range")) == (416, f"bytes */{file.size}")


@pytest.mark.parametrize("value", ['"{sha}"', 'W/"{sha}"', '"x", "{sha}"', "*"])
def test_not_modified(weir: Weir, hub: TestHub, value: str) -> None:
    file = hold(weir, hub)
    reply = get(weir, resolve(), {"If-None-Match": value.format(sha=file.sha256), "Range": "bytes=0-9"})
    assert (reply.status, reply.body) == (304, b"")


def test_empty_file(weir: Weir, hub: TestHub) -> None:
    for _ in range(2):
        reply = get(weir, resolve("acme/odd-names", "empty.bin"))
        assert (reply.status, reply.header("Content-Length"), reply.body) == (200, "0", b"")


def test_one_byte_file(weir: Weir, hub: TestHub) -> None:
    for _ in range(2):
        assert get(weir, resolve("acme/odd-names", "one-byte.bin")).body == b"x"


def test_over_50_gb_the_redirect_and_its_xet_signs_stay(weir: Weir, hub: TestHub) -> None:
    for method in ("HEAD", "GET"):
        reply = get(weir, resolve(HUGE), method=method)
        assert reply.status == 302
        assert (reply.header("Location") or "").startswith("https://us.aws.cdn.hf.co/xet-bridge-us/")
        assert reply.header("X-Xet-Hash") == hub.file(HUGE, WEIGHTS).xet_hash
        assert "xet-auth" in (reply.header("Link") or "")


def test_at_50_gb_weir_answers(weir: Weir, hub: TestHub) -> None:
    reply = get(weir, resolve(HUGE, "limit.safetensors"), method="HEAD")
    assert (reply.status, reply.header("Content-Length")) == (200, "50000000000")


def test_a_location_elsewhere_is_relayed(weir: Weir, hub: TestHub) -> None:
    hub.inject(path="*/resolve/*", headers={"Location": "https://files.example.org/x?Signature=1"})
    reply = get(weir, resolve())
    assert (reply.status, reply.header("Location")) == (302, "https://files.example.org/x?Signature=1")


@pytest.mark.parametrize("value", ['W/"{sha}"', "{sha}", '"{sha}"'])
def test_spellings_of_the_linked_etag(weir: Weir, hub: TestHub, value: str) -> None:
    file = hub.file(TINY, WEIGHTS)
    hub.inject(path="*/resolve/*", headers={"X-Linked-ETag": value.format(sha=file.sha256)})
    reply = get(weir, resolve())
    assert (reply.status, reply.header("ETag"), reply.body == whole(file)) == (200, f'"{file.sha256}"', True)


@pytest.mark.parametrize("value", ["../../../../etc/passwd", '"' + "0" * 63 + '"', '"' + "g" * 64 + '"', None])
def test_a_linked_etag_that_is_no_sha256_is_relayed(weir: Weir, hub: TestHub, value: str | None) -> None:
    hub.inject(path="*/resolve/*", headers={"X-Linked-ETag": value})
    assert get(weir, resolve()).status == 302
    assert weir.objects() == []


def test_many_requests_on_one_connection(weir: Weir, hub: TestHub) -> None:
    file = hold(weir, hub)
    with weir.connect() as connection:
        for start in range(0, 50_000, 1000):
            reply = connection.get(resolve(), {"Range": f"bytes={start}-{start + 9}"})
            assert reply.body == file.content.read(start, 10)


def test_fifty_pipelined_requests_are_answered_in_order(weir: Weir, hub: TestHub) -> None:
    file = hold(weir, hub)
    with weir.connect() as connection:
        for start in range(50):
            last = "close" if start == 49 else "keep-alive"
            connection.send_head(
                "GET", resolve(), {"Host": "huggingface.co", "Range": f"bytes={start}-{start}", "Connection": last}
            )
        answers = connection.read_to_end().split(b"\r\n\r\n")
    assert b"".join(answer[:1] for answer in answers[1:]) == whole(file)[:50]


def test_regular_file_keeps_its_relative_redirect(weir: Weir, hub: TestHub) -> None:
    reply = get(weir, resolve(path="config.json"))
    assert reply.status == 307
    assert (reply.header("Location") or "").startswith("/api/resolve-cache/models/acme/tiny-model/")


def regular_target(connection: Connection, path: str = "config.json") -> str:
    return connection.get(resolve(path=path)).header("Location") or ""


@pytest.mark.parametrize("config", [{}, ASKED_EACH_TIME])
def test_regular_file_is_kept(make_weir: Callable[..., Weir], hub: TestHub, config: dict[str, dict[str, object]]) -> None:
    weir = make_weir(config)
    file = hub.file(TINY, "config.json")
    with weir.connect() as connection:
        target = regular_target(connection)
        wait_until_held(connection, hub, target)
        for _ in range(3):
            reply = connection.get(target, {"Accept-Encoding": "gzip, deflate"})
            assert (reply.status, reply.body == whole(file)) == (200, True)
            assert reply.header("ETag") == f'"{file.oid}"'
            assert reply.header("X-Repo-Commit") == hub.repo(TINY).main.sha
            assert reply.header("Content-Length") == str(file.size)
        assert connection.get(target, {"Range": "bytes=10-19"}).body == whole(file)[10:20]
        assert connection.get(target, {"If-None-Match": f'"{file.oid}"'}).status == 304
    assert hub.regular_bodies(file) == 0
    asked = hub.log.find(path="/api/resolve-cache/")
    assert len(asked) == (5 if config else 0)
    assert all(record.headers.get("If-None-Match") == f'"{file.oid}"' for record in asked)


def test_regular_file_survives_a_restart(weir: Weir, hub: TestHub) -> None:
    with weir.connect() as connection:
        target = regular_target(connection)
        first = connection.get(target)
    weir.restart()
    again = get(weir, target)
    assert (again.status, again.body) == (200, first.body)
    for name in ("ETag", "X-Repo-Commit", "Content-Type", "Content-Disposition"):
        assert again.header(name) == first.header(name), name
    assert hub.regular_bodies(hub.file(TINY, "config.json")) == 1
