# SPDX-License-Identifier: Apache-2.0
"""The store keeps to its limits: what goes when there is no room, what stays, and the commands for that."""

import fcntl
import hashlib
import json
import os
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from clock import Clock, needs_faketime
from files import get, resolve, whole
from harness import Connection, Weir
from hub import Generated, Repo, TestHub, large

MIB = 1 << 20
SIZE = 16 * MIB  # more than sockets swallow of an answer that nobody reads
THREE = 3 * SIZE
PATH = "weights.bin"
NAMES = "abcdef"


def repo_of(name: str) -> str:
    return f"acme/{name}"


@pytest.fixture(scope="module")
def shelves() -> Iterator[TestHub]:
    """A hub with six repositories of one file each, all of the same size, and one with a file of 40 GB."""
    repos = [Repo("model", repo_of(name), {PATH: large(Generated(name, SIZE))}) for name in NAMES]
    vast = Generated("vast", 40_000_000_000, hashlib.sha256(b"vast").hexdigest())
    with TestHub(repos=[*repos, Repo("dataset", "acme/vast", {PATH: large(vast)})]) as hub:
        yield hub


@pytest.fixture
def hub(shelves: TestHub) -> Iterator[TestHub]:
    shelves.reset()
    yield shelves
    shelves.reset()


Make = Callable[..., Weir]


def limited(make_weir: Make, max_size: int = THREE, **store: object) -> Weir:
    return make_weir({"store": {"max_size": max_size, "min_free": 0, **store}})


def download(weir: Weir, hub: TestHub, name: str, folder: Path) -> None:
    """By curl; a file that is not what the hub has is a failure."""
    target = folder / name
    url = f"https://huggingface.co{resolve(repo_of(name), PATH)}"
    command = ["curl", "-sSfL", "--max-time", "60", "-x", weir.url, "--cacert", weir.ca_file(), "-o", target, url]
    subprocess.run(command, check=True, timeout=90)
    assert hashlib.sha256(target.read_bytes()).hexdigest() == hub.file(repo_of(name), PATH).sha256


def held(weir: Weir, hub: TestHub) -> str:
    """The names of the files that stand in the store."""
    stored = {path.name for path in weir.objects()}
    return "".join(name for name in NAMES if hub.file(repo_of(name), PATH).sha256 in stored)


def taken(weir: Weir) -> int:
    """Bytes of all files in the store.  Those that are moved while it looks count once, and what makes room for others
    has gone before they come: the sum is never above what it was at some moment."""
    sizes = {}
    for folder in ("partial", "tmp", "objects"):
        for path in (weir.store / folder).rglob("*"):
            try:
                status = path.lstat()
            except FileNotFoundError:
                continue
            if len(path.name) == 64 or folder == "tmp":
                sizes.setdefault(status.st_ino, min(status.st_size, status.st_blocks * 512))
    return sum(sizes.values())


@contextmanager
def watched(weir: Weir, limit: int) -> Iterator[None]:
    """Fails when the store is above the limit at any time that somebody looks."""
    stop = threading.Event()
    most = [0]

    def look() -> None:
        while not stop.is_set():
            most[0] = max(most[0], taken(weir))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    assert 0 < most[0] <= limit


def test_six_files_in_the_room_of_three(make_weir: Make, hub: TestHub, tmp_path: Path) -> None:
    weir = limited(make_weir)
    with watched(weir, THREE):
        for name in "abc":
            download(weir, hub, name, tmp_path)
        assert held(weir, hub) == "abc"
        download(weir, hub, "a", tmp_path)  # a hit: b was used longest ago now
        for name, expected in (("d", "acd"), ("e", "ade"), ("f", "def")):
            download(weir, hub, name, tmp_path)
            assert held(weir, hub) == expected
    store = weir.status()["store"]
    assert (store["bytes"], store["max_size"], store["reserved_bytes"]) == (THREE, THREE, 0)
    assert store["evicted"] == {"files": 3, "bytes": THREE}
    metrics = weir.metrics()
    assert metrics["weir_store_evicted_files_total"] == 3
    assert metrics["weir_store_max_size_bytes"] == THREE
    assert "removed to make room" in weir.run("status").stdout


def test_the_order_of_use_survives_a_restart(make_weir: Make, hub: TestHub, tmp_path: Path) -> None:
    weir = limited(make_weir)
    for name in "abca":
        download(weir, hub, name, tmp_path)
    weir.restart()
    download(weir, hub, "d", tmp_path)
    assert held(weir, hub) == "acd"


