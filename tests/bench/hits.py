# SPDX-License-Identifier: Apache-2.0
"""Hits beside nginx and squid: H1 to H6."""

from collections.abc import Callable

from figures import Figures
from harness import Weir
from lab import Lab
from library import MIB
from load import Door, Load, put_load
from nginx import Reference
from process import Cost
from squid import Squid

CONNECTIONS = 64
SMALL_CONNECTIONS = 8


class Hits:
    """One Weir that holds the files, beside nginx and squid.  measure() is one round."""

    def __init__(self, lab: Lab, reference: Reference, weir: Weir, squid: Squid | None) -> None:
        self.lab = lab
        self.nginx = lab.of_nginx(reference)
        self.nginx_in_clear = lab.of_nginx_in_clear(reference)
        self.weir = lab.of_weir(weir)
        self.weir_in_clear = lab.of_weir_in_clear(weir)
        self.squid = lab.of_squid(squid, reference) if squid else None

    def warm_up(self) -> None:
        """Fills the caches and compares every byte that they answer then."""
        doors = [self.nginx, self.weir, self.weir_in_clear, self.nginx_in_clear, *([self.squid] if self.squid else [])]
        for door in doors:
            for _ in range(2):
                self.lab.check(door)
                for file in self.lab.library.small:
                    put_load(door, self.lab.name(door, file.name), "--size", file.size, "--expected", file.path)

    def measure(self, figures: Figures) -> None:
        self._streams(figures)
        self._one_stream(figures)
        self._small(figures)
        self._new_connections(figures)

    # H1, H3, H6
    def _streams(self, figures: Figures) -> None:
        big, piece = self.lab.library.big, min(16 * MIB, self.lab.library.big.size // 4)
        options = ("--connections", CONNECTIONS, "--piece", piece, "--size", big.size, "--requests",
                   max(CONNECTIONS, self.lab.size.hit_bytes // piece))
        nginx, _ = self._cpu_a_gigabyte(self.nginx, *options)
        ours, memory = self._cpu_a_gigabyte(self.weir, *options)
        in_clear, _ = self._cpu_a_gigabyte(self.weir_in_clear, *options)
        figures.add("H1", ours / nginx)
        figures.add("H3", in_clear / nginx)
        figures.add("H6", memory / 1e6)
        figures.add("H1 nginx TLS, CPU s/GB", nginx)
        figures.add("H3 nginx in clear, ÷ nginx TLS", self._cpu_a_gigabyte(self.nginx_in_clear, *options)[0] / nginx)
        if self.squid:
            figures.add("H1 squid, ÷ nginx", self._cpu_a_gigabyte(self.squid, *options)[0] / nginx)

    def _cpu_a_gigabyte(self, door: Door, *options: str | int) -> tuple[float, int]:
        self.lab.wake(door)
        with Cost(door.pid) as cost:
            done = put_load(door, self.lab.name(door, self.lab.library.big.name), *options)
        return cost.cpu / done.gigabytes, cost.memory

    # H2
    def _one_stream(self, figures: Figures) -> None:
        def rate(door: Door) -> float:
            big = self.lab.library.big
            requests = max(1, self.lab.size.hit_bytes // big.size // 2)
            self.lab.wake(door)
            done = put_load(door, self.lab.name(door, big.name), "--size", big.size, "--requests", requests)
            return done.bytes / done.seconds

        self._beside_nginx(figures, "H2", rate)

    # H4
    def _small(self, figures: Figures) -> None:
        count = self.lab.size.small_requests

        def small(door: Door, kind: str = "small-{}.bin") -> tuple[Load, float]:
            with Cost(door.pid) as cost:
                done = self.lab.small_files(door, kind, "--requests", count, "--connections", SMALL_CONNECTIONS)
            return done, cost.cpu

        nginx, nginx_cpu = small(self.nginx)
        ours, cpu = small(self.weir)
        figures.add("H4 rate", nginx.seconds / ours.seconds)
        figures.add("H4 CPU", cpu / nginx_cpu)
        figures.add("H4 nginx, CPU ms a request", 1000 * nginx_cpu / count)
        _, regular_cpu = small(self.weir, "regular-{}.txt")
        figures.add("H4 CPU, regular files with their redirect, ÷ nginx", regular_cpu / nginx_cpu)
        if self.squid:
            _, squid_cpu = small(self.squid)
            figures.add("H4 CPU squid, ÷ nginx", squid_cpu / nginx_cpu)

    # H5
    def _new_connections(self, figures: Figures) -> None:
        count = self.lab.size.new_connections

        def cpu(door: Door) -> float:
            with Cost(door.pid) as cost:
                self.lab.small_files(door, "small-{}.bin", "--requests", count, "--connections", SMALL_CONNECTIONS,
                                     "--connect-each")
            return cost.cpu / count

        nginx = cpu(self.nginx)
        figures.add("H5", cpu(self.weir) / nginx)
        figures.add("H5 nginx, CPU ms a connection", 1000 * nginx)

    def _beside_nginx(self, figures: Figures, row: str, value: Callable[[Door], float]) -> None:
        nginx = value(self.nginx)
        figures.add(row, value(self.weir) / nginx)
        if self.squid:
            figures.add(f"{row} squid, ÷ nginx", value(self.squid) / nginx)
