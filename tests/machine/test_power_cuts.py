# SPDX-License-Identifier: Apache-2.0
"""The power goes in the middle of downloads: nothing wrong is in the store afterwards, and whatever was downloaded
before is there or comes again right.  WEIR_POWER_CUTS says how often, WEIR_SEED repeats what chance did."""

import json
import logging
import os
import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

import pytest

from guest import STORE_DISK, Guest
from hub import File, Generated, Repo, TestHub, large
from service import STATE, Service, is_hit, is_right

ROUNDS = int(os.environ.get("WEIR_POWER_CUTS") or 3)
SEED = int(os.environ.get("WEIR_SEED") or random.randrange(1 << 32))
CLIENTS = 4
FILES = 16
SIZES = (10_000, 100_000, 500_000, 2_000_000, 5_000_000)
RATE = "6MB"  # so that a round's files do not come all at once
LONGEST = 1.0  # from a finished download to the cut
PATIENCE = 120.0
FORMATS = {
    # Names reach the disk each second, and, without auto_da_alloc, before the bytes unless somebody asks for them.
    "ext4": (f"mkfs.ext4 -q {STORE_DISK}", f"mount -o noauto_da_alloc,commit=1 {STORE_DISK} {STATE}"),
    "xfs": (f"mkfs.xfs -q {STORE_DISK}", f"mount {STORE_DISK} {STATE}"),
}
said = logging.getLogger(__name__).info


@dataclass
class Tally:
    cuts: int = 0
    during: int = 0  # cuts while downloads ran
    finished: int = 0  # downloads that clients had whole before a cut
    there: int = 0  # ... and that the store still had
    again: int = 0  # ... and that came from the hub again
    right: int = 0  # downloads after a cut
    verified: int = 0  # files that weir verify read


class Load:
    """Clients that download the files of a repository until all are there or the power has gone."""

    def __init__(self, service: Service, hub: TestHub, repo: str, ca_file: Path) -> None:
        self.finished: list[str] = []
        self.wrong: list[str] = []
        self._service, self._hub, self._repo, self._ca_file = service, hub, repo, ca_file
        self._waiting = sorted(files_of(hub, repo))
        self._changed = threading.Condition()
        self._threads = [threading.Thread(target=self._run) for _ in range(CLIENTS)]
        for thread in self._threads:
            thread.start()

    def _run(self) -> None:
        while self._waiting:
            try:
                path = self._waiting.pop()
                reply = self._service.get(self._repo, path, self._ca_file)
            except (OSError, HTTPException, IndexError):
                return
            if not reply.complete:
                return
            right = is_right(reply, self._hub.file(self._repo, path))
            with self._changed:
                (self.finished if right else self.wrong).append(path)
                self._changed.notify()

    def wait_for(self, count: int) -> None:
        """Until so many downloads have finished."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.finished) >= count or bool(self.wrong), PATIENCE)

    @property
    def runs(self) -> bool:
        return any(thread.is_alive() for thread in self._threads)

    def end(self) -> None:
        for thread in self._threads:
            thread.join()


def files_of(hub: TestHub, repo: str) -> dict[str, File]:
    return {path: file for path, file in hub.repo(repo).main.files.items() if file.lfs}


def add_repo(hub: TestHub, name: str, chance: random.Random) -> str:
    sizes = [int(chance.choice(SIZES) * chance.uniform(0.5, 1.5)) for _ in range(FILES)]
    hub.world.add(Repo("model", name, {f"{n:02}.bin": large(Generated(f"{name}/{n}", s)) for n, s in enumerate(sizes)}))
    return name


def start(service: Service, mount: str) -> Path:
    """Weir in a guest that has just booted; the CA file of its clients."""
    service.guest.run(f"mkdir -p {STATE} && {mount}")
    service.configure({"fetch": {"max_rate": RATE}})
    service.start()
    return service.ca_file()


def cut(service: Service, hub: TestHub, repo: str, ca_file: Path, chance: random.Random, tally: Tally) -> list[str]:
    """Downloads, until the power goes; what was whole by then."""
    load = Load(service, hub, repo, ca_file)
    load.wait_for(chance.randrange(FILES))
    time.sleep(chance.uniform(0, LONGEST))  # the moment is what chance decides, no event
    finished, runs = list(load.finished), load.runs
    service.guest.cut_power()
    load.end()
    assert load.wrong == []
    tally.cuts += 1
    tally.during += runs
    tally.finished += len(finished)
    return finished


def check(service: Service, hub: TestHub, repo: str, ca_file: Path, finished: Sequence[str], tally: Tally) -> None:
    """What the next start makes of the store."""
    report = json.loads(service.weir("verify --json --config /etc/weir/weir.toml"))
    assert report["findings"] == []
    tally.verified += report["blobs"]
    files = files_of(hub, repo)
    with ThreadPoolExecutor(CLIENTS) as pool:
        replies = dict(zip(files, pool.map(lambda path: service.get(repo, path, ca_file), files)))
    wrong = [path for path, file in files.items() if not is_right(replies[path], file)]
    assert wrong == []
    there = [path for path in finished if is_hit(replies[path])]
    tally.right += len(replies)
    tally.there += len(there)
    tally.again += len(finished) - len(there)
    assert service.guest.output(f"ls {STATE}/store/quarantine") == ""


def test_the_machine_forgets(guest: Guest) -> None:
    """These cuts are cuts: what nobody asked to be on the disk is lost, what was asked for is there."""
    make, mount = FORMATS["ext4"]
    guest.boot()
    guest.run(f"{make} && mkdir -p {STATE} && {mount} && sync")
    guest.run(f"cd {STATE} && echo kept >synced && sync . synced && echo lost >unsynced")
    guest.cut_power()
    guest.boot()
    guest.run(f"mkdir -p {STATE} && {mount}")
    assert guest.output(f"cat {STATE}/synced") == "kept"
    assert not guest.says(f"grep -s lost {STATE}/unsynced")


@pytest.mark.parametrize("kind", FORMATS)
def test_power_cuts(guest: Guest, hub: TestHub, tmp_path: Path, kind: str) -> None:
    said("%s: seed %d", kind, SEED)
    chance, tally = random.Random(SEED), Tally()
    make, mount = FORMATS[kind]
    service = Service(guest, hub, tmp_path)
    guest.boot()
    guest.run(make)
    ca_file = start(service, mount)
    for number in range(ROUNDS):
        repo = add_repo(hub, f"acme/round-{number}", chance)
        finished = cut(service, hub, repo, ca_file, chance, tally)
        guest.boot()
        ca_file = start(service, mount)
        check(service, hub, repo, ca_file, finished, tally)
        said("%s: %s", kind, tally)
    assert tally.finished > 0
    assert tally.during > 0
