# SPDX-License-Identifier: Apache-2.0
"""A store that cannot take a file costs the copy, never the download: Weir passes it on, says so, and comes back."""

import errno
import hashlib
import json
import os
import resource
import signal
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from clock import SANITIZED
from files import CDN, GATED, KIB64, MEDIUM, TINY, WEIGHTS, bearer, get, hold, is_no_file, resolve, whole
from harness import Reply, Weir
from hub import ALICE, BOB, File, TestHub
from harness.small_disk import MIB, SmallDisk, mounted

PART = "nested/part-00001.bin"
WAIT_SECONDS = 60.0
ChangeLimit = Callable[[int, int], None]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """A file system of 32 MiB under the store of `weir`."""
    with mounted(tmp_path / "weir" / "store", 32 * MIB) as disk:
        if isinstance(disk, str):
            pytest.skip(f"this machine lets a test mount nothing ({disk}); the limits of a process are tested instead")
        yield disk


@pytest.fixture
def small(disk: SmallDisk, tmp_path: Path, hub: TestHub) -> Iterator[Weir]:
    """A weir whose store is on the small disk and may take all of it."""
    weir = Weir(tmp_path / "weir", hub, {"store": {"min_free": 0}})
    assert weir.store == disk.folder
    with weir:
        yield weir
        hub.faults.clear()


def set_limit(weir: Weir, what: int, value: int) -> None:
    resource.prlimit(weir.pid, what, (value, resource.prlimit(weir.pid, what)[1]))


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def health(weir: Weir) -> dict[str, object]:
    status, text = weir.admin("/-/health")
    assert status == 200
    return json.loads(text)


def is_right(reply: Reply, file: File) -> bool:
    return (reply.status, reply.complete, hashlib.sha256(reply.body).hexdigest()) == (200, True, file.sha256)


def assert_passed_and_said(weir: Weir, kind: str) -> None:
    answer = health(weir)
    assert answer["status"] == "degraded"
    assert str(answer["store"]).startswith(kind)
    assert isinstance(answer["since"], int)
    assert weir.metrics()["weir_store_writable"] == 0
    assert weir.log().count("the store is ") == 1, weir.log()
    assert kind in weir.run("status").stdout


def assert_one_file_passed(weir: Weir) -> None:
    """The store takes others."""
    until(lambda: "passed_by" in health(weir))
    answer = health(weir)
    assert answer["status"] == "ok" and "store" not in answer
    assert weir.log().count("a file goes past the store") == 1, weir.log()


def assert_comes_back(weir: Weir, hub: TestHub, path: str = WEIGHTS) -> None:
    """It stores again, by itself."""
    until(lambda: health(weir)["status"] == "ok")
    assert weir.metrics()["weir_store_writable"] == 1
    assert weir.log().count("the store takes bytes again") == 1
    file = hub.file(TINY, path)
    assert is_right(get(weir, resolve(path=path)), file)
    hub.log.reset()
    assert is_right(get(weir, resolve(path=path)), file)
    assert hub.lfs_bytes() == 0


def test_a_full_disk(small: Weir, disk: SmallDisk, hub: TestHub) -> None:
    held = hold(small, hub, path=PART)
    assert small.run("pin", TINY).returncode == 0  # or it would make room
    disk.fill()
    file = hub.file(TINY, WEIGHTS)
    for _ in range(3):
        assert is_right(get(small, resolve()), file)
    assert is_right(get(small, resolve(path=PART)), held)
    assert_passed_and_said(small, "full")
    assert small.status()["passed_by"]["store_trouble"] == 3
    part = get(small, resolve(), {"Range": "bytes=1000-1999"})
    assert (part.status, part.body) == (206, whole(file)[1000:2000])
    assert part.header("Content-Range") == f"bytes 1000-1999/{file.size}"
    parts = get(small, resolve(), {"Range": "bytes=10-19,2000-2009"})
    assert parts.status == 206 and parts.complete
    assert (parts.header("Content-Type") or "").startswith("multipart/byteranges")
    assert all(b"\r\n\r\n" + whole(file)[at : at + 10] + b"\r\n--" in parts.body for at in (10, 2000))
    rest = get(small, resolve(), {"Range": "bytes=9000000-"})
    assert (rest.status, rest.body == whole(file)[9_000_000:]) == (206, True)
    disk.empty()
    assert_comes_back(small, hub)


@pytest.fixture
def of_few_files(tmp_path: Path, hub: TestHub) -> Iterator[tuple[Weir, SmallDisk]]:
    """A weir, and the file system under its store, which takes few files and more bytes than there are."""
    with mounted(tmp_path / "weir" / "store", 512 * MIB, 300) as disk:
        if isinstance(disk, str):
            pytest.skip(f"this machine lets a test mount nothing ({disk})")
        with Weir(tmp_path / "weir", hub, {"store": {"min_free": 0}}) as weir:
            yield weir, disk


