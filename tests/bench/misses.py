# SPDX-License-Identifier: Apache-2.0
"""Misses beside a direct download from the same origin: M1 to M6.  Each has a Weir with an empty store."""

import subprocess
import sys
import time
from dataclasses import dataclass

from figures import Figures
from harness import Weir
from lab import Lab
from library import MIB
from line import Line
from load import Door, Load, put_load
from memory import LentMemory
from nginx import Origin
from process import Cost

PUBLISHING = "weir_fetches_publishing_seconds_total"
DEADLINE_SECONDS = 30.0


@dataclass(frozen=True)
class Missed:
    """A download that found nothing in the store."""

    load: Load
    cpu: float  # of Weir, in seconds
    publishing: float  # of the blob, in seconds after its last byte


class Misses:
    """measure() is one round."""

    def __init__(self, lab: Lab, origin: Origin) -> None:
        self.lab = lab
        self.origin = origin
        self.direct = lab.of_origin(origin)

    def measure(self, figures: Figures) -> None:
        self._first_bytes(figures)
        self._big_file(figures)
        self._over_a_line(figures)
        self._many_clients(figures)
        self._out_of_order(figures)

    def check(self) -> None:
        """A miss with each byte compared, and one out of order."""
        big = self.lab.library.big
        for more in ([], ["--piece", big.size // 16, "--window", 8, "--requests", 16, "--connections", 4]):
            with self.lab.weir(self.origin) as weir:
                put_load(self.lab.of_weir(weir), big.name, "--size", big.size, "--expected", big.path, *more)

    def _miss(self, *options: str | int, origin: Origin | None = None) -> Missed:
        big = self.lab.library.big
        with self.lab.weir(origin or self.origin) as weir:
            door = self.lab.of_weir(weir)
            self._greet(door)
            before = weir.metrics()
            lent = LentMemory(self.lab.folder / "lent", big.size, weir.store)
            with lent, Cost(weir.pid) as cost:
                load = put_load(door, big.name, "--size", big.size, *options)
                after = await_publication(weir, before["weir_fetches_completed_total"])
        publishing = after[PUBLISHING] - before[PUBLISHING]
        return Missed(load, cost.cpu, publishing)

    def _greet(self, door: Door) -> None:
        """Its certificate for the hub is there."""
        put_load(door, self.lab.library.small[0].name)

    # M1
    def _first_bytes(self, figures: Figures) -> None:
        count = self.lab.size.middle_files
        options = ("--files", count, "--requests", count, "--size", MIB, "--connect-each")
        with self.lab.weir(self.origin) as weir:
            door = self.lab.of_weir(weir)
            self._greet(door)
            direct = put_load(self.direct, "middle-{}.bin", *options)
            ours = put_load(door, "middle-{}.bin", *options)
        figures.add("M1", 1000 * (ours.first_byte.median - direct.first_byte.median))
        figures.add("M1 direct, ms", 1000 * direct.first_byte.median)

    # M2, M3, M5
    def _big_file(self, figures: Figures) -> None:
        big = self.lab.library.big
        direct = put_load(self.direct, big.name, "--size", big.size)
        ours = self._miss()
        figures.add("M2", ours.cpu / ours.load.gigabytes)
        figures.add("M3", ours.load.seconds / direct.seconds)
        figures.add("M3 direct, s", direct.seconds)
        figures.add("M5", 1000 * ours.publishing)

    # M3, the second figure
    def _over_a_line(self, figures: Figures) -> None:
        if not Line.is_possible():
            return
        big = self.lab.library.big
        try:
            with self.lab.far_origin() as origin:
                direct = put_load(self.lab.of_origin(origin), big.name, "--size", big.size)
                ours = self._miss(origin=origin)
        except subprocess.CalledProcessError as error:  # of ip or tc
            print(f"bench: without the slow line: {error} {error.stderr}", file=sys.stderr)
            return
        figures.add("M3 line", ours.load.seconds / direct.seconds)
        figures.add("M3 direct over the line, s", direct.seconds)

    # M4
    def _many_clients(self, figures: Figures) -> None:
        clients = self.lab.size.clients
        together = ("--connections", clients, "--requests", clients)
        big = self.lab.library.big
        direct = put_load(self.direct, big.name, "--size", big.size, *together)
        self.origin.forget()
        ours = self._miss(*together)
        greeted = self.lab.library.small[0].size
        figures.add("M4 bytes", (self.origin.bytes_sent() - greeted) / big.size)
        figures.add("M4 first", 1000 * ours.load.first_byte.median)
        figures.add("M4 total", ours.load.seconds / direct.seconds)

    # M6
    def _out_of_order(self, figures: Figures) -> None:
        big = self.lab.library.big
        piece = 4 * MIB
        pieces = ("--piece", piece, "--requests", big.size // piece, "--connections", 8)
        in_order = self._miss(*pieces)
        shuffled = self._miss(*pieces, "--window", 8)
        figures.add("M6", shuffled.cpu / in_order.cpu)
        figures.add("M6 tail", 1000 * shuffled.publishing)


def await_publication(weir: Weir, before: float) -> dict[str, float]:
    """The metrics, once another file is published: clients of ranges have theirs before that."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while True:
        metrics = weir.metrics()
        if metrics["weir_fetches_completed_total"] > before:
            return metrics
        if time.monotonic() > deadline:
            raise RuntimeError(f"the file was not published:\n{weir.log()}")
        time.sleep(0.005)
