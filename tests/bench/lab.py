# SPDX-License-Identifier: Apache-2.0
"""All that stands side by side: files, certificates, nginx as reference and as origin, squid, and Weirs."""

import contextlib
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness import Weir
from harness.weir import Config
from hub.certs import HUB_NAMES, Authority
from library import Library, target
from line import Line
from load import Door, Load, put_load
from nginx import FILES, HUB, Blobs, Origin, Reference
from squid import Squid


@dataclass(frozen=True)
class Size:
    """How much is done: a short run only shows that all of it works."""

    big_bytes: int
    hit_bytes: int  # of a hit's measurement
    middle_files: int
    small_files: int
    small_requests: int
    new_connections: int
    clients: int = 16
    blobs: tuple[int, ...] = ()
    connections: int = 0


def trouble_in(log: str) -> list[str]:
    """Its lines but for the requests that ended well."""
    return [line for line in log.splitlines() if " access " not in line or re.search(" (4|5)[0-9][0-9] | cut$", line)]


class Lab:
    """Lives as long as the benchmark.  `with lab.weir() as weir` gives one with an empty store."""

    def __init__(self, folder: Path, size: Size) -> None:
        self.folder = folder
        folder.chmod(0o755)  # nginx and squid give up their rights, if they have any
        self.size = size
        self.library = Library(folder / "files", size.big_bytes, size.middle_files, size.small_files)
        self.authority = Authority(folder / "ca", "Bench CA")
        self.leaf = self.authority.leaf("server", HUB_NAMES)
        self._weirs = 0

    @contextlib.contextmanager
    def reference(self) -> Iterator[Reference]:
        with Reference(self.folder / "reference", self.library, self.leaf) as reference:
            yield reference

    @contextlib.contextmanager
    def origin(self) -> Iterator[Origin]:
        with Origin(self.folder / "origin", self.library, self.leaf, self.authority.file) as origin:
            yield origin

    @contextlib.contextmanager
    def far_origin(self, rate: str = "1gbit") -> Iterator[Origin]:
        """Behind a line of that rate."""
        with Line(rate) as line, Origin(
            self.folder / "far-origin", self.library, self.leaf, self.authority.file, line.host, line.namespace
        ) as origin:
            yield origin

    @contextlib.contextmanager
    def far_blobs(self, number: int, rate: str) -> Iterator[Blobs]:
        """Behind a line of its own; `number`: 1 or more."""
        name = f"blobs-{number}"
        with Line(rate, number) as line, Blobs(self.folder / name, self.library, self.leaf, name, line) as blobs:
            yield blobs

    @contextlib.contextmanager
    def squid(self) -> Iterator[Squid]:
        with Squid(self.folder / "squid", self.authority.file, (FILES,)) as squid:
            yield squid

    @contextlib.contextmanager
    def weir(self, origin: Origin, config: Config | None = None, sources: str = "") -> Iterator[Weir]:
        """`sources`: in TOML."""
        self._weirs += 1
        folder = self.folder / f"weir-{self._weirs}"
        weir = Weir(folder, origin, config)
        weir.config_file.write_text(weir.config_file.read_text() + sources)
        with weir:
            try:
                yield weir
            except RuntimeError:
                print(*trouble_in(weir.log())[-50:], sep="\n", file=sys.stderr)
                raise
        shutil.rmtree(folder)  # and with it what the page cache holds of it

    # --- the ways to a file

    def of_nginx(self, reference: Reference) -> Door:
        return Door(reference.tls_port, FILES, reference.pid, self.authority.file)

    def of_nginx_in_clear(self, reference: Reference) -> Door:
        return Door(reference.plain_port, FILES, reference.pid)

    def of_squid(self, squid: Squid, reference: Reference) -> Door:
        return Door(squid.port, FILES, squid.pid, squid.ca_file, connect=reference.tls_port)

    def of_weir(self, weir: Weir) -> Door:
        return Door(weir.port, HUB, weir.pid, weir.ca_file(), connect=443, prefix=target(""))

    def of_weir_in_clear(self, weir: Weir) -> Door:
        """As a mirror."""
        return Door(weir.port, f"127.0.0.1:{weir.port}", weir.pid, prefix=target(""))

    def of_origin(self, origin: Origin) -> Door:
        return Door(origin.port, HUB, origin.pid, origin.ca_file, address=origin.host, prefix=target(""))

    def of_blobs(self, blobs: Blobs) -> Door:
        return Door(blobs.port, blobs.host, blobs.pid, self.authority.file, address=blobs.line.host, prefix="/")

    # --- what is done through them

    def check(self, door: Door) -> None:
        """The big file whole, each byte compared; a cache holds it from then on."""
        big = self.library.big
        put_load(door, self.name(door, big.name), "--size", big.size, "--expected", big.path)

    def wake(self, door: Door) -> None:
        """The big file once.  A virtual machine's host takes memory away that was not looked at for some seconds, also
        from the page cache, and gives it again page by page to the first who reads it."""
        put_load(door, self.name(door, self.library.big.name), "--size", self.library.big.size)

    def name(self, door: Door, name: str) -> str:
        """A file's name as that door wants it."""
        return name if door.prefix else f"/{name}"

    def small_files(self, door: Door, kind: str, *options: str | int) -> Load:
        count = self.size.small_files
        return put_load(door, self.name(door, kind), "--files", count, "--size", 4096, *options)