def test_a_disk_that_takes_no_further_file(of_few_files: tuple[Weir, SmallDisk], hub: TestHub) -> None:
    """One file goes past the store at most: then others have made room."""
    weir, disk = of_few_files
    for repo, path in ((TINY, PART), (MEDIUM, WEIGHTS)):
        hold(weir, hub, repo, path)
    weir.rest()
    disk.fill_with_files()
    file = hub.file(TINY, WEIGHTS)
    assert is_right(get(weir, resolve()), file)
    until(lambda: weir.log().count("to make room") == 2)
    assert is_right(get(weir, resolve()), file)
    hub.log.reset()
    assert is_right(get(weir, resolve()), file)
    assert hub.lfs_bytes() == 0
    assert health(weir)["status"] == "ok"
    assert weir.log().count("to make room") == 2


def test_a_disk_of_pinned_files_that_takes_no_further_one(
    of_few_files: tuple[Weir, SmallDisk], hub: TestHub
) -> None:
    weir, disk = of_few_files
    held = hold(weir, hub, path=PART)
    assert weir.run("pin", TINY).returncode == 0
    weir.rest()
    disk.fill_with_files()
    assert is_right(get(weir, resolve()), hub.file(TINY, WEIGHTS))
    assert_passed_and_said(weir, "full")
    assert is_right(get(weir, resolve(path=PART)), held)
    disk.empty()
    assert_comes_back(weir, hub)


def test_starts_on_a_full_disk(small: Weir, disk: SmallDisk, hub: TestHub) -> None:
    """As often as it must: a machine is not kept from its files by a service that waits for room."""
    held = hold(small, hub, path=PART)
    assert small.run("pin", TINY).returncode == 0
    small.rest()
    small.stop()
    disk.fill()
    for end in (small.stop, small.kill, small.stop):
        small.start()
        hub.log.reset()
        assert is_right(get(small, resolve(path=PART)), held)
        assert hub.lfs_bytes() == 0
        assert is_right(get(small, resolve()), hub.file(TINY, WEIGHTS))
        assert health(small)["status"] != "ok"
        end()
    disk.empty()
    small.start()
    assert is_right(get(small, resolve()), hub.file(TINY, WEIGHTS))
    assert len(small.objects()) == 2


def test_a_full_disk_on_which_something_may_go(small: Weir, disk: SmallDisk, hub: TestHub) -> None:
    """Without a limit of the configuration the disk is one."""
    hold(small, hub)
    disk.fill(leave=2 * MIB)
    held = hold(small, hub, path=PART)
    assert {path.name for path in small.objects()} == {held.sha256}
    assert health(small) == {"status": "ok"}


def test_a_file_that_does_not_fit_leaves_nothing_behind(small: Weir, disk: SmallDisk, hub: TestHub) -> None:
    disk.fill(leave=6 * MIB)
    assert is_right(get(small, resolve()), hub.file(TINY, WEIGHTS))
    assert_one_file_passed(small)
    held = hold(small, hub, path=PART)
    assert {path.name for path in small.objects()} == {held.sha256}


def test_small_files_on_a_full_disk(small: Weir, disk: SmallDisk, hub: TestHub) -> None:
    disk.fill()
    file = hub.file(TINY, "config.json")
    location = get(small, resolve(path="config.json")).header("Location") or ""
    for _ in range(3):
        assert get(small, location).body == whole(file)
    disk.empty()
    until(lambda: health(small)["status"] == "ok")
    assert get(small, location).body == whole(file)
    until(lambda: len(small.objects()) == 1)


def begin(weir: Weir, count: int = 4 * MIB) -> Callable[[], Reply]:
    """Starts a download and reads so many bytes of it; the rest is read when it is called."""
    connection = weir.connect()
    connection.send_head("GET", resolve(), {"Host": "huggingface.co"})
    response = connection.begin()
    begun = response.read(count)
    return lambda: connection.read_rest(response, begun)


