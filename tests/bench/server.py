# SPDX-License-Identifier: Apache-2.0
"""A server beside Weir: a process that listens, and ends with the benchmark."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from process import family

READY_SECONDS = 10.0


class Server:
    """start() is for whoever knows how the program is called."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    def start(self, command: Sequence[str | Path], address: str) -> None:
        """Until it listens at HOST:PORT."""
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        try:
            wait_until_open(address, self._process)
        except RuntimeError:
            self.stop()
            raise

    def stop(self) -> None:
        process, self._process = self._process, None
        if process:
            process.terminate()
            process.wait()

    def kill(self) -> None:
        """With its children, without a word to those who are connected."""
        for member in list(family(self.pid)):
            os.kill(member, signal.SIGKILL)
        self.stop()

    def __exit__(self, *_: object) -> None:
        self.stop()


def wait_until_open(address: str, process: subprocess.Popen[bytes]) -> None:
    """Until something accepts connections at HOST:PORT."""
    host, port = address.split(":")
    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"nothing listens at {address}") from None
            time.sleep(0.02)
