# SPDX-License-Identifier: Apache-2.0
"""A clock that a test sets: the time of day as Weir sees it.  What measures durations goes on as it did."""

import os
from pathlib import Path

import pytest

from harness import Weir

LIBRARY = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
# A sanitizer refuses to be loaded behind another library.
SANITIZED = "ASAN_OPTIONS" in os.environ or "TSAN_OPTIONS" in os.environ
needs_faketime = pytest.mark.skipif(not LIBRARY or SANITIZED, reason="needs libfaketime, and no sanitizer")


class Clock:
    """Before the weir is started."""

    def __init__(self, weir: Weir) -> None:
        self._file = weir.folder / "clock"
        self.set(0)
        weir.environment |= {
            "LD_PRELOAD": str(LIBRARY[0]),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def set(self, days: int) -> None:
        """So many days from now; a negative number is in the past."""
        self._file.write_text(f"{days:+}d")
