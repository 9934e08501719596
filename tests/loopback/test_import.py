# SPDX-License-Identifier: Apache-2.0
"""weir import: what huggingface_hub keeps, taken in and served without fetching it again."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from files import TINY, WEIGHTS, get, resolve, whole
from harness import Weir
from hub import TestHub

CONFIG = "config.json"
Make = Callable[..., Weir]


class HubFolder:
    """A folder as huggingface_hub makes it, with all files of the tiny model."""

    def __init__(self, root: Path, hub: TestHub) -> None:
        self.root = root
        self.repo = root / f"models--{TINY.replace('/', '--')}"
        self.commit = hub.repo(TINY).main.sha
        self.snapshot = self.repo / "snapshots" / self.commit
        self.files = hub.repo(TINY).main.files
        for path, file in self.files.items():
            blob = self.repo / "blobs" / self.hash_of(path)
            blob.parent.mkdir(parents=True, exist_ok=True)
            blob.write_bytes(whole(file))
            link = self.snapshot / path
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(os.path.relpath(blob, link.parent))
        (self.repo / "refs").mkdir()
        (self.repo / "refs" / "main").write_text(self.commit)
        (root / "version.txt").write_text("1")

    def hash_of(self, path: str) -> str:
        file = self.files[path]
        return file.sha256 if file.lfs else file.oid

    def blob(self, path: str) -> Path:
        return self.repo / "blobs" / self.hash_of(path)


@pytest.fixture
def folder(tmp_path: Path, hub: TestHub) -> HubFolder:
    return HubFolder(tmp_path / "hub", hub)


def fetched(weir: Weir, hub: TestHub, paths: list[str]) -> float:
    """Downloads these through a running weir, compares them, and says how many bodies the hub gave for that."""
    files = hub.repo(TINY).main.files
    for path in paths:
        reply = get(weir, resolve(path=path))
        if reply.status == 307:
            reply = get(weir, reply.header("Location") or "")
        assert (reply.status, reply.body) == (200, whole(files[path])), path
    return sum(hub.lfs_bodies(files[path]) + hub.regular_bodies(files[path]) for path in paths)


def test_what_was_imported_is_not_fetched_again(idle: Weir, hub: TestHub, folder: HubFolder) -> None:
    done = idle.run("import", folder.root)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert f"{len(folder.files)} files named" in done.stdout and "skipped" not in done.stdout
    again = idle.run("import", environment={**idle.environment, "HF_HUB_CACHE": str(folder.root)})
    assert again.stdout.startswith("imported 0 blobs, 0 B;") and again.returncode == 0
    listed = json.loads(idle.run("ls", "--json", "--repo", f"{TINY}@main").stdout)
    assert {each["path"] for each in listed} == set(folder.files)
    hub.log.reset()
    with idle:
        assert fetched(idle, hub, list(folder.files)) == 0
        assert fetched(idle, hub, list(folder.files)) == 0
    assert idle.run("verify").returncode == 0


def test_the_hub_is_asked_before_a_file_is_given(idle: Weir, hub: TestHub, folder: HubFolder) -> None:
    """A link that leads to another file's blob makes that blob nobody's: the hub does not confirm it."""
    link = folder.snapshot / CONFIG
    other = next(path for path, file in folder.files.items() if not file.lfs and path != CONFIG)
    link.unlink()
    link.symlink_to(os.path.relpath(folder.blob(other), link.parent))
    assert idle.run("import", folder.root).returncode == 0
    with idle:
        assert fetched(idle, hub, [CONFIG]) == 1


def test_damaged_files_stay_outside(idle: Weir, hub: TestHub, folder: HubFolder) -> None:
    weights, config = folder.blob(WEIGHTS), folder.blob(CONFIG)
    damaged = bytearray(weights.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    weights.write_bytes(damaged)
    config.write_bytes(config.read_bytes()[:-1])
    done = idle.run("import", folder.root)
    assert done.returncode == 1
    assert f"not imported: {weights}: its sha256 is " in done.stdout
    assert f"not imported: {config}: its git id is " in done.stdout
    assert "2 blobs not imported" in done.stdout
    held = {path.name for path in idle.objects()}
    assert folder.files[WEIGHTS].sha256 not in held
    assert len(held) == len({file.sha256 for file in folder.files.values()}) - 2
    assert not list((idle.store / "tmp").iterdir()) and not list((idle.store / "quarantine").iterdir())
    with idle:
        assert fetched(idle, hub, [WEIGHTS, CONFIG]) == 2


def test_odd_entries_are_skipped(idle: Weir, hub: TestHub, folder: HubFolder, tmp_path: Path) -> None:
    secret = tmp_path / ("0" * 64)
    secret.write_text("not the hub's")
    (folder.snapshot / "leaves.bin").symlink_to(secret)
    (folder.repo / "blobs" / ("a" * 64)).symlink_to(secret)
    (folder.snapshot / "twice.bin").symlink_to(folder.repo / "blobs" / ("a" * 64))
    (folder.snapshot / "dangling.bin").symlink_to("../../blobs/" + "b" * 64)
    (folder.repo / "blobs" / ("c" * 64 + ".incomplete")).write_bytes(b"half")
    (folder.repo / "snapshots" / "not-a-commit").mkdir()
    (folder.repo / "snapshots" / "not-a-commit" / "a.bin").write_bytes(b"a")
    (folder.repo / "refs" / "odd").write_text("no commit")
    os.mkfifo(folder.snapshot / "pipe")
    (folder.root / "models--a--b--c--d").mkdir()
    (folder.root / "models--acme--linked").symlink_to(folder.repo)
    done = idle.run("import", folder.root)
    assert done.returncode == 0, done.stderr
    assert "skipped 10 things: " in done.stdout
    assert f"; {len(folder.files)} files named" in done.stdout
    assert len(idle.objects()) == len({file.sha256 for file in folder.files.values()})


def test_files_in_place_of_links(idle: Weir, hub: TestHub, folder: HubFolder) -> None:
    """Where links cannot be made, the snapshot has the files themselves."""
    for path in folder.files:
        link = folder.snapshot / path
        link.unlink()
        shutil.move(folder.blob(path), link)
    assert idle.run("import", folder.root).returncode == 0
    with idle:
        assert fetched(idle, hub, list(folder.files)) == 0


def test_what_does_not_fit_is_not_begun(idle: Weir, folder: HubFolder) -> None:
    idle.configure({"store": {"max_size": "1MiB", "min_free": 0}})
    done = idle.run("import", folder.root)
    assert done.returncode == 1 and "do not fit into store.max_size" in done.stderr
    assert not idle.objects()


def test_wrong_folders_and_a_store_in_use(make_weir: Make, folder: HubFolder, tmp_path: Path) -> None:
    weir = make_weir()
    busy = weir.run("import", folder.root)
    assert busy.returncode == 1 and f"process {weir.pid} serves the store" in busy.stderr
    weir.stop()
    for wrong in (tmp_path / "nothing", folder.repo):
        done = weir.run("import", wrong)
        assert done.returncode in (1, 2) and str(wrong) in done.stderr
