# SPDX-License-Identifier: Apache-2.0
"""What happens to files in the store behind Weir's back: nothing wrong is served whole, what is right is kept, and
the rest is fetched again."""

import hashlib
import http.client
import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from files import CDN, GATED, MEDIUM, TINY, WEIGHTS, bearer, get, hold, is_no_file, resolve, whole
from harness import Weir
from hub import ALICE, File, TestHub


def touched(path: Path, _: Path) -> None:
    os.utime(path)


def replaced_by_a_copy(path: Path, _: Path) -> None:
    copy = path.with_name("copy")
    shutil.copyfile(path, copy)
    copy.rename(path)


def flipped(path: Path, _: Path) -> None:
    """Size and mtime stay; ctime tells."""
    times = (path.stat().st_atime_ns, path.stat().st_mtime_ns)
    path.chmod(0o600)
    with path.open("r+b") as file:
        first = file.read(1)
        file.seek(0)
        file.write(bytes([first[0] ^ 1]))
    os.utime(path, ns=times)


def shorter(path: Path, _: Path) -> None:
    path.chmod(0o600)
    os.truncate(path, path.stat().st_size // 2 + 1)


def longer(path: Path, _: Path) -> None:
    path.chmod(0o600)
    with path.open("ab") as file:
        file.write(b"more")


def a_link(path: Path, outside: Path) -> None:
    path.rename(outside)
    path.symlink_to(outside)


def a_second_name(path: Path, outside: Path) -> None:
    os.link(path, outside)


def a_folder(path: Path, _: Path) -> None:
    path.unlink()
    path.mkdir()


def gone(path: Path, _: Path) -> None:
    path.unlink()


@dataclass(frozen=True)
class Damage:
    apply: Callable[[Path, Path], None]
    quarantined: int  # files
    fetched: float  # of the file's bytes, in all
    first_is_whole: bool = True


DAMAGES = [
    Damage(touched, 0, 0),
    Damage(replaced_by_a_copy, 0, 0),
    Damage(flipped, 1, 1, first_is_whole=False),
    Damage(shorter, 0, 0.5),
    Damage(longer, 1, 1),
    Damage(a_link, 1, 1),
    Damage(a_second_name, 1, 1),
    Damage(a_folder, 1, 1),
    Damage(gone, 0, 1),
]


def quarantined(weir: Weir) -> list[Path]:
    return list((weir.store / "quarantine").iterdir())


def assert_sound(weir: Weir) -> None:
    """Every object is what its name says."""
    for path in weir.objects():
        assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name


@pytest.mark.parametrize("running", [True, False], ids=["running", "stopped"])
@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.apply.__name__)
def test_a_file_that_was_changed(weir: Weir, hub: TestHub, tmp_path: Path, damage: Damage, running: bool) -> None:
    file = hold(weir, hub)
    (stored,) = weir.objects()
    if not running:
        weir.stop()
    damage.apply(stored, tmp_path / "outside")
    if not running:
        weir.start()
    first = get(weir, resolve())
    if damage.first_is_whole:
        assert (first.status, first.complete, first.body == whole(file)) == (200, True, True)
    else:
        assert is_no_file(first)
    second = get(weir, resolve())
    assert (second.status, second.complete, second.body == whole(file)) == (200, True, True)
    assert hub.lfs_bytes() == round(file.size * damage.fetched)
    assert len(quarantined(weir)) == damage.quarantined
    assert [path.name for path in weir.objects()] == [file.sha256]
    assert_sound(weir)
    hub.log.reset()
    assert get(weir, resolve()).body == whole(file)
    assert hub.lfs_bytes() == 0


def test_a_changed_file_is_served_while_it_is_hashed(weir: Weir, hub: TestHub) -> None:
    """All but its end: a range that does not reach it is answered whatever the bytes turn out to be."""
    file = hold(weir, hub, MEDIUM)
    (stored,) = weir.objects()
    touched(stored, stored)
    inner = get(weir, resolve(MEDIUM), {"Range": "bytes=1000-1999"})
    assert (inner.status, inner.body) == (206, whole(file)[1000:2000])
    assert get(weir, resolve(MEDIUM)).body == whole(file)
    assert hub.lfs_bytes() == 0


