# SPDX-License-Identifier: Apache-2.0
"""Memory for the page cache.  A virtual machine's host may take free memory back within seconds and give it again page
by page: the first write to such a page costs ten times what writing to the page cache costs.
"""

import contextlib
import os
import threading
from pathlib import Path
from types import TracebackType

from library import MIB

AHEAD = 64 * MIB
LOOK_SECONDS = 0.005


class LentMemory:
    """Holds memory as pages of a file, and gives it back a little ahead of what is written below `store`.  Until the
    end of the `with`, or for as long as there is some."""

    def __init__(self, path: Path, size: int, store: Path) -> None:
        self._path = path
        self._left = size + 2 * AHEAD
        self._size = self._left
        self._store = store
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._follow)

    def __enter__(self) -> None:
        with self._path.open("wb") as file:
            for _ in range(self._size // MIB):
                file.write(bytes(MIB))
        self._thread.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()
        self._path.unlink()

    def _follow(self) -> None:
        while self._left > 0:
            left = max(0, self._size - self._written() - AHEAD)
            if left < self._left:
                os.truncate(self._path, left)
                self._left = left
            if self._over.wait(LOOK_SECONDS):
                return

    def _written(self) -> int:
        total = 0
        for path in self._store.glob("partial/*"):
            with contextlib.suppress(FileNotFoundError):  # it was published
                total += path.stat().st_blocks * 512
        return total
