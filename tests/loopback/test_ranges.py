# SPDX-License-Identifier: Apache-2.0
"""Ranges and conditions: cold, warm, partly held and while filling, byte by byte; and what they cost the origin."""

import hashlib
import itertools
import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from files import CDN, MEDIUM, TINY, WEIGHTS, batch_url, get, hold, is_no_file, resolve, wait_until_held, whole
from harness import Reply, Weir
from hub import File, TestHub
from hub.catalog import standard_repos
from hub.content import Generated, Held
from hub.repos import Repo, large

MIB = 1 << 20
SPARSE = "acme/five-gigabytes"
SHARDED = "acme/sharded"
SHARDS = 1000 if os.environ.get("WEIR_ENDURANCE") else 50
# What may be on its way when a transfer is broken off.
ALLOWANCE = 8 * MIB
TINY_SIZE = 12 * MIB + 345
SHORT = bytes(range(100))
STATES = ["cold", "warm", "partly held", "filling"]

Span = tuple[int, int]


@pytest.fixture(scope="session")
def shared_hub() -> Iterator[TestHub]:
    """The standard hub, and files that nobody downloads as a whole."""

    def unread(name: str, size: int) -> File:
        return large(Generated(name, size, hashlib.sha256(name.encode()).hexdigest()))

    shards = {f"shard-{number:05}.parquet": unread(f"shard {number}", 8 * MIB) for number in range(SHARDS)}
    sparse = Repo("model", SPARSE, {WEIGHTS: unread("five gigabytes", 5_000_000_000)})
    shards["short.bin"] = large(Held(SHORT))
    with TestHub(repos=[*standard_repos(), sparse, Repo("model", SHARDED, shards)]) as hub:
        yield hub