def test_the_disk_fills_under_two_clients(small: Weir, disk: SmallDisk, hub: TestHub) -> None:
    file = hub.file(TINY, WEIGHTS)
    stall = hub.inject(host=CDN, stall_at=5_000_000)
    finish = [begin(small), begin(small)]
    disk.fill(leave=MIB)
    stall.release()
    with ThreadPoolExecutor(2) as pool:
        assert all(is_right(reply, file) for reply in pool.map(lambda read: read(), finish))
    # They go on where they are: nobody gets the file's beginning twice.
    assert hub.lfs_bytes() < 3 * file.size
    ranges = [record.range or "" for record in hub.log.find(host=CDN)[1:]]
    assert len(ranges) == 2
    assert all(asked.startswith("bytes=") and not asked.startswith("bytes=0-") for asked in ranges)
    # What fills the disk is Weir's own rest of it, which goes.
    until(lambda: health(small)["status"] == "ok" and not list((small.store / "partial").iterdir()))
    held = hold(small, hub, path=PART)
    assert {path.name for path in small.objects()} == {held.sha256}


@pytest.mark.parametrize("wrong", ["before", "after"])
def test_wrong_bytes_when_the_disk_fills(small: Weir, disk: SmallDisk, hub: TestHub, wrong: str) -> None:
    """In what the store took, and in what passed by it."""
    file = hub.file(TINY, WEIGHTS)
    stall = hub.inject(host=CDN, stall_at=5_000_000, flip_at=1000 if wrong == "before" else None)
    if wrong == "after":
        hub.inject(host=CDN, flip_at=10_000_000)
    finish = begin(small)
    disk.fill(leave=MIB)
    stall.release()
    reply = finish()
    assert is_no_file(reply)
    assert len(reply.body) <= file.size - KIB64


@pytest.mark.parametrize("offset", [0, 6_000_000, -1])
def test_wrong_bytes_that_pass_by(small: Weir, disk: SmallDisk, hub: TestHub, offset: int) -> None:
    disk.fill()
    file = hub.file(TINY, WEIGHTS)
    assert is_right(get(small, resolve()), file)
    assert health(small)["status"] == "degraded"
    hub.inject(host=CDN, flip_at=offset % file.size)
    reply = get(small, resolve())
    assert is_no_file(reply)
    assert len(reply.body) <= file.size - KIB64
    assert small.status()["fetches"]["wrong_bytes"] == 1
    # Who resumes would keep the wrong byte.
    assert get(small, resolve(), {"Range": "bytes=6500000-"}).status == 416
    assert is_right(get(small, resolve()), file)


def test_an_origin_that_breaks_off(small: Weir, disk: SmallDisk, hub: TestHub) -> None:
    disk.fill()
    file = hub.file(TINY, WEIGHTS)
    assert is_right(get(small, resolve()), file)
    hub.inject(host=CDN, cut_at=7_000_000)
    hub.inject(host=CDN, status=403)  # and the URL has expired
    assert is_right(get(small, resolve()), file)
    hub.inject(host=CDN, status=404, count=None)
    assert get(small, resolve()).status == 502


def test_permission_is_asked_for_all_the_same(small: Weir, disk: SmallDisk, hub: TestHub) -> None:
    disk.fill()
    assert is_right(get(small, resolve(GATED), bearer(ALICE)), hub.file(GATED, WEIGHTS))
    assert get(small, resolve(GATED)).status == 401
    assert get(small, resolve(GATED), bearer(BOB)).status == 403
    assert all("Authorization" not in record.headers for record in hub.log.find(host=CDN))


def test_a_client_that_does_not_read(small: Weir, disk: SmallDisk, hub: TestHub) -> None:
    """It makes the origin wait, not Weir's memory grow."""
    disk.fill()
    file = hub.file(MEDIUM, WEIGHTS)
    assert is_right(get(small, resolve()), hub.file(TINY, WEIGHTS))
    hub.log.reset()
    with small.connect() as lazy:
        lazy.send_head("GET", resolve(MEDIUM), {"Host": "huggingface.co"})
        response = lazy.begin()
        assert is_right(get(small, resolve()), hub.file(TINY, WEIGHTS))
        assert not hub.log.find(host=CDN)[0].done
        assert response.read() == whole(file)


def test_a_read_only_store(small: Weir, disk: SmallDisk, hub: TestHub) -> None:
    held = hold(small, hub, path=PART)
    file = hub.file(TINY, WEIGHTS)
    with disk.read_only():
        assert is_right(get(small, resolve()), file)
        assert is_right(get(small, resolve(path=PART)), held)
        assert is_right(get(small, resolve()), file)
        assert_passed_and_said(small, "read-only")
    assert_comes_back(small, hub)


