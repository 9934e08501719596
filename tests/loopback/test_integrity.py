# SPDX-License-Identifier: Apache-2.0
"""Clients do not check hashes: wrong bytes must never end as a complete answer, nor enter the store."""

import os
from pathlib import Path
from typing import Any

import pytest

from files import CDN, KIB64, MEDIUM, TINY, WEIGHTS, get, hold, is_no_file, resolve, whole
from harness import Weir
from hub import File, TestHub

OTHER_SHA256 = "ab" * 32


def quarantined(weir: Weir) -> list[Path]:
    return [path for path in (weir.store / "quarantine").rglob("*") if path.is_file()]


def assert_recovers(weir: Weir, hub: TestHub, file: File, target: str) -> None:
    """The next honest answer is right and stored."""
    hub.faults.clear()
    reply = get(weir, target)
    assert (reply.status, reply.complete, reply.body == whole(file)) == (200, True, True)
    hub.log.reset()
    assert get(weir, target).body == whole(file)
    assert hub.lfs_bytes() == 0


@pytest.mark.parametrize("offset", [0, 1_000_000, -1])
@pytest.mark.parametrize("path", [WEIGHTS, "nested/part-00001.bin"])
def test_a_wrong_byte(weir: Weir, hub: TestHub, path: str, offset: int) -> None:
    file = hub.file(TINY, path)
    hub.inject(host=CDN, flip_at=offset % file.size)
    reply = get(weir, resolve(path=path))
    assert is_no_file(reply)
    assert len(reply.body) < file.size
    assert weir.objects() == []
    assert len(quarantined(weir)) == 1
    assert file.sha256 in weir.log()
    assert_recovers(weir, hub, file, resolve(path=path))


def test_a_wrong_byte_in_a_small_file(weir: Weir, hub: TestHub) -> None:
    """Shorter than what is kept back: all but its first byte is, and that too where the verdict was quicker."""
    file = hub.file("acme/many-files", "shard-00003.bin")
    hub.inject(host=CDN, flip_at=3)
    reply = get(weir, resolve("acme/many-files", "shard-00003.bin"))
    assert is_no_file(reply) and (reply.status == 502 or len(reply.body) <= 1)
    assert_recovers(weir, hub, file, resolve("acme/many-files", "shard-00003.bin"))


@pytest.mark.parametrize("asked", ["bytes=0-", "bytes=5-", "bytes=1000000-"])
def test_a_wrong_byte_behind_an_open_range(weir: Weir, hub: TestHub, asked: str) -> None:
    file = hub.file(TINY, WEIGHTS)
    hub.inject(host=CDN, flip_at=7_000_000)
    reply = get(weir, resolve(), {"Range": asked})
    assert is_no_file(reply)
    assert len(reply.body) <= file.size - int(asked[6:-1]) - 1
    assert weir.objects() == []


def test_a_wrong_byte_long_before_the_last_part_of_a_download(weir: Weir, hub: TestHub) -> None:
    """Most of what comes before is held, and a crash may have lost the rest: it is no look at the file's end."""
    file = hub.file(TINY, WEIGHTS)
    hub.inject(host=CDN, flip_at=1000)
    held = file.size * 2 // 3
    get(weir, resolve(), {"Range": f"bytes=0-{held}"})
    reply = get(weir, resolve(), {"Range": f"bytes={file.size - 500_000}-"})
    assert is_no_file(reply)
    assert weir.objects() == []


def spoil(weir: Weir, hub: TestHub, repo: str = TINY) -> File:
    file = hub.file(repo, WEIGHTS)
    hub.inject(host=CDN, flip_at=file.size - 5)
    assert is_no_file(get(weir, resolve(repo)))
    return file


@pytest.mark.parametrize(("agent", "status"), [("curl/7.88.1", 416), ("Wget/1.21.3", 409)])
@pytest.mark.parametrize("when", ["at once", "after a restart", "with a good copy"])
def test_who_resumes_after_wrong_bytes_is_told_to_start_over(
    weir: Weir, hub: TestHub, when: str, agent: str, status: int
) -> None:
    file = spoil(weir, hub)
    if when == "after a restart":
        weir.restart()
    if when == "with a good copy":
        assert get(weir, resolve()).body == whole(file)
    for asked in ("bytes=5000000-", f"bytes=5000000-{file.size - 1}", "bytes=-5000000"):
        reply = get(weir, resolve(), {"Range": asked, "User-Agent": agent})
        assert reply.status == status, asked
        if status == 416:
            assert reply.header("Content-Range") == f"bytes */{file.size}"
        assert "delete" in (reply.header("X-Error-Message") or reply.body.decode())
    assert get(weir, resolve()).body == whole(file)
    assert get(weir, resolve(), {"Range": "bytes=0-"}).body == whole(file)
    # What no download is resumed with.
    for asked, span in (("100-199", slice(100, 200)), ("-8", slice(-8, None))):
        part = get(weir, resolve(), {"Range": f"bytes={asked}"})
        assert (part.status, part.body) == (206, whole(file)[span])


