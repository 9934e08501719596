#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An hour of everything at once: hits, misses, evictions, clients that leave.  Fails when memory grows by more than 5 %
behind the first tenth of the time, when descriptors or temporary files stay behind, or when a client gets an error or
wrong bytes.  Needs what bench.py needs.
"""

import argparse
import contextlib
import os
import random
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT / "tests/fakes"))
os.environ.setdefault("WEIR_BIN", str(PROJECT / "build/release/weir"))

from harness import Weir  # noqa: E402
from lab import Lab, Size  # noqa: E402
from library import MIB  # noqa: E402
from load import Door, put_load  # noqa: E402
from nginx import HUB, Origin  # noqa: E402
from process import anonymous_bytes  # noqa: E402

SIZE = Size(big_bytes=256 * MIB, hit_bytes=0, middle_files=400, small_files=100, small_requests=0, new_connections=0)
# Less than the files take, so that some go while others come.
CONFIG = {"store": {"max_size": "400MiB"}}
GROWTH = 1.05
SAMPLE_SECONDS = 5.0
VISITS_A_SECOND = 1000
VISIT_SECONDS = 60
CROWD = 64
SETTLE_SECONDS = 90.0
KEPT_CONNECTIONS = 64  # to the origin: [origin] idle_connections


@dataclass(frozen=True)
class Sample:
    """Of the process, at one time."""

    memory: int
    descriptors: int


def sample(weir: Weir) -> Sample:
    return Sample(anonymous_bytes(weir.pid), descriptors(weir))


def descriptors(weir: Weir) -> int:
    """But for the small objects that it keeps open for a while, of which there is a fixed number."""
    count = 0
    for link in Path(f"/proc/{weir.pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            count += "/objects/" not in os.readlink(link)
    return count


class Soak:
    """Runs jobs side by side until the time is over; the first error ends it."""

    def __init__(self, lab: Lab, weir: Weir, seconds: float) -> None:
        self._lab = lab
        self._weir = weir
        self._door = lab.of_weir(weir)
        self._in_clear = lab.of_weir_in_clear(weir)
        self._end = time.monotonic() + seconds
        self._errors: list[BaseException] = []
        self.requests = 0

    def run(self) -> list[Sample]:
        jobs = [self._middle_files, self._small_files, self._pieces, self._leave, self._whole]
        threads = [threading.Thread(target=self._repeat, args=(job,)) for job in jobs]
        for thread in threads:
            thread.start()
        samples = []
        while time.monotonic() < self._end and not self._errors:
            time.sleep(SAMPLE_SECONDS)
            samples.append(sample(self._weir))
        for thread in threads:
            thread.join()
        if self._errors:
            raise self._errors[0]
        return samples

    def _repeat(self, job: Callable[[], None]) -> None:
        try:
            while time.monotonic() < self._end and not self._errors:
                job()
        except BaseException as error:  # noqa: BLE001 - it is raised by run()
            self._errors.append(error)

    def _load(self, door: Door, target: str, requests: int, *options: str | int | Path) -> None:
        put_load(door, target, "--requests", requests, *options)
        self.requests += requests

    def _middle_files(self) -> None:
        self._load(self._door, "middle-{}.bin", SIZE.middle_files, "--files", SIZE.middle_files, "--size", MIB,
                   "--connections", 8)

    def _small_files(self) -> None:
        self._load(self._door, "small-{}.bin", 20_000, "--files", SIZE.small_files, "--size", 4096, "--connections", 4)
        self._load(self._door, "small-{}.bin", 200, "--files", SIZE.small_files, "--size", 4096, "--connect-each")

    def _pieces(self) -> None:
        big = self._lab.library.big
        self._load(self._in_clear, big.name, 32, "--piece", 8 * MIB, "--size", big.size, "--window", 8, "--connections",
                   4, "--expected", big.path)

    def _whole(self) -> None:
        big = self._lab.library.big
        self._load(self._door, big.name, 1, "--size", big.size, "--expected", big.path)

    def _leave(self) -> None:
        """In the middle of a head, of a handshake, of a body."""
        name = f"middle-{random.randrange(SIZE.middle_files)}.bin"
        with socket.create_connection(("127.0.0.1", self._weir.port)) as client:
            client.send(b"GET /bench"[: random.randrange(1, 11)])
        with socket.create_connection(("127.0.0.1", self._weir.port)) as client:
            client.send(f"CONNECT {HUB}:443 HTTP/1.1\r\n\r\n".encode())
            client.recv(100)
            client.send(b"\x16\x03\x01")
        with self._weir.connect(HUB) as client:
            client.send_head("GET", self._door.prefix + name, {"Host": HUB})
            client.sock.recv(random.randrange(1, 100_000))
        self.requests += 3


def visit(weir: Weir) -> int:
    """Connections that come and go, so many a second; how many there were."""
    begin, count = time.monotonic(), 0
    while (passed := time.monotonic() - begin) < VISIT_SECONDS:
        while count < passed * VISITS_A_SECOND:
            socket.create_connection(("127.0.0.1", weir.port)).close()
            count += 1
        time.sleep(0.001)
    return count


def crowd(lab: Lab, origin: Origin) -> None:
    """Many downloads at once, of one missing file and of different ones."""
    big = lab.library.big
    with lab.weir(origin) as weir:
        door = lab.of_weir(weir)
        put_load(door, big.name, "--size", big.size, "--expected", big.path, "--connections", CROWD, "--requests", CROWD)
        put_load(door, "middle-{}.bin", "--files", CROWD, "--size", MIB, "--connections", CROWD, "--requests", CROWD)


def settled(weir: Weir, descriptors: int) -> Sample:
    """Once the connections that were left are gone."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while (now := sample(weir)).descriptors > descriptors and time.monotonic() < deadline:
        time.sleep(0.2)
    return now


def judge(samples: list[Sample], before: Sample, after: Sample, partials: list[Path]) -> list[str]:
    """What is wrong."""
    first = samples[: max(1, len(samples) // 10)]
    last = samples[-max(1, len(samples) // 10) :]
    early, late = (median(each.memory for each in part) for part in (first, last))
    print(f"memory: {early / MIB:.1f} MiB in the first tenth, {late / MIB:.1f} MiB in the last; "
          f"descriptors: {before.descriptors} before, {after.descriptors} after")
    wrong = []
    if late > early * GROWTH:
        wrong.append(f"memory grew by {100 * (late / early - 1):.1f} %")
    if after.descriptors > before.descriptors + KEPT_CONNECTIONS:
        wrong.append(f"{after.descriptors - before.descriptors} descriptors stayed behind")
    return wrong + [f"{path} stayed behind" for path in partials]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="weir-soak-") as name:
        lab = Lab(Path(name), SIZE)
        with lab.origin() as origin:
            crowd(lab, origin)
            with lab.weir(origin, CONFIG) as weir:
                lab.small_files(lab.of_weir(weir), "small-{}.bin", "--requests", SIZE.small_files)
                before = sample(weir)
                print(f"{visit(weir)} connections came and went")
                soak = Soak(lab, weir, arguments.minutes * 60)
                samples = soak.run()
                after = settled(weir, before.descriptors + KEPT_CONNECTIONS)
                print(f"{soak.requests} requests, {weir.metrics()['weir_store_evicted_files_total']:.0f} files evicted")
                leftovers = [path for path in (weir.store / "tmp").rglob("*") if path.is_file()]
                wrong = judge(samples, before, after, leftovers)
    print("\n".join(f"soak: {each}" for each in wrong) or "soak: all is well")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
