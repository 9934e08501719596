# SPDX-License-Identifier: Apache-2.0
"""Many blobs and many connections: I1 and I2."""

import contextlib
import hashlib
import os
import resource
import socket
import sqlite3
import sys
import threading
import time
from pathlib import Path

from figures import Figures
from harness import Connection, Weir
from lab import Lab
from load import put_load
from nginx import HUB, Origin
from process import Cost, anonymous_bytes

PATIENT = {"limits": {"head_timeout": "10m", "idle_timeout": "10m", "write_timeout": "10m", "connections": 12_000}}
DRIP_SECONDS = 1.0
DESCRIPTORS = 1000  # for all else
IDLE_SECONDS = 10.0
TLS_PART, DRIPPING_PART, SILENT_PART = 0.1, 0.03, 0.005  # of all connections


def make_store(objects: Path, count: int) -> None:
    """Blobs of eight bytes."""
    made = set()
    for number in range(count):
        content = number.to_bytes(8, "little")
        name = hashlib.sha256(content).hexdigest()
        folder = objects / name[:2] / name[2:4]
        if folder not in made:
            folder.mkdir(parents=True, exist_ok=True)
            made.add(folder)
        file = os.open(folder / name, os.O_WRONLY | os.O_CREAT, 0o444)
        os.write(file, content)
        os.close(file)


def indexed(weir: Weir) -> int:
    """How many blobs the index has, verified or not."""
    with contextlib.closing(sqlite3.connect(weir.store / "index.db")) as database:
        return int(database.execute("SELECT count(*) FROM blobs").fetchone()[0])


def start_with_blobs(lab: Lab, origin: Origin, figures: Figures) -> None:
    """I1."""
    weir = Weir(lab.folder / "weir-empty", origin)
    with weir:
        empty = anonymous_bytes(weir.pid)
    for count in lab.size.blobs:
        weir = Weir(lab.folder / f"weir-{count}", origin)
        weir.start()
        weir.kill()  # so that it looks for what it does not know when it starts again
        make_store(weir.store / "objects", count)
        name = "1M" if count == 1_000_000 else f"{count // 1000}k"
        started = time.monotonic()
        with weir:
            figures.add(f"I1 {name} without an index, s", time.monotonic() - started)
        assert indexed(weir) == count
        started = time.monotonic()
        with weir:
            figures.add(f"I1 {name}", time.monotonic() - started)
            memory = (anonymous_bytes(weir.pid) - empty) / count
        if count == max(lab.size.blobs):
            figures.add("I1 memory", memory)


class Crowd:
    """Connections that stay: bare, in TLS, dripping the bytes of a head, not reading what they asked for."""

    def __init__(self, weir: Weir) -> None:
        self._weir = weir
        self._sockets: list[socket.socket] = []
        self._tls: list[Connection] = []
        self._dripping: list[socket.socket] = []
        self._done = threading.Event()
        self._dripper = threading.Thread(target=self._drip, daemon=True)

    def __enter__(self) -> "Crowd":
        self._dripper.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._dripper.join()
        for each in [*self._sockets, *self._dripping]:
            each.close()
        for connection in self._tls:
            connection.close()

    def bare(self, count: int) -> float:
        """Bytes of memory for each."""
        return self._grown(count, lambda: self._sockets.append(self._dial()))

    def in_tls(self, count: int) -> float:
        """Bytes of memory for each."""
        return self._grown(count, lambda: self._tls.append(self._weir.connect(HUB)))

    def dripping(self, count: int) -> None:
        self._dripping += [self._dial() for _ in range(count)]

    def not_reading(self, count: int, target: str) -> None:
        for _ in range(count):
            connection = self._weir.connect(HUB)
            connection.send(f"GET {target} HTTP/1.1\r\nHost: {HUB}\r\n\r\n".encode())
            self._tls.append(connection)

    def _dial(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self._weir.port), timeout=30)

    def _grown(self, count: int, add) -> float:
        before = anonymous_bytes(self._weir.pid)
        for _ in range(count):
            add()
        self._weir.status()  # all were accepted before it
        return (anonymous_bytes(self._weir.pid) - before) / count

    def _drip(self) -> None:
        head = f"CONNECT {HUB}:443 HTTP/1.1\r\nX-Slow: ".encode()
        sent = 0
        while not self._done.wait(DRIP_SECONDS):
            byte = head[sent : sent + 1] or b"x"
            sent += 1
            for each in self._dripping:
                each.send(byte)


def stand_a_crowd(lab: Lab, origin: Origin, figures: Figures) -> None:
    """I2."""
    count = lab.size.connections
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and most < count + DESCRIPTORS:
        print(f"bench: I2 needs {count + DESCRIPTORS} descriptors, and {most} are allowed", file=sys.stderr)
        return
    resource.setrlimit(resource.RLIMIT_NOFILE, (count + DESCRIPTORS, most))
    with Weir(lab.folder / "weir-crowd", origin, PATIENT) as weir, Crowd(weir) as crowd:
        door = lab.of_weir(weir)
        lab.check(door)
        bare = int(count * (1 - TLS_PART - DRIPPING_PART - SILENT_PART))
        figures.add("I2 bare", crowd.bare(bare) / 1024)
        figures.add("I2 TLS", crowd.in_tls(int(count * TLS_PART)) / 1024)
        with Cost(weir.pid) as idle:
            time.sleep(IDLE_SECONDS)
        figures.add("I2 idle", 100 * idle.cpu / IDLE_SECONDS)
        crowd.dripping(int(count * DRIPPING_PART))
        crowd.not_reading(int(count * SILENT_PART), door.prefix + lab.library.big.name)
        small = lab.library.small[0]
        figures.add("I2 answer", put_load(door, small.name, "--size", small.size).whole.median)
