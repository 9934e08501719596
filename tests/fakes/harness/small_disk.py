# SPDX-License-Identifier: Apache-2.0
"""A file system of a few MiB that a test fills, empties, and makes read-only while Weir's store is on it."""

import errno
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

MIB = 1 << 20


def mount(*arguments: str | Path) -> str:
    """What mount(8) says against it; empty when it is done."""
    done = subprocess.run(["mount", *map(str, arguments)], capture_output=True, text=True, timeout=30)
    return "" if done.returncode == 0 else done.stderr.strip() or f"mount ended with {done.returncode}"


def unmount(folder: Path) -> None:
    """Also while files on it are open."""
    subprocess.run(["umount", "--lazy", str(folder)], check=True, capture_output=True, timeout=30)


class SmallDisk:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.filler = folder / "filler"

    def fill(self, leave: int = 0) -> None:
        """Takes all room but so many bytes."""
        with self.filler.open("ab", buffering=0) as file:
            block = b"x" * (64 * 1024)
            try:
                while True:
                    file.write(block)
            except OSError:
                pass
        os.truncate(self.filler, self.filler.stat().st_size - leave)

    def empty(self) -> None:
        if self.filler.is_dir():
            return shutil.rmtree(self.filler)
        self.filler.unlink()

    def fill_with_files(self) -> None:
        """Takes all files that it can have, and no bytes."""
        self.filler.mkdir()
        try:
            for number in count():
                (self.filler / str(number)).touch()
        except OSError as error:
            assert error.errno == errno.ENOSPC

    def remount(self, how: str) -> None:
        """The file system itself, "ro" or "rw", while nobody has a file on it open for writing."""
        assert not (refused := mount("-o", f"remount,{how}", self.folder)), refused

    @contextmanager
    def read_only(self) -> Iterator[None]:
        """For every file that is opened from now on; who has one open for writing could not be refused it."""
        assert not mount("--bind", self.folder, self.folder)
        try:
            assert not mount("-o", "remount,bind,ro", self.folder)
            yield
        finally:
            unmount(self.folder)


@contextmanager
def mounted(folder: Path, size: int, files: int = 0) -> Iterator[SmallDisk | str]:
    """A new file system there, for so many files at most if a number is given; the reason when this machine does not let a test mount one."""
    folder.mkdir(parents=True, mode=0o700)
    limits = f"size={size},mode=0700" + (f",nr_inodes={files}" if files else "")
    refused = mount("-t", "tmpfs", "-o", limits, "tmpfs", folder)
    if refused:
        yield refused
        return
    try:
        yield SmallDisk(folder)
    finally:
        unmount(folder)
