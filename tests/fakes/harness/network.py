# SPDX-License-Identifier: Apache-2.0
"""Hosts of their own on this machine: network namespaces at one switch, which nothing else sees."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

BITS = 24


@dataclass(frozen=True)
class Host:
    """Commands are started in it with `enter` before them."""

    address: str
    namespace: str

    @property
    def enter(self) -> list[str]:
        return ["ip", "netns", "exec", self.namespace]


class Network:
    """A switch that this machine stands at as `address`, and `hosts`."""

    def __init__(self, number: int) -> None:
        self._net = f"10.214.{number}"
        self._name = f"wt{os.getpid() % 100_000}"
        self.hosts: list[Host] = []
        self.address = f"{self._net}.1"
        run(f"ip link add {self._name} type bridge")

    def connect(self, rates: Sequence[str]) -> None:
        run(f"ip addr add {self.address}/{BITS} dev {self._name}")
        run(f"ip link set {self._name} up")
        for rate in rates:
            self._add_host(rate)

    def _add_host(self, rate: str) -> None:
        number = len(self.hosts) + 2
        here, there = f"{self._name}h{number}", f"{self._name}t{number}"
        host = Host(f"{self._net}.{number}", f"{self._name}-{number}")
        run(f"ip netns add {host.namespace}")
        self.hosts.append(host)
        run(f"ip link add {here} type veth peer name {there} netns {host.namespace}")
        run(f"ip link set {here} master {self._name} up")
        for command in (f"ip addr add {host.address}/{BITS} dev {there}", f"ip link set {there} up", "ip link set lo up"):
            run(" ".join([*host.enter, command]))
        if rate:
            run(" ".join([*host.enter, f"tc qdisc add dev {there} root tbf rate {rate} burst 64kb latency 50ms"]))

    def remove(self) -> None:
        for host in self.hosts:
            run(f"ip netns del {host.namespace}")  # its devices go with it
        run(f"ip link del {self._name}")


@contextmanager
def network(number: int, rates: Sequence[str]) -> Iterator[Network | str]:
    """Of 256 that do not touch, with a host for each rate, in tc's notation, of what it sends ("": any).  The reason when
    this machine does not let a test make one."""
    try:
        made = Network(number)
    except (subprocess.CalledProcessError, FileNotFoundError) as error:
        yield str(getattr(error, "stderr", error))
        return
    try:
        refused = ""
        try:
            made.connect(rates)
        except (subprocess.CalledProcessError, FileNotFoundError) as error:
            refused = str(getattr(error, "stderr", error))
        yield refused or made
    finally:
        made.remove()


def run(command: str) -> None:
    subprocess.run(command.split(), check=True, capture_output=True, text=True, timeout=30)
