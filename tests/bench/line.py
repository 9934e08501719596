# SPDX-License-Identifier: Apache-2.0
"""A network namespace behind a line of limited rate: where an origin stands that is not on the same desk."""

import os
import subprocess
from types import TracebackType

HERE, THERE = "10.213.7.1", "10.213.7.2"  # of a network that leaves this machine nowhere


class Line:
    """Needs root.  `rate` is in tc's notation, for what comes from there."""

    def __init__(self, rate: str) -> None:
        self._rate = rate
        self.namespace = f"weir-bench-{os.getpid()}"
        self.host = THERE

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
        run(f"ip link add wb-here type veth peer name wb-there netns {self.namespace}")
        run(f"ip addr add {HERE}/30 dev wb-here")
        run("ip link set wb-here up")
        for command in (
            f"ip addr add {THERE}/30 dev wb-there",
            "ip link set wb-there up",
            "ip link set lo up",
            f"tc qdisc add dev wb-there root tbf rate {self._rate} burst 512kb latency 50ms",
        ):
            run(f"ip netns exec {self.namespace} {command}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        run(f"ip netns del {self.namespace}")  # the devices go with it


def run(command: str) -> None:
    subprocess.run(command.split(), check=True, capture_output=True, text=True)