@pytest.mark.parametrize("running", [True, False])
def test_a_folder_elsewhere_is_never_followed(weir: Weir, hub: TestHub, tmp_path: Path, running: bool) -> None:
    """A folder of the store that was replaced by a link leads nowhere."""
    file = hold(weir, hub)
    (stored,) = weir.objects()
    outside = tmp_path / "outside"
    if not running:
        weir.stop()
    stored.parent.rename(outside)
    stored.parent.symlink_to(outside)
    if not running:
        weir.start()
    weir.run("rm", TINY)
    hub.log.reset()
    assert get(weir, resolve()).body == whole(file)
    assert hub.lfs_bytes() == file.size
    assert [path.name for path in outside.iterdir()] == [stored.name]
    assert_stored_right(weir, file)
    assert not stored.parent.is_symlink()


# --- the index, the catalog and the version


PAGE = 4096


def spoil_database(path: Path, how: str) -> None:
    if how == "garbage":
        path.write_bytes(b"garbage" * 1000)
    elif how == "gone":
        path.unlink()
    elif how == "overwritten":  # pages in its middle: the first one and the last one stay
        middle = path.stat().st_size - 2 * PAGE
        assert middle >= PAGE
        with path.open("r+b") as file:
            file.seek(PAGE)
            file.write(b"\xff" * middle)
    else:
        database = sqlite3.connect(path)
        database.execute("PRAGMA user_version = 999")
        database.close()


@pytest.mark.parametrize("how", ["garbage", "overwritten", "newer", "gone"])
@pytest.mark.parametrize("name", ["index.db", "catalog.db", "metadata.db"])
def test_a_database_that_cannot_be_used(weir: Weir, hub: TestHub, name: str, how: str) -> None:
    """It is set aside, kept, and made anew; no body is fetched for it."""
    file = hold(weir, hub)
    weir.stop()
    spoil_database(weir.store / name, how)
    weir.start()
    assert get(weir, resolve()).body == whole(file)
    assert hub.lfs_bytes() == 0
    kept = [path for path in weir.store.iterdir() if "damaged" in path.name or "set-aside" in path.name]
    assert len(kept) == (0 if how == "gone" else 1)
    assert weir.log().count("set aside") == len(kept)


@pytest.mark.parametrize(
    ("version", "sentence"),
    [("weir-store 999\n", 'a store of the format "weir-store 999"'), ("garbage", "garbage"), (None, "no version file")],
)
def test_a_format_that_is_not_known(weir: Weir, hub: TestHub, version: str | None, sentence: str) -> None:
    hold(weir, hub)
    weir.stop()
    (stored,) = weir.objects()
    path = weir.store / "version"
    path.unlink()
    if version is not None:
        path.write_text(version)
    done = weir.run("serve")
    assert done.returncode != 0
    assert sentence in done.stderr
    assert "another folder" in done.stderr
    assert weir.objects() == [stored]


def test_a_second_owner(weir: Weir) -> None:
    done = weir.run("serve")
    assert done.returncode != 0
    assert f"held by process {weir.pid}" in done.stderr
    assert f"127.0.0.1:{weir.port}" in done.stderr
    assert weir.healthy()


# --- the scrub


def wait_for_rounds(weir: Weir, count: int) -> None:
    while weir.log().count("the scrub has been through") < count:
        assert weir.healthy()


def test_the_scrub_finds_what_nobody_asks_for(make_weir: Callable[..., Weir], hub: TestHub) -> None:
    weir = make_weir({"store": {"scrub": "1GiB", "scrub_every": "1s"}})
    file = hold(weir, hub)
    other = hold(weir, hub, MEDIUM)
    flipped(weir.store / "objects" / file.sha256[:2] / file.sha256[2:4] / file.sha256, weir.store)
    wait_for_rounds(weir, weir.log().count("the scrub has been through") + 2)
    assert [path.name.split(".")[0] for path in quarantined(weir)] == [file.sha256]
    assert [path.name for path in weir.objects()] == [other.sha256]
    assert f"the bytes of {file.sha256} have changed" in weir.log()
    assert weir.metrics()['weir_store_verified_total{verdict="wrong"}'] == 1
    assert get(weir, resolve()).body == whole(file)