def ask(weir: Weir, ranges: str, repo: str = TINY, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return get(weir, resolve(repo), {"Range": f"bytes={ranges}", **named})


def lfs_bytes_at_rest(weir: Weir, hub: TestHub) -> int:
    """What the CDN sent in all: a block that has begun is finished behind its last reader."""
    weir.rest()
    return hub.lfs_bytes()


def parts_of(reply: Reply) -> list[tuple[Span, int, bytes]]:
    """The parts of a multipart/byteranges body, read strictly: span, size of the file, bytes."""
    match = re.fullmatch(r"multipart/byteranges; boundary=([0-9a-f]{32})", reply.header("Content-Type") or "")
    assert match, reply.header("Content-Type")
    assert reply.header("Content-Range") is None
    delimiter, parts, rest = f"--{match[1]}".encode(), [], reply.body
    while True:
        assert rest.startswith(delimiter)
        rest = rest[len(delimiter) :]
        if rest == b"--\r\n":
            return parts
        head, _, rest = rest.partition(b"\r\n\r\n")
        fields = re.fullmatch(
            rb"\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes (\d+)-(\d+)/(\d+)", head
        )
        assert fields, head
        start, end = int(fields[1]), int(fields[2]) + 1
        parts.append(((start, end), int(fields[3]), rest[: end - start]))
        assert rest[end - start : end - start + 2] == b"\r\n"
        rest = rest[end - start + 2 :]


def check(reply: Reply, file: File, spans: Sequence[Span]) -> None:
    """The reply gives these spans of the file, each byte right: one as it is, several in parts."""
    assert reply.status == 206 and reply.complete
    assert int(reply.header("Content-Length") or -1) == len(reply.body)
    data = whole(file)
    if len(spans) == 1:
        ((start, end),) = spans
        assert reply.header("Content-Range") == f"bytes {start}-{end - 1}/{file.size}"
        assert reply.body == data[start:end]
        return
    assert parts_of(reply) == [((start, end), file.size, data[start:end]) for start, end in spans]


def blocks(spans: Sequence[Span], size: int = TINY_SIZE) -> int:
    """Bytes of the blocks of 1 MiB that hold the spans."""
    wanted = {number for start, end in spans for number in range(start // MIB, (end - 1) // MIB + 1)}
    return sum(min((number + 1) * MIB, size) - number * MIB for number in wanted)


def spread(count: int) -> list[Span]:
    return [(number * 150_000, number * 150_000 + 77) for number in range(count)]


def asked(spans: Sequence[Span]) -> str:
    return ",".join(f"{start}-{end - 1}" for start, end in spans)


END = TINY_SIZE
CASES: list[tuple[str, list[Span]]] = [
    ("0-0,-1", [(0, 1), (END - 1, END)]),
    ("-1,0-0", [(END - 1, END), (0, 1)]),
    ("5000000-5000099,100-199", [(5_000_000, 5_000_100), (100, 200)]),
    ("1048570-1048580,3000000-7999999", [(1_048_570, 1_048_581), (3_000_000, 8_000_000)]),
    ("0-99,4000000-4000000,50-149", [(0, 150), (4_000_000, 4_000_001)]),
    ("0-99,100-199", [(0, 200)]),
    ("300-399,0-99,100-299", [(0, 400)]),
    ("99999999-,5-9", [(5, 10)]),
    ("-0,9000000-9000001,18446744073709551615-,7-7", [(9_000_000, 9_000_002), (7, 8)]),
    ("12000000-18446744073709551615,3-3", [(12_000_000, END), (3, 4)]),
    (asked(spread(64)), spread(64)),
    (asked(spread(64)[::-1]), spread(64)[::-1]),
]


@pytest.mark.parametrize(("ranges", "spans"), CASES, ids=[case[0][:30] for case in CASES])
def test_several_ranges_cold(weir: Weir, hub: TestHub, ranges: str, spans: list[Span]) -> None:
    """Each part comes for itself: no more than the blocks that hold them, and each of those once."""
    check(ask(weir, ranges), hub.file(TINY, WEIGHTS), spans)
    assert lfs_bytes_at_rest(weir, hub) == blocks(spans)


def test_several_ranges_warm(weir: Weir, hub: TestHub) -> None:
    file = hold(weir, hub)
    for ranges, spans in CASES:
        reply = ask(weir, ranges)
        check(reply, file, spans)
        assert "hit" in (reply.header("Cache-Status") or "")
    assert hub.lfs_bytes() == 0


def test_several_ranges_partly_held(weir: Weir, hub: TestHub) -> None:
    """Only what is missing comes: 1 to 4 MiB are held."""
    file = hub.file(TINY, WEIGHTS)
    check(ask(weir, "2000000-3999999"), file, [(2_000_000, 4_000_000)])
    for ranges, spans, cost in [
        ("2500000-2500099,3500000-3500001", [(2_500_000, 2_500_100), (3_500_000, 3_500_002)], 0),
        ("100-199,3000000-3000099,9000000-9000009", [(100, 200), (3_000_000, 3_000_100), (9_000_000, 9_000_010)], 2),
        ("0-9,-5,9000000-9000000", [(0, 10), (END - 5, END), (9_000_000, 9_000_001)], 345 / MIB),
    ]:
        hub.log.reset()
        check(ask(weir, ranges), file, spans)
        assert lfs_bytes_at_rest(weir, hub) == cost * MIB


def test_several_ranges_while_filling(weir: Weir, hub: TestHub) -> None:
    """The whole file stalls in the middle: parts that are held and parts far away come at once, others wait."""
    file = hub.file(MEDIUM, WEIGHTS)
    stall = hub.inject(host=CDN, stall_at=6_000_000)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(get, weir, resolve(MEDIUM))
        assert stall.reached.wait(30)
        check(ask(weir, "5000000-5000099,100-199", MEDIUM), file, [(5_000_000, 5_000_100), (100, 200)])
        check(ask(weir, "30000000-30000099,7-8", MEDIUM), file, [(30_000_000, 30_000_100), (7, 9)])
        waiting = pool.submit(ask, weir, "100-199,6500000-7499999", MEDIUM)
        hub.log.wait_for(lambda log: len([record for record in log.find(path="/resolve/") if record.done]) == 4)
        stall.release()
        check(waiting.result(), file, [(100, 200), (6_500_000, 7_500_000)])
        assert first.result().body == whole(file)
    assert hub.lfs_bytes() <= file.size + ALLOWANCE
    assert weir.metrics()["weir_fetches_completed_total"] == 1


def test_all_the_file_in_parts_is_published(weir: Weir, hub: TestHub) -> None:
    file = hub.file(TINY, WEIGHTS)
    check(ask(weir, "0-5999999,7000000-"), file, [(0, 6_000_000), (7_000_000, END)])
    assert get(weir, resolve()).body == whole(file)
    assert hub.lfs_bytes() == file.size
    assert len(weir.objects()) == 1


def test_a_part_to_the_end_waits_for_the_digest(weir: Weir, hub: TestHub) -> None:
    """As an open range alone does: a client may take it for the rest of its file."""
    hub.inject(host=CDN, flip_at=1000, count=None)  # whichever request brings that byte
    reply = ask(weir, "0-9,5000000-")
    assert is_no_file(reply)
    assert weir.objects() == []


@pytest.mark.parametrize("state", ["cold", "warm"])
@pytest.mark.parametrize(
    "ranges",
    [
        asked([(number * 1000, number * 1000 + 1) for number in range(65)]),
        "0-1,x",
        "0-1,5-4",
        "0-18446744073709551616",
        "0-1,99999999999999999999999-",
        "0-1;7-8",
    ],
    ids=["65-parts", "letters", "backwards", "2-to-the-64", "long-number", "semicolon"],
)
def test_what_is_not_honoured_gets_the_whole(weir: Weir, hub: TestHub, state: str, ranges: str) -> None:
    file = hold(weir, hub) if state == "warm" else hub.file(TINY, WEIGHTS)
    reply = ask(weir, ranges)
    assert (reply.status, reply.complete, reply.header("Content-Range")) == (200, True, None)
    assert reply.body == whole(file)


def test_parts_of_a_short_file_are_not_worth_their_heads(weir: Weir, hub: TestHub) -> None:
    """The answer never has more than twice the bytes of the file."""
    reply = get(weir, resolve(SHARDED, "short.bin"), {"Range": "bytes=0-0,-1"})
    assert (reply.status, reply.body) == (200, SHORT)
    assert get(weir, resolve(SHARDED, "short.bin"), {"Range": "bytes=0-0,2-3"}).body == SHORT[:4]


@pytest.mark.parametrize("state", STATES)
def test_nothing_that_can_be_satisfied(weir: Weir, hub: TestHub, state: str) -> None:
    with in_state(weir, hub, state):
        asked_before = len(hub.log.find(host=CDN))
        for ranges in (f"{END}-", "-0", f"{END}-{END},-0,18446744073709551615-"):
            reply = ask(weir, ranges)
            assert (reply.status, reply.header("Content-Range")) == (416, f"bytes */{END}")
        assert len(hub.log.find(host=CDN)) == asked_before


def test_an_empty_file_has_no_ranges(weir: Weir) -> None:
    reply = get(weir, resolve("acme/odd-names", "empty.bin"), {"Range": "bytes=0-0,-1"})
    assert (reply.status, reply.header("Content-Range")) == (416, "bytes */0")


def test_each_answer_has_a_boundary_of_its_own(weir: Weir, hub: TestHub) -> None:
    hold(weir, hub)
    assert len({ask(weir, "0-0,-1").header("Content-Type") for _ in range(5)}) == 5


def test_the_origin_refuses_while_parts_are_awaited(weir: Weir, hub: TestHub) -> None:
    hub.inject(host=CDN, status=404, count=None)  # each part may be a transfer of its own
    reply = ask(weir, "0-9,5000000-5000009")
    assert reply.status == 502 and reply.header("X-Error-Message")
    hub.faults.clear()
    check(ask(weir, "0-9,5000000-5000009"), hub.file(TINY, WEIGHTS), [(0, 10), (5_000_000, 5_000_010)])


def test_a_client_leaves_between_two_parts(weir: Weir, hub: TestHub) -> None:
    """What nobody wants any more is not fetched; the next client gets all it asks for."""
    file = hub.file(TINY, WEIGHTS)
    stall = hub.inject(host=CDN, count=None, stall_at=8_000_000)
    with weir.connect() as connection:
        connection.send_head("GET", resolve(), {"Host": "huggingface.co", "Range": "bytes=0-9,7900000-8200000"})
        connection.begin().read(50)
        assert stall.reached.wait(30)
    stall.release()
    check(ask(weir, "0-9,7900000-8200000"), file, [(0, 10), (7_900_000, 8_200_001)])
    assert get(weir, resolve()).body == whole(file)


def test_a_client_that_reads_slowly(weir: Weir, hub: TestHub) -> None:
    """Parts larger than all that sockets hold; the connection serves the next request as well."""
    file = hold(weir, hub)
    with weir.connect() as connection:
        headers = {"Host": "huggingface.co", "Range": "bytes=0-5999999,6000100-11999999"}
        connection.send_head("GET", resolve(), headers)
        response = connection.begin()
        pieces = list(itertools.takewhile(bool, (response.read(300_000) for _ in itertools.count())))
        reply = Reply(response.status, response.headers, b"".join(pieces))
        check(reply, file, [(0, 6_000_000), (6_000_100, 12_000_000)])
        assert connection.get(resolve(), {"Range": "bytes=1-2"}).body == whole(file)[1:3]


# --- conditions


@contextmanager
def in_state(weir: Weir, hub: TestHub, state: str) -> Iterator[File]:
    """The file, not there, held, held in part, or stalled in the middle of its way into the store."""
    file = hub.file(TINY, WEIGHTS)
    if state == "warm":
        hold(weir, hub)
    if state == "partly held":
        check(ask(weir, "2000000-3999999"), file, [(2_000_000, 4_000_000)])
        lfs_bytes_at_rest(weir, hub)
    if state != "filling":
        yield file
        return
    stall = hub.inject(host=CDN, stall_at=6_000_000)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(get, weir, resolve())
        try:
            assert stall.reached.wait(30)
            yield file
        finally:
            stall.release()
        assert first.result().body == whole(file)


@pytest.mark.parametrize("state", STATES)
def test_conditions_on_the_entity_tag(weir: Weir, hub: TestHub, state: str) -> None:
    def answered(path: str) -> int:
        return len([record for record in hub.log.find(path=path) if record.done])

    with ThreadPoolExecutor(4) as pool:
        with in_state(weir, hub, state) as file:
            tag = f'"{file.sha256}"'
            asked_before = len(hub.log.find(host=CDN))
            for ranges in ("0-0", "0-0,-1", f"{END}-"):
                assert ask(weir, ranges, If_None_Match=tag).status == 304
                assert ask(weir, ranges, If_None_Match=f"W/{tag}").status == 304
                assert ask(weir, ranges, If_Match='"other"').status == 412
            assert len(hub.log.find(host=CDN)) == asked_before
            check(ask(weir, "0-0,-1", If_Range=tag), file, [(0, 1), (END - 1, END)])
            check(ask(weir, "0-0", If_Match=f'"other", {tag}', If_None_Match='"other"'), file, [(0, 1)])
            before = answered("/resolve/")
            values = (f"W/{tag}", '"other"', file.sha256, "Tue, 14 Nov 2023 22:13:20 GMT")
            replies = [pool.submit(ask, weir, "0-0,-1", If_Range=value) for value in values]
            if state == "filling":
                hub.log.wait_for(lambda _: answered("/resolve/") == before + len(values))
        for reply in replies:
            assert (reply.result().status, reply.result().body == whole(file)) == (200, True)


def test_a_date_says_nothing_of_a_file_without_one(weir: Weir, hub: TestHub) -> None:
    """The hub's redirect dates itself, not the file."""
    file = hold(weir, hub)
    hub.inject(path="*/resolve/*", count=None, headers={"Last-Modified": "Tue, 14 Nov 2023 22:13:20 GMT"})
    reply = ask(weir, "0-0", If_Modified_Since="Sun, 06 Nov 2044 08:49:37 GMT")
    check(reply, file, [(0, 1)])
    assert reply.header("Last-Modified") is None
    check(ask(weir, "0-0", If_Unmodified_Since="Sun, 06 Nov 1994 08:49:37 GMT"), file, [(0, 1)])


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("seen", [True, False], ids=["seen", "unseen"])
def test_conditions_on_the_date_that_the_cdn_says(weir: Weir, hub: TestHub, state: str, seen: bool) -> None:
    """At a URL that the hub gave through this process, or at another: the CDN is asked for a byte, and tells the date."""
    file = hub.file(TINY, WEIGHTS)
    target = batch_url(weir, hub, file)
    if not seen:
        # For another user: one for nobody, minted within the same second, would be the one that Weir saw.
        minted = urlsplit(hub.world.signer.mint(hub.repo(TINY), file, WEIGHTS, "somebody"))
        target = f"{minted.path}?{minted.query}"

    def ask_cdn(**headers: str) -> Reply:
        return get(weir, target, {name.replace("_", "-"): value for name, value in headers.items()}, host=CDN)

    then, before, after = (f"Tue, 14 Nov 2023 22:13:{second} GMT" for second in (20, 19, 21))
    with ThreadPoolExecutor(5) as pool:
        with in_state(weir, hub, state):
            assert ask_cdn(Range="bytes=0-9", If_Range=then).body == whole(file)[:10]
            assert ask_cdn(Range="bytes=0-9", If_Unmodified_Since=then).header("Last-Modified") == then
            assert ask_cdn(If_Modified_Since=then).status == 304
            assert ask_cdn(If_Modified_Since=after, Range="bytes=0-9,50-59").status == 304
            assert ask_cdn(If_Unmodified_Since=before).status == 412
            wholes = [
                pool.submit(ask_cdn, **headers)
                for headers in (
                    {"If_Modified_Since": before},
                    {"If_Modified_Since": after, "If_None_Match": '"other"'},
                    {"If_Range": before, "Range": "bytes=0-9"},
                    {"If_Range": after, "Range": "bytes=0-9"},
                )
            ]
        for reply in wholes:
            assert (reply.result().status, reply.result().body == whole(file)) == (200, True)


@pytest.mark.parametrize("fault", [{"status": 503}, {"hold_head": True}], ids=["503", "silent"])
@pytest.mark.parametrize("mode", ["auto", "never"])
def test_a_date_that_the_cdn_cannot_say(
    make_weir: Callable[..., Weir], hub: TestHub, fault: dict[str, Any], mode: str
) -> None:
    """A held file comes without one, at a URL that the hub gave, before clients would give up."""
    weir = make_weir({"offline": {"mode": mode, "patience": "500ms"}, "origin": {"first_byte_timeout": "5m"}})
    file = hold(weir, hub)
    target = batch_url(weir, hub, file)
    hub.inject(host=CDN, count=None, **fault)
    reply = get(weir, target, {"If-Modified-Since": "Tue, 14 Nov 2023 22:13:20 GMT"}, host=CDN)
    assert (reply.status, reply.header("Last-Modified"), reply.body == whole(file)) == (200, None, True)


@pytest.mark.parametrize("state", ["cold", "warm"])
def test_a_size_that_contradicts_the_hub_is_not_believed(weir: Weir, hub: TestHub, state: str) -> None:
    """At a URL that came with the size: the CDN's answer with another one tells nothing of the file's date either."""
    file = hold(weir, hub) if state == "warm" else hub.file(TINY, WEIGHTS)
    target = batch_url(weir, hub, file)

    def probed(method: str, **headers: str) -> Reply:
        hub.inject(host=CDN, total_off=-7)  # in the answer about the date, the first that the CDN gives
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        reply = get(weir, target, {"If-Modified-Since": "Sun, 06 Nov 2044 08:49:37 GMT", **named}, CDN, method)
        assert reply.header("Last-Modified") is None
        return reply

    assert probed("HEAD").header("Content-Length") == str(file.size)
    last = probed("GET", Range=f"bytes={file.size - 1}-")
    assert (last.status, last.body) == (206, whole(file)[-1:])
    reply = probed("GET")
    assert (reply.status, reply.complete, reply.body == whole(file)) == (200, True, True)


def test_head_has_no_ranges(weir: Weir, hub: TestHub) -> None:
    """RFC 9110, section 14.2: Range is for GET."""
    for _ in range(2):
        for ranges in ("0-9", "0-0,-1", f"{END}-"):
            reply = get(weir, resolve(), {"Range": f"bytes={ranges}"}, method="HEAD")
            assert (reply.status, reply.header("Content-Range")) == (200, None)
            assert reply.header("Content-Length") == str(END)
        hold(weir, hub)


def test_ranges_of_a_regular_file(weir: Weir, hub: TestHub) -> None:
    file = hub.file(TINY, "config.json")
    data, commit = whole(file), hub.repo(TINY).main.sha
    target = f"/api/resolve-cache/models/{TINY}/{commit}/config.json"
    with weir.connect() as connection:
        wait_until_held(connection, hub, target)
    parts = parts_of_text(get(weir, target, {"Range": "bytes=0-9,2000-2009"}))
    assert parts == [data[:10], data[2000:2010]]
    assert get(weir, target, {"Range": "bytes=-5"}).body == data[-5:]
    assert get(weir, target, {"Range": "bytes=0-9", "If-Range": f'"{file.oid}"'}).body == data[:10]
    assert get(weir, target, {"Range": "bytes=0-9", "If-None-Match": f'"{file.oid}"'}).status == 304
    assert hub.regular_bodies(file) == 0


def parts_of_text(reply: Reply) -> list[bytes]:
    assert (reply.status, reply.complete) == (206, True)
    boundary = (reply.header("Content-Type") or "").partition("boundary=")[2]
    pieces = (b"\r\n" + reply.body).split(f"\r\n--{boundary}".encode())
    assert (pieces[0], pieces[-1]) == (b"", b"--\r\n")
    assert all(b"Content-Type: text/plain; charset=utf-8\r\n" in piece for piece in pieces[1:-1])
    return [piece.partition(b"\r\n\r\n")[2] for piece in pieces[1:-1]]


# --- what Weir says of itself


def test_every_answer_has_one_date(weir: Weir, hub: TestHub) -> None:
    """From the store, remembered, refused and relayed (RFC 9110, section 6.6.1)."""
    file = hold(weir, hub)
    status = "/api/test/status/200"
    replies = [
        get(weir, resolve()),
        get(weir, resolve(), method="HEAD"),
        ask(weir, "0-9"),
        ask(weir, "0-0,-1"),
        ask(weir, "0-0", If_None_Match=f'"{file.sha256}"'),
        ask(weir, f"{END}-"),
        *(get(weir, f"/api/models/{TINY}") for _ in ("asked", "remembered")),
        get(weir, status),
    ]
    assert [reply.status for reply in replies] == [200, 200, 206, 206, 304, 416, 200, 200, 200]
    for reply in replies:
        (date,) = reply.headers.get_all("Date", [])
        assert abs(parsedate_to_datetime(date).timestamp() - time.time()) < 60
    origins = "Tue, 14 Nov 2023 22:13:20 GMT"
    assert get(weir, f"{status}?Date={quote(origins)}").headers.get_all("Date") == [origins]


# --- what they cost


@pytest.mark.parametrize("ranges", ["-8", "4999999992-4999999999", "4999999992-", "0-7,-8"])
def test_the_last_bytes_of_five_gigabytes(weir: Weir, hub: TestHub, ranges: str) -> None:
    file = hub.file(SPARSE, WEIGHTS)
    reply = ask(weir, ranges, SPARSE)
    assert (reply.status, reply.complete) == (206, True)
    if ranges.startswith("0"):
        assert [part for _, _, part in parts_of(reply)] == [file.content.read(0, 8), file.content.read(file.size - 8, 8)]
    else:
        assert reply.body == file.content.read(file.size - 8, 8)
    assert lfs_bytes_at_rest(weir, hub) <= 2 * MIB
    assert sum(path.stat().st_blocks * 512 for path in weir.store.rglob("*") if path.is_file()) < 16 * MIB


def test_the_beginnings_of_many_shards(weir: Weir, hub: TestHub) -> None:
    """As a streaming reader takes them: 100 kB of each cost one block of each, once."""

    def begin(path: str) -> bool:
        with weir.connect() as connection:
            return all(
                connection.get(resolve(SHARDED, path), {"Range": "bytes=0-99999"}).body
                == hub.file(SHARDED, path).content.read(0, 100_000)
                for _ in range(2)
            )

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(begin, [f"shard-{number:05}.parquet" for number in range(SHARDS)]))
    assert lfs_bytes_at_rest(weir, hub) == SHARDS * MIB


def test_sixty_four_clients_ask_for_the_same_parts(make_weir: Callable[..., Weir], hub: TestHub) -> None:
    weir, file = make_weir(), hub.file(TINY, WEIGHTS)
    with ThreadPoolExecutor(16) as pool:
        replies = [pool.submit(ask, weir, "100-199,5000000-5999999,-100") for _ in range(64)]
        for reply in replies:
            check(reply.result(), file, [(100, 200), (5_000_000, 6_000_000), (END - 100, END)])
    assert lfs_bytes_at_rest(weir, hub) == blocks([(100, 200), (5_000_000, 6_000_000), (END - 100, END)])