@pytest.mark.parametrize("ended", ["well", "killed"])
def test_starts_on_a_read_only_disk(small: Weir, disk: SmallDisk, hub: TestHub, ended: str) -> None:
    held = hold(small, hub, path=PART)
    assert PART in small.run("ls").stdout  # which has written what was learnt
    small.stop(signal.SIGTERM if ended == "well" else signal.SIGKILL)
    if ended == "well":
        assert small.run("gc").returncode == 0  # which had the store in between
    disk.remount("ro")
    small.start()
    assert json.loads(small.run("status", "--json").stdout)["pid"] == small.pid
    assert is_right(get(small, resolve(path=PART)), held)
    assert hub.lfs_bytes() == 0
    for _ in range(2):
        assert is_right(get(small, resolve()), hub.file(TINY, WEIGHTS))
    assert hub.lfs_bytes() > 0
    assert_passed_and_said(small, "read-only")
    assert {path.name for path in small.objects()} == {held.sha256}
    assert PART in small.run("ls").stdout
    assert small.run("verify", "--fix").returncode == 0  # which takes part in the proxy as a run does
    second = small.run("serve")
    assert second.returncode == 1 and "is held by another process" in second.stderr
    disk.remount("rw")
    assert_comes_back(small, hub)
    small.restart()
    hub.log.reset()
    for path in (PART, WEIGHTS):
        assert is_right(get(small, resolve(path=path)), hub.file(TINY, path))
        assert path in small.run("ls").stdout
    assert hub.lfs_bytes() == 0
    assert health(small) == {"status": "ok"}


def test_no_store_on_a_read_only_disk(disk: SmallDisk, tmp_path: Path, hub: TestHub) -> None:
    weir = Weir(tmp_path / "weir", hub)
    disk.remount("ro")
    failed = weir.run("serve")
    assert failed.returncode == 1
    assert "there is no store yet: make the file system writable for the first start" in failed.stderr


def test_no_ca_on_a_read_only_disk(small: Weir, disk: SmallDisk) -> None:
    small.stop()
    small.configure({"ca": {"path": str(disk.folder / "ca")}})
    disk.remount("ro")
    failed = small.run("serve")
    assert failed.returncode == 1
    assert "there is no CA yet: make the file system writable for the first start" in failed.stderr


@pytest.mark.parametrize("trouble", ["full", "read-only"])
def test_lists_what_a_disk_in_trouble_holds(small: Weir, disk: SmallDisk, hub: TestHub, trouble: str) -> None:
    """While no Weir serves it."""
    held = hold(small, hub, path=PART)
    small.rest()
    small.stop()
    if trouble == "full":
        disk.fill()
    else:
        disk.remount("ro")
    for arguments in (["ls"], ["ls", "--repo", TINY]):
        listed = small.run(*arguments)
        assert (listed.returncode, listed.stderr) == (0, "")
        assert PART in listed.stdout and held.sha256 in listed.stdout


@pytest.mark.skipif(SANITIZED, reason="a sanitizer refuses to be loaded behind another library")
@pytest.mark.parametrize(("error", "kind"), [(errno.EIO, "failing"), (errno.EDQUOT, "full")], ids=["io", "quota"])
def test_a_disk_that_takes_nothing(tmp_path: Path, hub: TestHub, error: int, kind: str) -> None:
    """Neither files nor the databases."""
    demanded = tmp_path / "error"
    environment = {"LD_PRELOAD": os.environ["WEIR_FAILING_DISK"], "WEIR_DISK_ERROR": str(demanded)}
    file = hub.file(TINY, WEIGHTS)
    with Weir(tmp_path / "weir", hub, environment=environment) as weir:
        held = hold(weir, hub, path=PART)
        demanded.write_text(str(error))
        for _ in range(3):
            assert is_right(get(weir, resolve()), file)
        assert is_right(get(weir, resolve(path=PART)), held)
        assert_passed_and_said(weir, kind)
        demanded.unlink()
        assert_comes_back(weir, hub)
        weir.restart()
        assert {path.name for path in weir.objects()} == {file.sha256, held.sha256}


def test_a_file_above_the_largest_that_is_allowed(weir: Weir, hub: TestHub) -> None:
    """RLIMIT_FSIZE: the store fills in the middle of the file, on any machine."""
    set_limit(weir, resource.RLIMIT_FSIZE, 5 * MIB)
    file = hub.file(TINY, WEIGHTS)
    with ThreadPoolExecutor(2) as pool:
        replies = [pool.submit(get, weir, resolve()) for _ in range(2)]
        assert all(is_right(reply.result(), file) for reply in replies)
    assert_one_file_passed(weir)
    assert weir.objects() == []
    set_limit(weir, resource.RLIMIT_FSIZE, resource.RLIM_INFINITY)
    until(lambda: health(weir)["status"] == "ok")
    assert is_right(get(weir, resolve()), file)
    assert len(weir.objects()) == 1