def test_the_scrub_can_be_switched_off(make_weir: Callable[..., Weir]) -> None:
    weir = make_weir({"store": {"scrub": 0, "scrub_every": "1ms"}})
    weir.stop()
    assert not (weir.store / "scrub").exists()
    assert "the scrub" not in weir.log()


# --- weir verify


@pytest.fixture(params=["with a server", "without"])
def with_server(request: pytest.FixtureRequest) -> bool:
    return request.param == "with a server"


def flip_stored(weir: Weir, file: File) -> None:
    flipped(weir.store / "objects" / file.sha256[:2] / file.sha256[2:4] / file.sha256, weir.store)


def test_verify_a_sound_store(weir: Weir, hub: TestHub, with_server: bool) -> None:
    hold(weir, hub)
    hold(weir, hub, MEDIUM)
    if not with_server:
        weir.stop()
    done = weir.run("verify")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "2 blobs, 54.5 MB: all right\n"


def test_verify_finds_damage(weir: Weir, hub: TestHub, with_server: bool) -> None:
    file = hold(weir, hub)
    other = hold(weir, hub, MEDIUM)
    flip_stored(weir, file)
    if not with_server:
        weir.stop()
    done = weir.run("verify", "--json")
    assert done.returncode == 1, done.stderr
    report = json.loads(done.stdout)
    assert report["blobs"] == 2
    (finding,) = report["findings"]
    assert (finding["sha256"], finding["verdict"], finding["repair"]) == (file.sha256, "wrong", None)
    assert finding["names"] == [{"repo": TINY, "revision": "main", "path": WEIGHTS}]
    assert len(quarantined(weir)) == 1
    assert [path.name for path in weir.objects()] == [other.sha256]
    assert weir.run("verify").returncode == 0
    if not with_server:
        weir.start()
    assert get(weir, resolve()).body == whole(file)


def test_verify_fixes_damage(weir: Weir, hub: TestHub, with_server: bool) -> None:
    file = hold(weir, hub)
    flip_stored(weir, file)
    if not with_server:
        weir.stop()
    done = weir.run("verify", "--fix")
    assert done.returncode == 1, done.stderr
    assert "in quarantine; fetched again" in done.stdout
    assert hub.lfs_bytes() == file.size
    done = weir.run("verify")
    assert done.stdout == "1 blob, 12.6 MB: all right\n"


def test_verify_fixes_what_was_found_before(weir: Weir, hub: TestHub, with_server: bool) -> None:
    file = hold(weir, hub)
    flip_stored(weir, file)
    if not with_server:
        weir.stop()
    assert weir.run("verify").returncode == 1
    assert weir.objects() == []
    done = weir.run("verify", "--fix")
    assert (done.returncode, "in quarantine; fetched again" in done.stdout) == (1, True), done.stdout
    assert WEIGHTS in done.stdout
    done = weir.run("verify", "--fix")
    assert (done.returncode, done.stdout) == (0, "1 blob, 12.6 MB: all right\n")


def test_verify_without_a_store(weir: Weir, hub: TestHub, tmp_path: Path) -> None:
    """A job that runs every day is not to say for ever that all is right."""
    hold(weir, hub)
    weir.stop()
    (tmp_path / "file").touch()
    for store in (tmp_path / "typo", tmp_path / "file"):
        for options in ([], ["--fix"], ["--json"]):
            done = weir.run("verify", "--store", str(store), *options)
            said = f"there is no store in {store}: " in done.stderr and "--store" in done.stderr
            assert (done.returncode, said) == (2, True), done
    assert not (tmp_path / "typo").exists()