def test_first_in_first_out(make_weir: Make, hub: TestHub, tmp_path: Path) -> None:
    weir = limited(make_weir, eviction="fifo")
    for name in "abcad":
        download(weir, hub, name, tmp_path)
    assert held(weir, hub) == "bcd"


def test_a_partial_file_goes_first(make_weir: Make, hub: TestHub, tmp_path: Path) -> None:
    weir = limited(make_weir)
    download(weir, hub, "a", tmp_path)
    file = hub.file(repo_of("f"), PATH)
    part = get(weir, resolve(repo_of("f"), PATH), {"Range": "bytes=100-199"})
    assert (part.status, part.body) == (206, file.content.read(100, 100))
    partial = weir.store / "partial" / file.sha256
    assert partial.exists() and 200 <= weir.status()["store"]["partial_bytes"] <= MIB
    download(weir, hub, "b", tmp_path)
    assert partial.exists()
    download(weir, hub, "c", tmp_path)
    assert not partial.exists()
    assert held(weir, hub) == "abc"
    assert weir.status()["store"]["partial_bytes"] == 0


def test_a_file_that_is_being_sent_stays(make_weir: Make, hub: TestHub, tmp_path: Path) -> None:
    weir = limited(make_weir)
    download(weir, hub, "a", tmp_path)
    with weir.connect() as connection:
        connection.send_head("GET", resolve(repo_of("a"), PATH), {"Host": "huggingface.co"})
        response = connection.begin()
        begin = response.read(1000)
        for name in "bcd":
            download(weir, hub, name, tmp_path)
        assert held(weir, hub) == "acd"
        assert begin + response.read() == whole(hub.file(repo_of("a"), PATH))


