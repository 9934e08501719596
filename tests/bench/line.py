# SPDX-License-Identifier: Apache-2.0
"""A network namespace behind a line of limited rate: where a server stands that is not on the same desk."""

import os
import subprocess
from types import TracebackType

NETWORK = "10.213.7"  # leaves this machine nowhere


class Line:
    """Needs root.  `rate` is in tc's notation, for what comes from there.  Lines of different numbers, 0 to 63, stand
    at the same time."""

    def __init__(self, rate: str, number: int = 0) -> None:
        self._rate = rate
        self._number = number
        self._near = f"{NETWORK}.{4 * number + 1}"
        self.namespace = f"weir-bench-{os.getpid()}-{number}"
        self.host = f"{NETWORK}.{4 * number + 2}"

    @staticmethod
    def is_possible() -> bool:
        return os.geteuid() == 0

    def __enter__(self) -> "Line":
        run(f"ip netns add {self.namespace}")
        try:
            self._connect()
        except subprocess.CalledProcessError:
            run(f"ip netns del {self.namespace}")
            raise
        return self

    def _connect(self) -> None:
        here, there = f"wb-here-{self._number}", f"wb-there-{self._number}"
        run(f"ip link add {here} type veth peer name {there} netns {self.namespace}")
        run(f"ip addr add {self._near}/30 dev {here}")
        run(f"ip link set {here} up")
        for command in (
            f"ip addr add {self.host}/30 dev {there}",
            f"ip link set {there} up",
            "ip link set lo up",
            f"tc qdisc add dev {there} root tbf rate {self._rate} burst 512kb latency 50ms",
        ):
            self.run_there(command)

    def run_there(self, command: str) -> str:
        """What it printed."""
        return run(f"ip netns exec {self.namespace} {command}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        run(f"ip netns del {self.namespace}")  # the devices go with it


def run(command: str) -> str:
    return subprocess.run(command.split(), check=True, capture_output=True, text=True).stdout
