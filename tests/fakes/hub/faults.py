# SPDX-License-Identifier: Apache-2.0
"""Faults on demand: what to do wrong, to which requests, how often."""

import fnmatch
import itertools
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from .http import Request

HOLD_SECONDS = 300.0


class Gate:
    """Something waits here until it is let go; the test learns when it has arrived."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self._open = threading.Event()

    def release(self) -> None:
        self._open.set()

    def wait(self) -> None:
        self.reached.set()
        self._open.wait(HOLD_SECONDS)


@dataclass
class Fault:
    """Applies to requests whose host and path match the globs and whose method is among `methods`, after `skip` of
    them, `count` times (None: for ever).  What it does may be combined; body offsets count from the file's first byte,
    also in an answer to a Range."""

    host: str = "*"
    path: str = "*"
    methods: tuple[str, ...] = ("GET", "HEAD", "POST", "PUT")
    skip: int = 0
    count: int | None = 1

    # Instead of the answer
    status: int | None = None  # this status with a short text
    retry_after: int | None = None  # its Retry-After
    redirect: str | None = None  # 302 to this Location
    raw: bytes | None = None  # these very bytes, then the connection closes
    # To the answer's head
    headers: Mapping[str, str | None] = field(default_factory=dict)  # replaces (or, None, removes) fields
    total_off: int = 0  # the size in Content-Range is off by so many
    interim: int = 0  # so many 102 answers before it
    ignore_range: bool = False  # the whole is sent although a Range was asked for
    shift_range: int = 0  # a range that begins so many bytes later is sent
    gzip: bool = False  # the body is really packed, although nobody asked for it
    hold_head: bool = False  # keep the head back until release()
    head_delay: float = 0.0  # ... or for so many seconds
    # To the body
    flip_at: int | None = None  # the byte at this offset is wrong
    cut_at: int | None = None  # the connection is closed at this offset
    reset_at: int | None = None  # the connection is reset (RST) at this offset; -1: before the head
    stall_at: int | None = None  # nothing more from this offset on until release()
    extra_bytes: int = 0  # so many bytes too many, counted in Content-Length
    chunked: bool = False  # chunks instead of a Content-Length: only their end tells whether all is there
    bad_chunk_at: int | None = None  # what stands for a chunk's size at this offset is no number; with chunked
    rate: int | None = None  # bytes a second, with a small send buffer
    close_delimited: bool = False  # no Content-Length: the end is the connection's end
    no_close_notify: bool = False  # the connection closes without TLS close_notify
    send_buffer: int | None = None  # SO_SNDBUF of the connection

    gate: Gate = field(default_factory=Gate)
    seen: int = 0
    used: int = 0

    def matches(self, request: Request) -> bool:
        return (
            fnmatch.fnmatchcase(request.host, self.host)
            and fnmatch.fnmatchcase(request.path, self.path)
            and request.method in self.methods
        )

    def confuse(self, request: Request) -> None:
        """Has the hub take the request for one with another Range."""
        if self.ignore_range:
            request.headers.set("Range", None)
        if self.shift_range:
            first, _, last = (request.headers.get("Range") or "bytes=0-").removeprefix("bytes=").partition("-")
            moved = str(int(last) + self.shift_range) if last else ""
            request.headers.set("Range", f"bytes={int(first) + self.shift_range}-{moved}")

    @property
    def reached(self) -> threading.Event:
        """Set once a request waits at hold_head or stall_at."""
        return self.gate.reached

    def release(self) -> None:
        self.gate.release()


NO_FAULT = Fault(count=0)


class FaultTable:
    """The faults in force.  The first that matches a request and is not used up applies."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: dict[int, Fault] = {}
        self._ids = itertools.count(1)

    def add(self, fault: Fault) -> int:
        with self._lock:
            number = next(self._ids)
            self._faults[number] = fault
            return number

    def get(self, number: int) -> Fault | None:
        return self._faults.get(number)

    def clear(self) -> None:
        """Forgets all faults and lets go what waits."""
        with self._lock:
            faults, self._faults = list(self._faults.values()), {}
        for fault in faults:
            fault.release()

    def take(self, request: Request) -> Fault:
        with self._lock:
            for fault in self._faults.values():
                if not fault.matches(request) or (fault.count is not None and fault.used >= fault.count):
                    continue
                fault.seen += 1
                if fault.seen > fault.skip:
                    fault.used += 1
                    return fault
        return NO_FAULT