def test_verify_fixes_a_gated_file_with_a_token_alone(weir: Weir, hub: TestHub) -> None:
    file = hold(weir, hub, GATED, headers=bearer(ALICE))
    flip_stored(weir, file)
    done = weir.run("verify", "--fix")
    assert (done.returncode, "set HF_TOKEN" in done.stdout) == (1, True), done.stdout
    assert get(weir, resolve(GATED), bearer(ALICE)).body == whole(file)
    flip_stored(weir, file)
    done = weir.run("verify", "--fix", environment={**weir.environment, "HF_TOKEN": ALICE})
    assert "fetched again\n" in done.stdout
    assert ALICE not in weir.log() + done.stdout + done.stderr
    for path in weir.store.rglob("*"):
        assert not path.is_file() or ALICE.encode() not in path.read_bytes(), path


def test_verify_in_parts(weir: Weir, hub: TestHub) -> None:
    for number in range(0, 30, 3):
        hold(weir, hub, "acme/many-files", f"shard-{number:05}.bin")
    counts = [json.loads(weir.run("verify", "--json", "--sample", f"{part}/3").stdout)["blobs"] for part in (1, 2, 3)]
    assert sum(counts) == 10
    assert json.loads(weir.run("verify", "--json", "--sample", "20%").stdout)["blobs"] == 2
    for wrong in ("0%", "101%", "x", "0/3", "4/3", "1/0", "%"):
        assert weir.run("verify", "--sample", wrong).returncode == 2, wrong


def test_verify_is_for_this_machine_and_no_web_page(weir: Weir, hub: TestHub) -> None:
    file = hold(weir, hub)
    page = f"/-/verify?sha256={file.sha256}"

    def ask(method: str, headers: dict[str, str]) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", weir.port, timeout=30)
        connection.request(method, page, headers=headers)
        return connection.getresponse().status

    command = {"Weir-Command": "1", "Content-Length": "0"}
    assert ask("POST", command) == 200
    assert ask("GET", command) == 405
    assert ask("POST", {"Content-Length": "0"}) == 403
    assert ask("POST", {**command, "Origin": "https://example.com"}) == 403


# --- while it is filled


@pytest.mark.parametrize("damage", ["shorter", "changed"])
def test_a_partial_blob_that_somebody_changes_while_it_is_filled(weir: Weir, hub: TestHub, damage: str) -> None:
    file = hub.file(MEDIUM, WEIGHTS)
    held = 30_000_000
    stall = hub.inject(host=CDN, stall_at=held)
    with weir.connect() as connection:
        connection.send_head("GET", resolve(MEDIUM), {"Host": "huggingface.co"})
        response = connection.begin()
        begun = response.read(held)  # all of it, so that Weir is not at a write of its own meanwhile
        partial = weir.store / "partial" / file.sha256
        if damage == "shorter":
            os.truncate(partial, 10_000_000)
        else:
            with partial.open("r+b") as bytes_of_it:
                bytes_of_it.seek(5_000_000)
                bytes_of_it.write(bytes(4))
        os.utime(partial, (1, 1))  # another time than that of the write before, whatever the clock's steps are
        stall.release()
        assert not connection.read_rest(response, begun).complete
    assert weir.objects() == []
    assert get(weir, resolve(MEDIUM)).body == whole(file)
    assert_stored_right(weir, file)


def test_a_partial_blob_that_grew_at_rest(weir: Weir, hub: TestHub) -> None:
    """Beyond the file's size: no client sees it, and it does not keep the file out of the store."""
    file = hub.file(TINY, WEIGHTS)
    get(weir, resolve(), {"Range": "bytes=0-5999999"})
    weir.rest()
    weir.stop()
    with (weir.store / "partial" / file.sha256).open("ab") as partial:
        partial.write(bytes(20_000_000))
    weir.start()
    assert get(weir, resolve()).body == whole(file)
    weir.rest()
    assert get(weir, resolve()).body == whole(file)
    assert_stored_right(weir, file)


def assert_stored_right(weir: Weir, file: File) -> None:
    weir.rest()
    assert [path.name for path in weir.objects()] == [file.sha256]
    assert [hashlib.sha256(path.read_bytes()).hexdigest() for path in weir.objects()] == [file.sha256]


