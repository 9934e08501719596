# SPDX-License-Identifier: Apache-2.0
"""The bytes of files: held in memory, or generated from a seed so that gigabytes need neither memory nor disk."""

import functools
import hashlib
from collections.abc import Iterator
from typing import Protocol

BLOCK_BYTES = 1 << 20


class Content(Protocol):
    """Random access to the bytes of one file.  `sha256` is what the hub tells of it: lower-case hex."""

    size: int

    @property
    def sha256(self) -> str: ...

    def read(self, offset: int, length: int) -> bytes:
        """The bytes from offset on: `length` of them, or fewer at the end."""
        ...


class Held:
    """Bytes that are held in memory."""

    def __init__(self, data: bytes | str) -> None:
        self.data = data.encode() if isinstance(data, str) else data
        self.size = len(self.data)

    @functools.cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    def read(self, offset: int, length: int) -> bytes:
        return self.data[offset : offset + length]


class Generated:
    """Pseudo-random bytes that depend on the seed and the offset alone.  `declared_sha256` stands in for the digest of
    contents that are too big to be hashed (over 50 GB)."""

    def __init__(self, seed: str, size: int, declared_sha256: str | None = None) -> None:
        self.seed = seed
        self.size = size
        self._declared = declared_sha256

    @property
    def sha256(self) -> str:
        return self._declared or _sha256_of_generated(self.seed, self.size)

    def read(self, offset: int, length: int) -> bytes:
        end = min(offset + length, self.size)
        parts = []
        while offset < end:
            index, start = divmod(offset, BLOCK_BYTES)
            stop = min(BLOCK_BYTES, start + end - offset)
            parts.append(_block(self.seed, index)[start:stop])
            offset += stop - start
        return b"".join(parts)


class Zeros:
    """Nothing but zeros, as fast as they can be sent.  `declared_sha256` spares the time to hash them."""

    def __init__(self, size: int, declared_sha256: str | None = None) -> None:
        self.size = size
        self._declared = declared_sha256

    @functools.cached_property
    def sha256(self) -> str:
        if self._declared:
            return self._declared
        digest = hashlib.sha256()
        for piece in pieces(self, 0, self.size):
            digest.update(piece)
        return digest.hexdigest()

    def read(self, offset: int, length: int) -> bytes:
        return _zeros(max(0, min(length, self.size - offset)))


@functools.lru_cache(maxsize=4)
def _zeros(length: int) -> bytes:
    return bytes(length)


@functools.lru_cache(maxsize=64)
def _block(seed: str, index: int) -> bytes:
    return hashlib.shake_128(f"{seed}/{index}".encode()).digest(BLOCK_BYTES)


@functools.cache
def _sha256_of_generated(seed: str, size: int) -> str:
    digest = hashlib.sha256()
    for piece in pieces(Generated(seed, size), 0, size):
        digest.update(piece)
    return digest.hexdigest()


def pieces(content: Content, offset: int, length: int, piece_bytes: int = BLOCK_BYTES) -> Iterator[bytes]:
    """The range of the content in pieces of at most piece_bytes."""
    end = min(offset + length, content.size)
    while offset < end:
        piece = content.read(offset, min(piece_bytes, end - offset))
        yield piece
        offset += len(piece)
