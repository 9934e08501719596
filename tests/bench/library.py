# SPDX-License-Identifier: Apache-2.0
"""The files that are downloaded: one big, some of middle size, many small; random bytes, made once for a run."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

REPO = "bench/model"
COMMIT = hashlib.sha1(b"the only commit").hexdigest()
MIB = 1 << 20
SMALL_BYTES = 4096


@dataclass(frozen=True)
class File:
    """A file of the repository."""

    path: Path
    size: int
    sha256: str
    git_id: str

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def object_path(self) -> str:
        """Where the CDN has it."""
        place = hashlib.sha256(REPO.encode()).hexdigest()
        return f"/repos/{place[:2]}/{place[2:4]}/{place}/{self.sha256}"


class Library:
    """The files, by kind: `regular` are kept by git, all others are LFS files."""

    def __init__(self, folder: Path, big_bytes: int, middle_count: int, small_count: int) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self.big = make_file(folder / "big.bin", big_bytes)
        self.middle = [make_file(folder / f"middle-{i}.bin", MIB) for i in range(middle_count)]
        self.small = [make_file(folder / f"small-{i}.bin", SMALL_BYTES) for i in range(small_count)]
        self.regular = [make_file(folder / f"regular-{i}.txt", SMALL_BYTES) for i in range(small_count)]

    @property
    def large(self) -> list[File]:
        """Those that the hub keeps at its CDN."""
        return [self.big, *self.middle, *self.small]


def make_file(path: Path, size: int) -> File:
    sha256, git_id = hashlib.sha256(), hashlib.sha1(f"blob {size}\0".encode())
    with path.open("wb") as out:
        for begin in range(0, size, MIB):
            block = os.urandom(min(MIB, size - begin))
            out.write(block)
            sha256.update(block)
            git_id.update(block)
    return File(path, size, sha256.hexdigest(), git_id.hexdigest())


def target(name: str) -> str:
    """What a client asks the hub for."""
    return f"/{REPO}/resolve/{COMMIT}/{name}"
