# SPDX-License-Identifier: Apache-2.0
"""What the hub holds: repositories, their revisions and files."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from . import gitobjects
from .content import Content, Held

LFS_SUFFIXES = (".safetensors", ".bin", ".parquet")
XET_CDN = "us.aws.cdn.hf.co"
LEGACY_CDN = "cdn-lfs.hf.co"


@dataclass(frozen=True)
class File:
    """A file of a snapshot.  LFS files live on a CDN under their Xet hash or, when `legacy`, under their sha256."""

    content: Content
    lfs: bool = False
    legacy: bool = False

    @property
    def size(self) -> int:
        return self.content.size

    @property
    def sha256(self) -> str:
        return self.content.sha256

    @cached_property
    def xet_hash(self) -> str:
        """Stands for the Merkle hash of Xet: 64 hex digits that are not the sha256."""
        return hashlib.sha256(b"xet hash of " + self.sha256.encode()).hexdigest()

    @cached_property
    def git_bytes(self) -> bytes:
        """What git holds of the file: its bytes, or the LFS pointer."""
        if self.lfs:
            return gitobjects.lfs_pointer(self.sha256, self.size)
        return self.content.read(0, self.size)

    @cached_property
    def oid(self) -> str:
        return gitobjects.blob_id(self.git_bytes)


class Snapshot:
    """The files of one commit."""

    def __init__(self, files: Mapping[str, File], parent: "Snapshot | None" = None) -> None:
        self.files = dict(sorted(files.items()))
        self.parent = parent

    @cached_property
    def trees(self) -> dict[str, str]:
        return gitobjects.tree_ids({path: file.oid for path, file in self.files.items()})

    @cached_property
    def sha(self) -> str:
        return gitobjects.commit_id(self.trees[""], self.parent.sha if self.parent else None)


@dataclass
class Repo:
    """A repository.  `kind` is model, dataset or space; `old_names` answer with a redirect to `name`."""

    kind: str
    name: str
    files: Mapping[str, File]
    private: bool = False
    gated: bool = False
    old_names: tuple[str, ...] = ()
    owner: str = "alice"
    refs: dict[str, Snapshot] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.files = {".gitattributes": File(Held(_gitattributes())), **self.files}
        main = Snapshot(self.files)
        self.refs.update({"refs/heads/main": main, "refs/tags/v1": main})

    def commit(self, files: Mapping[str, File], ref: str = "refs/heads/main") -> Snapshot:
        """Adds or replaces files in a new commit on top of main and points the ref to it."""
        main = self.refs["refs/heads/main"]
        self.refs[ref] = Snapshot({**main.files, **files}, main)
        return self.refs[ref]

    def find(self, revision: str) -> Snapshot | None:
        """The snapshot that a branch, a tag, a full ref or a commit id names."""
        for name in (revision, f"refs/heads/{revision}", f"refs/tags/{revision}"):
            if name in self.refs:
                return self.refs[name]
        return next((snapshot for snapshot in self.history() if snapshot.sha == revision), None)

    def history(self) -> list[Snapshot]:
        found: list[Snapshot] = []
        for snapshot in self.refs.values():
            step: Snapshot | None = snapshot
            while step and step not in found:
                found.append(step)
                step = step.parent
        return found

    @property
    def main(self) -> Snapshot:
        return self.refs["refs/heads/main"]

    @property
    def url_path(self) -> str:
        """The path of its page: models have no prefix."""
        return self.name if self.kind == "model" else f"{self.kind}s/{self.name}"

    @cached_property
    def id24(self) -> str:
        return hashlib.sha256(self.url_path.encode()).hexdigest()[:24]

    def cdn_location(self, file: File) -> tuple[str, str]:
        """Host and path of an LFS file on its CDN."""
        if file.legacy:
            repo_hash = hashlib.sha256(self.url_path.encode()).hexdigest()
            return LEGACY_CDN, f"/repos/{repo_hash[:2]}/{repo_hash[2:4]}/{repo_hash}/{file.sha256}"
        return XET_CDN, f"/xet-bridge-us/{self.id24}/{file.xet_hash}"


def regular(content: Content | bytes | str) -> File:
    return File(Held(content) if isinstance(content, (bytes, str)) else content)


def large(content: Content, legacy: bool = False) -> File:
    return File(content, lfs=True, legacy=legacy)


def _gitattributes() -> str:
    return "".join(f"*{suffix} filter=lfs diff=lfs merge=lfs -text\n" for suffix in LFS_SUFFIXES)
