# SPDX-License-Identifier: Apache-2.0
"""What a running program costs, as the kernel counts it: it and all its descendants."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

TICKS = os.sysconf("SC_CLK_TCK")
SAMPLE_SECONDS = 0.02


def family(pid: int) -> Iterator[int]:
    """The process and its descendants."""
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*"):
        try:
            children = (task / "children").read_text().split()
        except OSError:
            continue
        for child in children:
            yield from family(int(child))


def cpu_seconds(pid: int) -> float:
    """User and system time of the process and its descendants."""
    total = 0
    for member in family(pid):
        try:
            fields = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def anonymous_bytes(pid: int) -> int:
    """Memory that no file stands behind."""
    total = 0
    for member in family(pid):
        for line in Path(f"/proc/{member}/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                total += int(line.split()[1]) * 1024
    return total


class Cost:
    """CPU seconds that a process takes between enter and exit, and the most anonymous memory it was seen with."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._done = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self.cpu = 0.0
        self.memory = 0

    def __enter__(self) -> "Cost":
        self._before = cpu_seconds(self._pid)
        self._watcher.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._watcher.join()
        self.cpu = cpu_seconds(self._pid) - self._before

    def _watch(self) -> None:
        while not self._done.wait(SAMPLE_SECONDS):
            self.memory = max(self.memory, anonymous_bytes(self._pid))
