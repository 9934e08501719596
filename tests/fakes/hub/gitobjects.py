# SPDX-License-Identifier: Apache-2.0
"""Git's object ids computed without git, so that the API, the ETags and the cloned repository name the same commits."""

import hashlib
from collections.abc import Mapping

AUTHOR = "Test Hub <hub@example.invalid> 1700000000 +0000"
MESSAGE = "the only commit\n"


def lfs_pointer(sha256: str, size: int) -> bytes:
    """The text that stands in git for an LFS file (git-lfs spec, v1)."""
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize {size}\n".encode()


def blob_id(data: bytes) -> str:
    return _object_id("blob", data)


def tree_ids(blobs: Mapping[str, str]) -> dict[str, str]:
    """The tree id of each folder of a snapshot (path -> blob id); the root is ''."""
    ids: dict[str, str] = {}
    _tree_id("", blobs, ids)
    return ids


def commit_id(tree: str, parent: str | None) -> str:
    return _object_id("commit", commit_text(tree, parent))


def commit_text(tree: str, parent: str | None) -> bytes:
    lines = [f"tree {tree}"] + ([f"parent {parent}"] if parent else [])
    return ("\n".join([*lines, f"author {AUTHOR}", f"committer {AUTHOR}", "", MESSAGE])).encode()


def _object_id(kind: str, data: bytes) -> str:
    return hashlib.sha1(f"{kind} {len(data)}\0".encode() + data).hexdigest()


def _tree_id(folder: str, blobs: Mapping[str, str], ids: dict[str, str]) -> str:
    prefix = folder + "/" if folder else ""
    entries: dict[bytes, bytes] = {}
    subfolders: set[str] = set()
    for path, oid in blobs.items():
        name, slash, _ = path.removeprefix(prefix).partition("/")
        if not path.startswith(prefix):
            continue
        if slash:
            subfolders.add(name)
        else:
            entries[name.encode()] = b"100644 " + name.encode() + b"\0" + bytes.fromhex(oid)
    for name in subfolders:
        below = {path: oid for path, oid in blobs.items() if path.startswith(f"{prefix}{name}/")}
        oid = _tree_id(prefix + name, below, ids)
        # Git sorts a folder as if its name ended in a slash.
        entries[name.encode() + b"/"] = b"40000 " + name.encode() + b"\0" + bytes.fromhex(oid)
    ids[folder] = _object_id("tree", b"".join(entries[key] for key in sorted(entries)))
    return ids[folder]
