#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Weir beside nginx, squid and direct downloads, on this machine, round by round.

Prints one table in Markdown; docs/performance.md says what the rows mean.  --quick takes a minute and only shows that
all of it works.  Fails on wrong bytes, never on a time.  Needs build/release/weir and build/release/weir-load (or
WEIR_BIN and WEIR_LOAD), nginx, and squid if it is there.
"""

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT / "tests/fakes"))
os.environ.setdefault("WEIR_BIN", str(PROJECT / "build/release/weir"))

import squid  # noqa: E402
from crowds import stand_a_crowd, start_with_blobs  # noqa: E402
from figures import Figures  # noqa: E402
from hits import Hits  # noqa: E402
from lab import Lab, Size  # noqa: E402
from library import MIB  # noqa: E402
from load import WrongBytes  # noqa: E402
from misses import Misses  # noqa: E402
from sources import measure_sources  # noqa: E402

FULL = Size(big_bytes=1024 * MIB, hit_bytes=4096 * MIB, middle_files=40, small_files=100, small_requests=60_000,
            new_connections=2_000, blobs=(10_000, 1_000_000), connections=10_000)
QUICK = Size(big_bytes=64 * MIB, hit_bytes=256 * MIB, middle_files=8, small_files=10, small_requests=4_000,
             new_connections=200, blobs=(1_000,), connections=200)
PARTS = ("hits", "misses", "sources", "blobs", "connections")


def squid_beside(lab: Lab, stack: contextlib.ExitStack) -> squid.Squid | None:
    """It is only a comparison: without it the rest is measured all the same."""
    if not squid.is_installed():
        return None
    try:
        return stack.enter_context(lab.squid())
    except (RuntimeError, subprocess.CalledProcessError) as error:
        print(f"bench: without squid: {error}", file=sys.stderr)
        return None


def measure(lab: Lab, parts: list[str], rounds: int, figures: Figures) -> None:
    with contextlib.ExitStack() as stack:
        reference, origin = stack.enter_context(lab.reference()), stack.enter_context(lab.origin())
        if "hits" in parts:
            weir = stack.enter_context(lab.weir(origin))
            other = squid_beside(lab, stack)
            hits = Hits(lab, reference, weir, other)
            hits.warm_up()
            for number in range(rounds):
                hits.measure(figures)
                print(f"hits: round {number + 1} of {rounds}", file=sys.stderr)
        if "misses" in parts:
            misses = Misses(lab, origin)
            misses.check()
            for number in range(rounds):
                misses.measure(figures)
                print(f"misses: round {number + 1} of {rounds}", file=sys.stderr)
        if "sources" in parts:
            measure_sources(lab, rounds, figures)
        if "blobs" in parts:
            start_with_blobs(lab, origin, figures)
        if "connections" in parts:
            stand_a_crowd(lab, origin, figures)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small files, one round")
    parser.add_argument("--rounds", type=int, default=0, help="3, or 1 when quick")
    parser.add_argument("--only", choices=PARTS, action="append", help="a part of it")
    parser.add_argument("--folder", type=Path, help="where to keep files meanwhile; 8 GB (default: the system's)")
    arguments = parser.parse_args()
    figures = Figures()
    with tempfile.TemporaryDirectory(prefix="weir-bench-", dir=arguments.folder) as name:
        try:
            lab = Lab(Path(name), QUICK if arguments.quick else FULL)
            measure(lab, arguments.only or list(PARTS), arguments.rounds or (1 if arguments.quick else 3), figures)
        except WrongBytes as error:
            print(f"bench: wrong bytes: {error}", file=sys.stderr)
            return 1
        finally:
            print(figures.table())
    return 0


if __name__ == "__main__":
    sys.exit(main())