def test_an_hour_later_the_rule_is_over(weir: Weir, hub: TestHub) -> None:
    """The quarantined file's time counts."""
    file = spoil(weir, hub)
    assert get(weir, resolve()).body == whole(file)
    weir.stop()
    for path in quarantined(weir):
        os.utime(path, (path.stat().st_atime - 4000, path.stat().st_mtime - 4000))
    weir.start()
    reply = get(weir, resolve(), {"Range": "bytes=5000000-"})
    assert (reply.status, reply.body == whole(file)[5_000_000:]) == (206, True)


LIES: dict[str, dict[str, str | None]] = {
    "another digest": {"X-Linked-ETag": f'"{OTHER_SHA256}"'},
    "too small": {"X-Linked-Size": "12000000"},
    "too big": {"X-Linked-Size": "13000000"},
    "no number": {"X-Linked-Size": "12MB"},
    "negative": {"X-Linked-Size": "-1"},
    "no size": {"X-Linked-Size": None},
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lying_hub_stores_nothing(weir: Weir, hub: TestHub, lie: str) -> None:
    file = hub.file(TINY, WEIGHTS)
    hub.inject(path="*/resolve/*", headers=LIES[lie], count=None)
    reply = get(weir, resolve())
    assert reply.status in (302, 502) or not reply.complete
    assert weir.objects() == []
    hub.faults.clear()
    assert get(weir, resolve()).body == whole(file)


BROKEN_BODIES: dict[str, dict[str, Any]] = {
    "cut": {"cut_at": 5_000_000},
    "cut at the start": {"cut_at": 0},
    "reset": {"reset_at": 5_000_000},
    "one byte short": {"cut_at": 12 * 1024 * 1024 + 344},
    "too long": {"extra_bytes": 1000},
    "no length, cut": {"close_delimited": True, "cut_at": 5_000_000},
    "no length, cut without close_notify": {"close_delimited": True, "cut_at": 5_000_000, "no_close_notify": True},
    "no length, one byte short": {"close_delimited": True, "cut_at": 12 * 1024 * 1024 + 344},
}


@pytest.mark.parametrize("fault", BROKEN_BODIES)
def test_a_broken_body_is_never_complete_and_wrong(weir: Weir, hub: TestHub, fault: str) -> None:
    """Weir may go on with what it has, or end the answer short; the next answer is right."""
    file = hub.file(TINY, WEIGHTS)
    hub.inject(host=CDN, **BROKEN_BODIES[fault])
    reply = get(weir, resolve())
    if reply.status == 200 and reply.complete:
        assert reply.body == whole(file)
    else:
        assert whole(file).startswith(reply.body) or reply.status == 502
    assert_recovers(weir, hub, file, resolve())


def test_a_cut_body_is_not_fetched_again_from_the_start(weir: Weir, hub: TestHub) -> None:
    file = hub.file(TINY, WEIGHTS)
    hub.inject(host=CDN, cut_at=9_000_000)
    get(weir, resolve())
    assert get(weir, resolve()).body == whole(file)
    assert hub.lfs_bytes() <= file.size + 8 * 1024 * 1024


def test_the_end_is_kept_back_until_all_is_there(weir: Weir, hub: TestHub) -> None:
    """The hub stops 10 bytes before the end: the client has all but the last 64 KiB, and a drip."""
    file = hub.file(MEDIUM, WEIGHTS)
    stall = hub.inject(host=CDN, stall_at=file.size - 10)
    with weir.connect(timeout=20) as connection:
        connection.send_head("GET", resolve(MEDIUM), {"Host": "huggingface.co"})
        response = connection.begin()
        body = response.read(file.size - KIB64)
        assert stall.reached.wait(30)
        body += response.read(2)  # two drops: within 4 s each
        assert len(body) == file.size - KIB64 + 2
        stall.release()
        body += response.read()
    assert body == whole(file)


@pytest.mark.parametrize(
    "fault",
    [
        {"flip_at": 100},
        {"flip_at": 100, "chunked": True},
        {"flip_at": 100, "close_delimited": True},
        {"cut_at": 300, "close_delimited": True},
    ],
    ids=lambda fault: " ".join(fault),
)
def test_wrong_bytes_of_a_regular_file(weir: Weir, hub: TestHub, fault: dict[str, Any]) -> None:
    file = hub.file(TINY, "config.json")
    with weir.connect() as connection:
        target = connection.get(resolve(path="config.json")).header("Location") or ""
    hub.inject(path="/api/resolve-cache/*", **fault)
    reply = get(weir, target)
    assert reply.body != whole(file)
    assert is_no_file(reply)
    assert weir.objects() == []
    assert get(weir, target).body == whole(file)


@pytest.mark.parametrize("form", ["chunked", "close_delimited"])
def test_a_regular_file_without_a_length_is_kept(weir: Weir, hub: TestHub, form: str) -> None:
    file = hub.file(TINY, "config.json")
    with weir.connect() as connection:
        target = connection.get(resolve(path="config.json")).header("Location") or ""
    hub.inject(path="/api/resolve-cache/*", **{form: True})
    reply = get(weir, target)
    assert (reply.complete, reply.body) == (True, whole(file))
    weir.rest()
    assert len(weir.objects()) == 1


def test_a_range_of_a_regular_file_that_contradicts_itself(weir: Weir, hub: TestHub) -> None:
    with weir.connect() as connection:
        target = connection.get(resolve(path="config.json")).header("Location") or ""
    hub.inject(path="/api/resolve-cache/*", extra_bytes=100)
    reply = get(weir, target, {"Range": "bytes=10-"})
    assert (reply.status, reply.header("X-Error-Message") is None) == (502, False)


@pytest.mark.parametrize("damage", ["flipped", "shorter", "longer", "symlink", "empty", "gone"])
@pytest.mark.parametrize("running", [True, False])
def test_a_damaged_store_serves_nothing_wrong(weir: Weir, hub: TestHub, damage: str, running: bool) -> None:
    file = hold(weir, hub)
    (stored,) = weir.objects()
    if not running:
        weir.stop()
    damage_file(stored, damage)
    if not running:
        weir.start()
    reply = get(weir, resolve())
    assert reply.body == whole(file) or not reply.complete or reply.status >= 500
    assert get(weir, resolve()).body == whole(file)


def test_a_smaller_size_does_not_make_a_part_the_whole(weir: Weir, hub: TestHub) -> None:
    """The hub says another size to a client that joins a running fetch."""
    file = hub.file(TINY, WEIGHTS)
    stall = hub.inject(host=CDN, stall_at=file.size - KIB64)
    with weir.connect() as first:
        first.send_head("GET", resolve(), {"Host": "huggingface.co"})
        response = first.begin()
        assert stall.reached.wait(30)
        hub.inject(host="huggingface.co", headers={"X-Linked-Size": str(file.size - 2 * KIB64)})
        second = get(weir, resolve())
        stall.release()
        assert response.read() == whole(file)
    assert second.status == 502
    assert str(file.size) in (second.header("X-Error-Message") or "")


def test_a_store_that_cannot_be_written_to(weir: Weir, hub: TestHub) -> None:
    folder = weir.store / "partial"
    folder.rmdir()
    folder.write_text("in the way")
    assert get(weir, resolve()).body == whole(hub.file(TINY, WEIGHTS))
    assert weir.objects() == []
    assert weir.healthy()


def damage_file(path: Path, damage: str) -> None:
    good = path.read_bytes()
    times = (path.stat().st_atime_ns, path.stat().st_mtime_ns)
    if damage in ("gone", "symlink"):
        path.unlink()
    if damage == "gone":
        return
    if damage == "symlink":
        elsewhere = path.parents[4] / "elsewhere"
        elsewhere.write_bytes(good[:-1] + b"?")
        path.symlink_to(elsewhere)
        return
    path.chmod(0o600)
    path.write_bytes(
        {"flipped": bytes([good[0] ^ 1]) + good[1:], "shorter": good[:-1], "longer": good + b"x", "empty": b""}[damage]
    )
    os.utime(path, ns=times)
