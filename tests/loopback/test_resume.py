# SPDX-License-Identifier: Apache-2.0
"""A restarted weir keeps the part that it has: the only resume that today's clients have."""

import os
from pathlib import Path

from files import CDN, MEDIUM, TINY, WEIGHTS, get, is_no_file, resolve, whole
from harness import Weir
from hub import TestHub

BIG = "acme/big-model"
RATE = 20_000_000
ALLOWANCE = 8 * 1024 * 1024


def keeps_attributes(folder: Path) -> bool:
    try:
        os.setxattr(folder, "user.test", b"1")
    except OSError:
        return False
    return True


def begin(weir: Weir, target: str, count: int) -> None:
    """Starts a download and leaves it running once so many bytes have come."""
    connection = weir.connect()
    connection.send_head("GET", target, {"Host": "huggingface.co"})
    response = connection.begin()
    while count > 0:
        count -= len(response.read(min(count, 1 << 20)))


def test_killed_after_a_third_and_repeated(weir: Weir, hub: TestHub) -> None:
    """256 MB at 20 MB/s, kill -9, again: over both runs the hub sends the file's size and at most 8 MiB more."""
    file = hub.file(BIG, WEIGHTS)
    hub.inject(host=CDN, rate=RATE, count=None)
    begin(weir, resolve(BIG), file.size // 3 + 1)
    weir.kill()
    hub.log.wait_for(lambda log: all(record.done for record in log.find(host=CDN)))
    weir.start()
    reply = get(weir, resolve(BIG))
    assert (reply.status, reply.complete, reply.body == whole(file)) == (200, True, True)
    assert hub.lfs_bytes() <= file.size + ALLOWANCE


def test_stopped_and_started(weir: Weir, hub: TestHub) -> None:
    file = hub.file(MEDIUM, WEIGHTS)
    stall = hub.inject(host=CDN, stall_at=20_000_000)
    begin(weir, resolve(MEDIUM), 19_000_000)
    weir.kill()
    stall.release()
    hub.log.wait_for(lambda log: all(record.done for record in log.find(host=CDN)))
    weir.start()
    assert get(weir, resolve(MEDIUM)).body == whole(file)
    (second,) = hub.log.find(host=CDN)[1:]
    start = int((second.range or "bytes=0-")[6:-1])
    assert 20_000_000 - ALLOWANCE <= start <= 20_000_000
    if keeps_attributes(weir.store):
        # The CDN's own tag, which the first run was told.
        assert second.headers["If-Range"] == f'"{file.xet_hash}"'


def test_wrong_bytes_before_the_kill_are_found_after_it(weir: Weir, hub: TestHub) -> None:
    file = hub.file(TINY, WEIGHTS)
    stall = hub.inject(host=CDN, flip_at=1000, stall_at=9_000_000)
    begin(weir, resolve(), 8_000_000)
    weir.kill()
    stall.release()
    weir.start()
    assert is_no_file(get(weir, resolve()))
    assert weir.objects() == []
    assert get(weir, resolve()).body == whole(file)


def test_a_restarted_fetch_needs_a_permission(weir: Weir, hub: TestHub) -> None:
    stall = hub.inject(host=CDN, stall_at=9_000_000)
    begin(weir, resolve(), 8_000_000)
    weir.kill()
    stall.release()
    hub.log.wait_for(lambda log: all(record.done for record in log.find(host=CDN)))
    weir.start()
    hub.log.reset()
    hub.inject(path="*/resolve/*", status=401)
    assert get(weir, resolve()).status == 401
    assert hub.log.find(host=CDN) == []
    assert get(weir, resolve()).body == whole(hub.file(TINY, WEIGHTS))


def test_leftovers_do_not_hinder_a_start(weir: Weir, hub: TestHub) -> None:
    """Partial blobs that are rubbish cost a download, not the start."""
    stall = hub.inject(host=CDN, stall_at=9_000_000)
    begin(weir, resolve(), 8_000_000)
    weir.kill()
    stall.release()
    for path in (weir.store / "partial").rglob("*"):
        if path.is_file():
            path.write_bytes(b"rubbish")
    weir.start()
    get(weir, resolve())
    assert get(weir, resolve()).body == whole(hub.file(TINY, WEIGHTS))
