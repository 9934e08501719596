# SPDX-License-Identifier: Apache-2.0
"""What is measured, what it must reach, and the table of all rounds."""

from collections import defaultdict
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Bound:
    """A figure's name and its targets; `more`: the greater the better."""

    row: str
    what: str
    must: float
    aim: float
    more: bool = False

    def reached(self, value: float, bound: float) -> bool:
        return value >= bound if self.more else value <= bound


BOUNDS = [
    Bound("H1", "hit, 64 connections, CPU s/GB, ÷ nginx", 1.0, 0.80),
    Bound("H2", "hit, one connection, MB/s, ÷ nginx", 1.0, 1.2, more=True),
    Bound("H3", "hit in clear, CPU s/GB, ÷ nginx TLS", 0.35, 0.25),
    Bound("H4 rate", "4 kB files, requests/s, ÷ nginx", 0.7, 0.9, more=True),
    Bound("H4 CPU", "4 kB files, CPU a request, ÷ nginx", 1.5, 1.2),
    Bound("H5", "new connection and a 4 kB file, CPU, ÷ nginx", 2.2, 1.5),
    Bound("H6", "anonymous memory with 64 streams, MB", 96, 40),
    Bound("M1", "miss, first byte, ms beyond direct", 10, 5),
    Bound("M2", "miss of the big file, CPU s/GB", 3.0, 2.3),
    Bound("M3", "miss, total, ÷ direct", 3.2, 2.6),
    Bound("M3 line", "the same, the origin at 1 Gbit/s", 1.05, 1.02),
    Bound("M4 bytes", "16 clients, one missing file, origin bytes ÷ its size", 1.005, 1.0),
    Bound("M4 first", "the same, first byte of the median client, ms", 300, 100),
    Bound("M4 total", "the same, total, ÷ 16 direct downloads", 1.5, 1.0),
    Bound("M5", "publishing after the last byte, ms", 50, 15),
    Bound("M6", "miss out of order, CPU, ÷ in order", 1.10, 1.08),
    Bound("M6 tail", "the same, publishing after the last byte, ms", 50, 15),
    Bound("S1", "origin at 20 MB/s, two trusted sources at 50 each, MB/s", 108, 114, more=True),
    Bound("S2", "the same, the two untrusted, MB/s until published", 96, 108, more=True),
    Bound("S3 reset", "S1, a source's connections are reset in the middle, s more", 2, 1),
    Bound("S3 killed", "S1, a source is killed, away for 0.5 s, s more", 2, 1),
    Bound("I1 10k", "start with 10,000 blobs, s", 2, 2),
    Bound("I1 1M", "start with 1,000,000 blobs, s", 5, 5),
    Bound("I1 memory", "memory of the index, bytes a blob", 200, 200),
    Bound("I2 answer", "10,000 connections: an ordinary request, s", 1, 0.1),
    Bound("I2 bare", "memory of a bare connection, KiB", 16, 8),
    Bound("I2 TLS", "memory of a TLS connection, KiB", 64, 40),
    Bound("I2 idle", "CPU while all are idle, %", 5, 1),
]


class Figures:
    """Values by row, one a round; rows without a bound are only shown."""

    def __init__(self) -> None:
        self.values: dict[str, list[float]] = defaultdict(list)

    def add(self, row: str, value: float) -> None:
        self.values[row].append(value)

    def table(self) -> str:
        """In Markdown: minimum, median and maximum beside the targets, which the median is held to."""
        lines = ["| | what | min | median | max | must | aim | |", "| --- | --- | --- | --- | --- | --- | --- | --- |"]
        lines += [self._line(bound) for bound in BOUNDS if bound.row in self.values]
        others = {row: values for row, values in self.values.items() if row not in {bound.row for bound in BOUNDS}}
        if others:
            lines += ["", "| for comparison | min | median | max |", "| --- | --- | --- | --- |"]
            lines += [f"| {row} | {cells(values)} |" for row, values in others.items()]
        return "\n".join(lines)

    def _line(self, bound: Bound) -> str:
        values = self.values[bound.row]
        middle = median(values)
        verdict = "missed"
        if bound.reached(middle, bound.must):
            verdict = "aim met" if bound.reached(middle, bound.aim) else "met"
        sign = "≥" if bound.more else "≤"
        targets = f"{sign} {bound.must:g} | {sign} {bound.aim:g}"
        return f"| {bound.row} | {bound.what} | {cells(values)} | {targets} | {verdict} |"


def cells(values: list[float]) -> str:
    return " | ".join(f"{value:.3g}" for value in (min(values), median(values), max(values)))
