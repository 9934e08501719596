# SPDX-License-Identifier: Apache-2.0
"""The load client, and what it is pointed at."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
TIMEOUT_SECONDS = 900


class WrongBytes(Exception):
    """A server sent what the file does not hold."""


@dataclass(frozen=True)
class Door:
    """Where requests go: a server, or a proxy before it."""

    port: int
    host: str
    pid: int  # of the server that is looked at
    ca_file: Path | None = None  # none: in clear
    connect: int = 0  # the port that a proxy is asked for
    address: str = "127.0.0.1"
    prefix: str = ""  # of the targets

    def options(self) -> list[str]:
        found = ["--address", self.address, "--port", str(self.port), "--host", self.host]
        if self.ca_file:
            found += ["--ca", str(self.ca_file)]
        if self.connect:
            found += ["--connect", str(self.connect)]
        return found


@dataclass(frozen=True)
class Spread:
    """Seconds over all requests of a load."""

    min: float
    median: float
    max: float


@dataclass(frozen=True)
class Load:
    """What the load client measured."""

    seconds: float
    requests: int
    bytes: int
    first_byte: Spread
    whole: Spread

    @property
    def gigabytes(self) -> float:
        return self.bytes / 1e9


def load_binary() -> Path:
    return Path(os.environ.get("WEIR_LOAD") or PROJECT / "build/release/weir-load")


def put_load(door: Door, target: str, *options: str | int | Path) -> Load:
    """Runs the load client to its end.  WrongBytes when it was told to compare and they differ."""
    command = [load_binary(), *door.options(), *map(str, options), door.prefix + target]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, stdin=subprocess.DEVNULL)
    if done.returncode == 3:
        raise WrongBytes(done.stderr.strip())
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}\n{done.stderr.strip()}")
    found = json.loads(done.stdout)
    first_byte, whole = Spread(**found.pop("first_byte")), Spread(**found.pop("whole"))
    return Load(**found, first_byte=first_byte, whole=whole)