@pytest.mark.skipif(SANITIZED, reason="a sanitizer refuses to be loaded behind another library")
def test_ends_although_the_disk_hangs(tmp_path: Path, hub: TestHub) -> None:
    demanded = tmp_path / "error"
    environment = {"LD_PRELOAD": os.environ["WEIR_FAILING_DISK"], "WEIR_DISK_ERROR": str(demanded)}
    with Weir(tmp_path / "weir", hub, environment=environment) as weir:
        held = hold(weir, hub, path=PART)
        os.mkfifo(demanded)  # that nobody writes to: who reads it waits
        assert is_right(get(weir, resolve(path=PART)), held)
        weir.signal(signal.SIGTERM)
        assert weir.wait() == 1
        assert "the disk does not answer" in weir.log()
        demanded.unlink()
        weir.start()
        hub.log.reset()
        assert is_right(get(weir, resolve(path=PART)), held)
        assert hub.lfs_bytes() == 0


def descriptors(weir: Weir) -> int:
    return len(os.listdir(f"/proc/{weir.pid}/fd"))


def cpu_seconds(weir: Weir) -> float:
    fields = Path(f"/proc/{weir.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_takes_all_descriptors_that_it_may_have(idle: Weir) -> None:
    idle.program = ["prlimit", "--nofile=256:2048", *idle.program]
    with idle:
        assert resource.prlimit(idle.pid, resource.RLIMIT_NOFILE) == (2048, 2048)


def test_out_of_descriptors(weir: Weir, hub: TestHub) -> None:
    """Connections above the limit wait without costing anything; who is served already notices nothing."""
    file = hub.file(MEDIUM, WEIGHTS)
    held = hold(weir, hub)
    stall = hub.inject(host=CDN, stall_at=5_000_000)
    with ThreadPoolExecutor(2) as pool:
        running = pool.submit(get, weir, resolve(MEDIUM))
        assert stall.reached.wait(30)
        limit = 2 * (descriptors(weir) + 20)
        set_limit(weir, resource.RLIMIT_NOFILE, limit)
        idle = [socket.create_connection(("127.0.0.1", weir.port)) for _ in range(limit)]
        until(lambda: "new connections wait" in weir.log())
        waiting = pool.submit(get, weir, resolve())
        spent = cpu_seconds(weir)
        time.sleep(1)
        assert cpu_seconds(weir) - spent < 0.5
        assert descriptors(weir) < limit
        stall.release()
        assert is_right(running.result(), file)
        assert not waiting.done()
        for connection in idle:
            connection.close()
        assert is_right(waiting.result(), held)
    assert weir.log().count("new connections wait") == 1
    hub.log.reset()
    assert is_right(get(weir, resolve(MEDIUM)), file)
    assert hub.lfs_bytes() == 0


@pytest.mark.skipif(SANITIZED, reason="sanitizers need descriptors of their own")
def test_few_descriptors_from_the_start(tmp_path: Path, hub: TestHub) -> None:
    """Some clients are served, or Weir says what it needs."""
    weir = Weir(tmp_path / "weir", hub)
    usual = list(weir.program)
    with weir:
        at_rest = descriptors(weir)
    weir.program = ["prlimit", f"--nofile={at_rest + 24}", *usual]
    with weir:
        for _ in range(3):
            assert is_right(get(weir, resolve()), hub.file(TINY, WEIGHTS))
    for too_few in (at_rest + 2, at_rest - 4, at_rest // 2, 16):
        weir.program = ["prlimit", f"--nofile={too_few}", *usual]
        with pytest.raises(RuntimeError, match="ulimit -n"):
            weir.start()


@pytest.mark.skipif(SANITIZED, reason="UBSan needs a descriptor to look at an object's type")
def test_no_descriptor_for_a_connection(weir: Weir, hub: TestHub) -> None:
    """Weir says that it is to blame, and does not take the hub for absent."""
    file = hub.file(TINY, WEIGHTS)
    with weir.connect() as connection:
        usual = resource.prlimit(weir.pid, resource.RLIMIT_NOFILE)[0]
        # Far below what is open, for one that is about to be closed makes no room then.
        set_limit(weir, resource.RLIMIT_NOFILE, descriptors(weir) // 2)
        reply = connection.get(resolve())
        assert reply.status == 503
        assert "no file descriptor left" in (reply.header("X-Error-Message") or "")
        set_limit(weir, resource.RLIMIT_NOFILE, usual)
        assert is_right(connection.get(resolve()), file)
    until(lambda: health(weir)["status"] == "ok")
    assert weir.log().count("the store is out of descriptors") == 1
    assert weir.status()["hub"]["state"] == "up"
    assert "cannot be asked" not in weir.log()
