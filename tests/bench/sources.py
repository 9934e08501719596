# SPDX-License-Identifier: Apache-2.0
"""One file from many places at once: S1 to S3.  The origin and two web servers with blobs, each behind a line of its
own."""

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from figures import Figures
from harness import Weir
from lab import Lab
from line import Line
from load import Door, Load, put_load
from memory import LentMemory
from nginx import Blobs, Origin
from process import Cost

ORIGIN_RATE, BLOBS_RATE = "160mbit", "400mbit"  # 20 and 50 MB/s
AWAY_SECONDS = 0.5  # of a source that is killed
LOOK_SECONDS = 0.02
DEADLINE_SECONDS = 300.0

SOURCE = """
[[source]]
name = "{blobs.name}"
kind = "storj"
prefix = "https://{blobs.host}"
trusted = {trusted}
"""


@dataclass(frozen=True)
class Fetched:
    """A file that came from many places."""

    load: Load
    published: float  # seconds after the request
    cpu: float  # of Weir, in seconds
    given: dict[str, int]  # bytes, by each source
    errors: dict[str, int]


class Sources:
    """measure() is one round."""

    def __init__(self, lab: Lab, origin: Origin, blobs: list[Blobs]) -> None:
        self.lab = lab
        self.origin = origin
        self.blobs = blobs

    def check(self) -> None:
        """Each byte is compared."""
        for trusted in (True, False):
            self._fetch("--expected", self.lab.library.big.path, trusted=trusted)

    def measure(self, figures: Figures) -> None:
        undisturbed = self._trusted(figures)
        self._untrusted(figures)
        self._in_trouble(figures, undisturbed)

    def measure_lines(self, figures: Figures) -> None:
        """What each gives by itself."""
        big = self.lab.library.big
        doors = [("origin", self.lab.of_origin(self.origin), big.name)]
        doors += [(blobs.name, self.lab.of_blobs(blobs), big.sha256) for blobs in self.blobs]
        for name, door, target in doors:
            part = put_load(door, target, "--size", big.size, "--piece", big.size // 4)
            figures.add(f"S direct from {name}, MB/s", part.bytes / 1e6 / part.seconds)

    # S1
    def _trusted(self, figures: Figures) -> Fetched:
        ours = self._fetch(trusted=True)
        figures.add("S1", ours.load.bytes / 1e6 / ours.load.whole.max)
        figures.add("S1 CPU s/GB", ours.cpu / ours.load.gigabytes)
        for name, count in ours.given.items():
            figures.add(f"S1 from {name}, MB", count / 1e6)
        return ours

    # S2
    def _untrusted(self, figures: Figures) -> None:
        ours = self._fetch(trusted=False)
        figures.add("S2", ours.load.bytes / 1e6 / ours.published)
        figures.add("S2 until the client has it, MB/s", ours.load.bytes / 1e6 / ours.load.whole.max)
        figures.add("S2 CPU s/GB", ours.cpu / ours.load.gigabytes)

    # S3
    def _in_trouble(self, figures: Figures, undisturbed: Fetched) -> None:
        troubled = self.blobs[0].name
        for row, trouble in (("S3 reset", Blobs.reset_connections), ("S3 killed", be_away)):
            ours = self._fetch(trusted=True, trouble=trouble)
            if ours.errors[troubled] == 0:
                print(f"bench: without {row}: it went unnoticed", file=sys.stderr)
                continue
            figures.add(row, ours.load.whole.max - undisturbed.load.whole.max)
            figures.add(f"{row}, from it, MB", ours.given[troubled] / 1e6)

    def _fetch(
        self, *options: str | Path, trusted: bool, trouble: Callable[[Blobs], None] | None = None
    ) -> Fetched:
        """The big file, into an empty Weir; `trouble` comes over the first of the sources when it has half."""
        big = self.lab.library.big
        with self._weir(trusted) as weir:
            object_file = weir.store / "objects" / big.sha256[:2] / big.sha256[2:4] / big.sha256
            door = self.lab.of_weir(weir)
            put_load(door, self.lab.library.regular[0].name)  # its certificate for the hub is there
            lent = LentMemory(self.lab.folder / "lent", big.size, weir.store)
            with lent, Cost(weir.pid) as cost, ThreadPoolExecutor(1) as pool:
                begun = time.monotonic()
                load = pool.submit(put_load, door, big.name, "--size", big.size, *options)
                if trouble:
                    wait_until(lambda: sum(told_of_sources(weir, "bytes").values()) >= big.size / 2, load)
                    trouble(self.blobs[0])
                wait_until(object_file.exists, load)
                published = time.monotonic() - begun
                load.result()
            given, errors = told_of_sources(weir, "bytes"), told_of_sources(weir, "errors")
        if len(given) != 1 + len(self.blobs) or 0 in given.values():
            print(f"bench: not all sources gave something: {given}", file=sys.stderr)
        return Fetched(load.result(), published, cost.cpu, given, errors)

    @contextlib.contextmanager
    def _weir(self, trusted: bool) -> Iterator[Weir]:
        connect_to = [each.connect_to for each in [*self.blobs, self.origin]]
        sources = "".join(SOURCE.format(blobs=blobs, trusted=str(trusted).lower()) for blobs in self.blobs)
        with self.lab.weir(self.origin, {"origin": {"connect_to": connect_to}}, sources) as weir:
            yield weir


def measure_sources(lab: Lab, rounds: int, figures: Figures) -> None:
    if not Line.is_possible():
        print("bench: without many sources: their lines need root", file=sys.stderr)
        return
    try:
        with (
            lab.far_origin(ORIGIN_RATE) as origin,
            lab.far_blobs(1, BLOBS_RATE) as first,
            lab.far_blobs(2, BLOBS_RATE) as second,
        ):
            sources = Sources(lab, origin, [first, second])
            sources.check()
            sources.measure_lines(figures)
            for number in range(rounds):
                sources.measure(figures)
                print(f"sources: round {number + 1} of {rounds}", file=sys.stderr)
    except subprocess.CalledProcessError as error:  # of ip or tc
        print(f"bench: without many sources: {error} {error.stderr}", file=sys.stderr)


def be_away(blobs: Blobs) -> None:
    blobs.kill()
    time.sleep(AWAY_SECONDS)
    blobs.run()


def told_of_sources(weir: Weir, what: str) -> dict[str, int]:
    """By each source's name."""
    return {source["name"]: source[what] for source in json.loads(weir.admin("/-/sources")[1])["sources"]}


def wait_until(is_so: Callable[[], bool], load: Future[Load]) -> None:
    """As long as the load client has not failed."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not is_so():
        if load.done():
            load.result()
        if time.monotonic() > deadline:
            raise RuntimeError("the file did not come")
        time.sleep(LOOK_SECONDS)