def test_a_file_that_arrives_stays(make_weir: Make, hub: TestHub, tmp_path: Path) -> None:
    """Its bytes are reserved while it stands still, and it is not taken for a leftover."""
    weir = limited(make_weir)
    stall = hub.inject(host="*cdn*", stall_at=SIZE // 2)
    with weir.connect() as connection:
        connection.send_head("GET", resolve(repo_of("a"), PATH), {"Host": "huggingface.co"})
        response = connection.begin()
        assert stall.reached.wait(30)
        store = weir.status()["store"]
        assert store["partial_bytes"] + store["reserved_bytes"] == SIZE
        with watched(weir, THREE):
            for name in "bcd":
                download(weir, hub, name, tmp_path)
        assert held(weir, hub) == "cd"
        stall.release()
        assert response.read() == whole(hub.file(repo_of("a"), PATH))
    assert held(weir, hub) == "acd"


def test_a_part_of_a_vast_file_needs_the_room_of_that_part(make_weir: Make, hub: TestHub) -> None:
    weir = limited(make_weir, 2 * MIB)
    file = hub.file("acme/vast", PATH, "dataset")
    target = f"/datasets{resolve('acme/vast', PATH)}"
    for first in (0, 39_999_999_000):
        part = get(weir, target, {"Range": f"bytes={first}-{first + 99}"})
        assert (part.status, part.body) == (206, file.content.read(first, 100))
        assert weir.status()["store"]["partial_bytes"] <= 2 * MIB
    assert hub.lfs_bytes() <= 2 * MIB
    assert taken(weir) <= 2 * MIB


def test_a_pinned_repository_stays(make_weir: Make, hub: TestHub, tmp_path: Path) -> None:
    weir = limited(make_weir)
    download(weir, hub, "a", tmp_path)
    pinned = weir.run("pin", repo_of("a"), repo_of("b"))  # of b nothing is there yet
    assert (pinned.returncode, pinned.stdout) == (0, "pinned acme/a\npinned acme/b\n"), pinned.stderr
    for name in "bcd":
        download(weir, hub, name, tmp_path)
    assert held(weir, hub) == "abd"
    weir.restart()
    assert weir.run("pin").stdout == "acme/a\nacme/b\n"
    for name in "ef":
        download(weir, hub, name, tmp_path)
    assert held(weir, hub) == "abf"
    assert weir.run("unpin", repo_of("a")).stdout == "unpinned acme/a\n"
    download(weir, hub, "c", tmp_path)
    assert held(weir, hub) == "bcf"


def test_a_pinned_revision_is_the_commit_that_the_hub_names(make_weir: Make, hub: TestHub, tmp_path: Path) -> None:
    """Clients ask what main is and then for the files of that commit."""
    weir = limited(make_weir)
    assert weir.run("pin", "acme/a@main").returncode == 0
    info = json.loads(get(weir, "/api/models/acme/a/revision/main").body)
    assert get(weir, resolve(repo_of("a"), PATH, info["sha"])).body == whole(hub.file(repo_of("a"), PATH))
    for name in "bcde":
        download(weir, hub, name, tmp_path)
    assert held(weir, hub) == "ade"


def test_pins_without_a_proxy(make_weir: Make, hub: TestHub, tmp_path: Path) -> None:
    weir = limited(make_weir)
    for name in "abc":
        download(weir, hub, name, tmp_path)
    weir.stop()
    assert weir.run("pin", "acme/a@main", "datasets/acme/vast").returncode == 0
    again = weir.run("pin", "models/acme/a@main")
    assert (again.returncode, again.stdout) == (0, "already pinned: acme/a@main\n")
    assert weir.run("pin").stdout == "acme/a@main\ndatasets/acme/vast\n"
    assert weir.run("unpin", "acme/b").stdout == "not pinned: acme/b\n"
    wrong = weir.run("pin", "a/b/c")
    assert wrong.returncode == 2 and "datasets/org/name" in wrong.stderr
    assert weir.run("gc", "--max-size", str(2 * SIZE)).returncode == 0
    assert held(weir, hub) == "ac"


COMMANDS = (["gc"], ["gc", "--dry-run"], ["rm", "acme/a"], ["pin"], ["pin", "acme/a"], ["unpin", "acme/a"])


@pytest.mark.parametrize("command", COMMANDS, ids="_".join)
def test_a_folder_without_a_store_stays_as_it_is(idle: Weir, tmp_path: Path, command: list[str]) -> None:
    somebody_elses = tmp_path / "etc"
    somebody_elses.mkdir()
    (somebody_elses / "passwd").touch()
    for store in (tmp_path / "typo", somebody_elses):
        done = idle.run(*command, "--store", str(store))
        said = f"there is no store in {store}: " in done.stderr and "--store" in done.stderr
        assert (done.returncode, said) == (2, True), done
    assert not (tmp_path / "typo").exists()
    assert [path.name for path in somebody_elses.iterdir()] == ["passwd"]


def test_a_pin_may_come_before_the_first_download(idle: Weir) -> None:
    """Into the store of the configuration, where the files will come.  There is nothing to take from that yet."""
    assert (idle.run("pin").returncode, idle.run("pin").stdout) == (0, "")
    for command in (["gc"], ["rm", "acme/a"], ["unpin", "acme/a"]):
        assert idle.run(*command).returncode == 2
    assert not idle.store.exists()
    assert idle.run("pin", "acme/a").stdout == "pinned acme/a\n"
    with idle:
        assert idle.run("pin").stdout == "acme/a\n"


def test_many_pins_at_once(idle: Weir) -> None:
    """Each takes the store for itself."""
    repos = [f"acme/{number}" for number in range(6)]
    with ThreadPoolExecutor(len(repos)) as pool:
        for done in pool.map(lambda repo: idle.run("pin", repo), repos):
            assert done.returncode == 0, done.stderr
    assert idle.run("pin").stdout.split() == sorted(repos)


def test_a_pin_waits_for_a_proxy_that_ends(idle: Weir) -> None:
    """It holds the store still, but takes no request any more."""
    idle.store.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as port, (idle.store / "lock").open("wb", buffering=0) as lock:
        lock.write(f"pid {os.getpid()}\naddress 127.0.0.1:{port.getsockname()[1]}\n".encode())
        whole_file = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
        fcntl.fcntl(lock, fcntl.F_OFD_SETLK, whole_file)
        with ThreadPoolExecutor(1) as pool:
            pinned = pool.submit(idle.run, "pin", "acme/a")
            port.accept()[0].close()
            port.close()
            lock.close()
            assert pinned.result().stdout == "pinned acme/a\n", pinned.result().stderr


@pytest.mark.parametrize("running", [True, False])
def test_gc(make_weir: Make, hub: TestHub, tmp_path: Path, running: bool) -> None:
    weir = limited(make_weir, 0)
    for name in "abc":
        download(weir, hub, name, tmp_path)
    get(weir, resolve(repo_of("d"), PATH), {"Range": "bytes=0-99"})
    if not running:
        weir.stop()
    before = sorted(path for path in weir.store.rglob("*") if path.name not in ("index.db-wal", "index.db-shm"))
    assert weir.run("gc").stdout == "removed 0 files, 0 B\n"
    planned = weir.run("gc", "--dry-run", "--max-size", str(SIZE))
    assert planned.returncode == 0, planned.stderr
    assert held(weir, hub) == "abc"
    assert set(before) <= set(weir.store.rglob("*"))
    assert "would remove 3 files" in planned.stdout
    done = weir.run("gc", "--max-size", str(SIZE))
    assert done.returncode == 0, done.stderr
    assert held(weir, hub) == "c"
    assert not list((weir.store / "partial").iterdir())
    assert done.stdout == planned.stdout.replace("would remove", "removed")
    assert f"acme/a main {PATH}" in done.stdout and hub.file(repo_of("d"), PATH).sha256 in done.stdout
    as_json = json.loads(weir.run("gc", "--json", "--max-size", "1").stdout)
    assert (as_json["count"], as_json["bytes"], as_json["short_by"]) == (1, SIZE, 0)
    assert as_json["blobs"] == [{"sha256": hub.file(repo_of("c"), PATH).sha256, "size": SIZE}]


def test_gc_says_what_cannot_go(make_weir: Make, hub: TestHub, tmp_path: Path) -> None:
    weir = limited(make_weir, 0)
    download(weir, hub, "a", tmp_path)
    assert weir.run("pin", repo_of("a")).returncode == 0
    assert "pinned" in weir.run("gc", "--max-size", "1MiB").stdout
    assert held(weir, hub) == "a"


def test_a_lowered_limit_holds_after_the_start(make_weir: Make, hub: TestHub, tmp_path: Path) -> None:
    weir = limited(make_weir, 0)
    for name in "abc":
        download(weir, hub, name, tmp_path)
    weir.config_file.write_text(weir.config_file.read_text().replace("max_size = 0", f"max_size = {2 * SIZE}"))
    weir.restart()
    assert "removed 1 file," in weir.run("gc").stdout
    assert held(weir, hub) == "bc"


@needs_faketime
def test_the_schedule_collects(idle: Weir, hub: TestHub, tmp_path: Path) -> None:
    """Without any need for room: once its time has come."""
    clock = Clock(idle)
    idle.configure({"store": {"min_free": 0}})
    with idle:
        for name in "abc":
            download(idle, hub, name, tmp_path)
    idle.configure({"store": {"max_size": SIZE, "min_free": 0, "gc_schedule": ["03:00"]}})
    with idle:
        assert held(idle, hub) == "abc"
        clock.set(1)
        deadline = time.monotonic() + 60
        while f"the scheduled collection removed 2 files, {2 * SIZE} bytes" not in idle.log():
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert held(idle, hub) == "c"


def test_no_web_page_can_change_the_store(make_weir: Make, hub: TestHub, tmp_path: Path) -> None:
    weir = limited(make_weir)
    download(weir, hub, "a", tmp_path)

    def ask(target: str, method: str = "POST", **headers: str) -> int:
        fields = {"Host": "127.0.0.1", **{name.replace("_", "-"): value for name, value in headers.items()}}
        with Connection.plain(("127.0.0.1", weir.port)) as connection:
            return connection.request(method, target, fields).status

    for page in ("/-/gc?max_size=1", "/-/pins/add?repo=acme/a", "/-/pins/remove?repo=acme/a"):
        assert ask(page) == 403
        assert ask(page, Weir_Command="1", Origin="https://example.org") == 403
        assert ask(page, Weir_Command="1", Host="example.org") == 403
        assert ask(page, "GET") == 405
        assert ask(page, "OPTIONS", Origin="https://example.org") == 405
    assert held(weir, hub) == "a"
    assert ask("/-/gc?max_size=x", Weir_Command="1") == 400
    assert ask("/-/pins/add?repo=", Weir_Command="1") == 400
    assert ask("/-/pins/add?repo=acme%2Fa", Weir_Command="1") == 200
    assert json.loads(weir.admin("/-/pins")[1]) == {"pins": ["acme/a"]}


def test_free_space_is_left(make_weir: Make, hub: TestHub, tmp_path: Path) -> None:
    """More is to be left free than there is: what nobody uses goes, and what cannot be stored is still served."""
    weir = limited(make_weir, 0)
    download(weir, hub, "a", tmp_path)
    weir.config_file.write_text(weir.config_file.read_text().replace("min_free = 0", 'min_free = "1024TiB"'))
    weir.restart()
    assert "removed 1 file," in weir.run("gc").stdout
    assert held(weir, hub) == ""
    for name in "ab":
        download(weir, hub, name, tmp_path)
    weir.rest()
    assert (weir.objects(), taken(weir)) == ([], 0)
