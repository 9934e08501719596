# SPDX-License-Identifier: Apache-2.0
"""What all routes share: the repositories and the signer."""

from collections.abc import Iterable

from .repos import Repo
from .signing import Signer

KINDS = ("model", "dataset", "space")


class World:
    """The hub's state.  `tree_page_size` is the number of entries of a page of /tree."""

    def __init__(self, repos: Iterable[Repo]) -> None:
        self.signer = Signer()
        self.tree_page_size = 1000
        self.gzip_regular_files = True
        self._repos: dict[tuple[str, str], Repo] = {}
        self._renamed: dict[tuple[str, str], Repo] = {}
        for repo in repos:
            self.add(repo)

    def add(self, repo: Repo) -> Repo:
        """One whose name was another's before takes it."""
        self._repos[repo.kind, repo.name] = repo
        self._renamed.pop((repo.kind, repo.name), None)
        for name in repo.old_names:
            self._renamed[repo.kind, name] = repo
        return repo

    def repo(self, name: str, kind: str = "model") -> Repo:
        return self._repos[kind, name]

    def all(self) -> list[Repo]:
        return list(self._repos.values())

    def find(self, kind: str, name: str) -> Repo | None:
        return self._repos.get((kind, name))

    def find_renamed(self, kind: str, name: str) -> Repo | None:
        return self._renamed.get((kind, name))

    def split(self, segments: list[str], keywords: Iterable[str]) -> tuple[str, str, str, list[str]] | None:
        """Splits [datasets|spaces,] org, name, keyword, rest... into kind, name, keyword, rest."""
        kind = "model"
        if segments[0] in ("datasets", "spaces"):
            kind, segments = segments[0][:-1], segments[1:]
        for length in (2, 1):
            if len(segments) > length and segments[length] in keywords:
                return kind, "/".join(segments[:length]), segments[length], segments[length + 1 :]
        return None