# --- what the store needs


@pytest.mark.parametrize("folder", ["partial", "objects", "tmp", "quarantine"])
def test_a_folder_that_goes_comes_back(weir: Weir, hub: TestHub, folder: str) -> None:
    """At the latest when somebody has noticed that it is missing."""
    file = hub.file(TINY, WEIGHTS)
    hold(weir, hub, path="nested/part-00001.bin")
    shutil.rmtree(weir.store / folder)
    hub.inject(host=CDN, flip_at=5000)
    assert is_no_file(get(weir, resolve()))
    for _ in range(2):
        assert get(weir, resolve()).body == whole(file)
        weir.rest()
    assert file.sha256 in [path.name for path in weir.objects()]
    assert json.loads(weir.admin("/-/health")[1])["status"] == "ok"


def intrude(path: Path, kind: str) -> None:
    path.unlink(missing_ok=True)
    if kind == "folder":
        path.mkdir()
        (path / "something").touch()
    elif kind == "link":
        path.symlink_to(path.parent / "nowhere")
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.write_bytes(b"{ gar bage\n" * 100)


DATABASES = ["index.db", "catalog.db", "metadata.db", "index.db-wal", "catalog.db-wal", "metadata.db-shm"]


@pytest.mark.parametrize("kind", ["folder", "link", "pipe"])
@pytest.mark.parametrize("name", DATABASES)
def test_something_else_in_the_place_of_a_database(weir: Weir, hub: TestHub, name: str, kind: str) -> None:
    file = hold(weir, hub)
    weir.stop()
    intrude(weir.store / name, kind)
    weir.start()
    hub.log.reset()
    assert get(weir, resolve()).body == whole(file)
    assert hub.lfs_bytes() == 0
    assert not (weir.store / "nowhere").exists()


@pytest.mark.parametrize("kind", ["folder", "link", "pipe", "garbage"])
def test_small_files_that_cannot_be_used(weir: Weir, hub: TestHub, kind: str) -> None:
    """None of them is worth a start: they are made anew."""
    file = hold(weir, hub)
    weir.stop()
    made = [weir.store / "boot", weir.store / "asker.key", weir.ca_folder / "installation"]
    for path in [*made, weir.store / "scrub"]:
        intrude(path, kind)
    weir.start()
    hub.log.reset()
    assert get(weir, resolve()).body == whole(file)
    assert hub.lfs_bytes() == 0
    assert all(path.is_file() and not path.is_symlink() for path in made)
    assert "asker.key.set-aside" in weir.log()


@pytest.mark.parametrize("kind", ["folder", "link", "pipe"])
def test_something_else_in_the_place_of_the_version(weir: Weir, kind: str) -> None:
    weir.stop()
    intrude(weir.store / "version", kind)
    done = weir.run("serve")
    assert done.returncode != 0
    assert "put a file there with the line weir-store 1" in done.stderr


@pytest.mark.parametrize("kind", ["folder", "link", "pipe", "garbage"])
def test_pins_that_cannot_be_read(weir: Weir, hub: TestHub, kind: str) -> None:
    """Who is not told would find out when the store is full."""
    hold(weir, hub)
    weir.stop()
    intrude(weir.store / "pins", kind)
    weir.start()
    sentence = "correct the file or move it away; until then nothing is removed from the store"
    assert str(weir.store / "pins") in weir.log() and sentence in weir.log()
    done = weir.run("gc", "--max-size", "1")
    assert done.returncode != 0
    assert sentence in done.stdout + done.stderr
    assert len(weir.objects()) == 1


@pytest.mark.parametrize("kind", ["folder", "pipe", "garbage"])
def test_peers_that_cannot_be_read(weir: Weir, kind: str) -> None:
    weir.stop()
    intrude(weir.ca_folder / "peers.json", kind)
    weir.start()
    assert f"no peer is known: {weir.ca_folder / 'peers.json'}" in weir.log()
