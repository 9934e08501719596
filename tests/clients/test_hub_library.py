# SPDX-License-Identifier: Apache-2.0
"""huggingface_hub, three generations of it, with hf_xet installed and nothing configured but `weir env`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from hub import ALICE, BOB, File, TestHub
from programs import HUB_VERSIONS, files_in, hub_call
from states import States, sha256_of
from ways import Way

TINY = "acme/tiny-model"
WEIGHTS = "model.safetensors"

each_version = pytest.mark.parametrize("version", HUB_VERSIONS)


class Library:
    """One version of the library on one way to a weir."""

    def __init__(self, version: str, way: Way) -> None:
        self.version = version
        self._way = way

    def call(self, function: str, home: Path, **arguments: Any) -> dict[str, str]:
        return hub_call(self.version, function, self._way.client_environment(home), **arguments)

    def file(self, home: Path, path: str, **arguments: Any) -> Mapping[str, Path]:
        answer = self.call("hf_hub_download", home, filename=path, **arguments)
        return {path: Path(answer["result"])} if "result" in answer else {}

    def snapshot(self, home: Path, **arguments: Any) -> Mapping[str, Path]:
        answer = self.call("snapshot_download", home, **arguments)
        assert "result" in answer, answer
        return files_in(Path(answer["result"]))

    @property
    def is_in_clear(self) -> bool:
        """Whether its URLs begin with http:."""
        return self._way.hub.startswith("http:")

    def label(self, what: str) -> str:
        """This client's name in the table."""
        return self._way.label(f"huggingface_hub {self.version} {what}")


@pytest.fixture
def library(version: str, way: Way) -> Library:
    return Library(version, way)


def one(hub: TestHub, repo: str, path: str, kind: str = "model") -> Mapping[str, File]:
    return {path: hub.file(repo, path, kind)}


@each_version
def test_large_file(library: Library, hub: TestHub, states: States) -> None:
    states.check(
        library.label("hf_hub_download"),
        lambda home: library.file(home, WEIGHTS, repo_id=TINY),
        one(hub, TINY, WEIGHTS),
    )


@each_version
def test_regular_file(library: Library, hub: TestHub, states: States) -> None:
    states.check(
        library.label("regular file"),
        lambda home: library.file(home, "config.json", repo_id=TINY),
        one(hub, TINY, "config.json"),
    )


@each_version
def test_snapshot(library: Library, hub: TestHub, states: States) -> None:
    states.check(
        library.label("snapshot_download"),
        lambda home: library.snapshot(home, repo_id=TINY),
        hub.repo(TINY).main.files,
    )


@each_version
def test_snapshot_of_odd_names(library: Library, hub: TestHub, states: States) -> None:
    states.check(
        library.label("odd names, empty files"),
        lambda home: library.snapshot(home, repo_id="acme/odd-names"),
        hub.repo("acme/odd-names").main.files,
    )


@each_version
def test_dataset(library: Library, hub: TestHub, states: States) -> None:
    states.check(
        library.label("dataset"),
        lambda home: library.snapshot(home, repo_id="acme/tiny-data", repo_type="dataset"),
        hub.repo("acme/tiny-data", "dataset").main.files,
    )


@each_version
def test_space(library: Library, hub: TestHub, states: States) -> None:
    states.check(
        library.label("space"),
        lambda home: library.snapshot(home, repo_id="acme/tiny-space", repo_type="space"),
        hub.repo("acme/tiny-space", "space").main.files,
    )


@each_version
@pytest.mark.parametrize("old_name", ["oldorg/tiny-model", "tiny-model"])
def test_renamed_repository(library: Library, hub: TestHub, states: States, old_name: str) -> None:
    states.check(
        library.label(f"renamed {old_name}"),
        lambda home: library.file(home, WEIGHTS, repo_id=old_name),
        one(hub, TINY, WEIGHTS),
    )


@each_version
def test_gated_repository_with_the_right_token(library: Library, hub: TestHub, states: States) -> None:
    states.check(
        library.label("gated, right token"),
        lambda home: library.snapshot(home, repo_id="acme/gated-model", token=ALICE),
        hub.repo("acme/gated-model").main.files,
    )


@each_version
@pytest.mark.parametrize(("token", "name"), [(False, "none"), (BOB, "wrong"), ("hf_unknown", "unknown")])
@pytest.mark.parametrize("path", ["config.json", WEIGHTS])
def test_gated_file_in_the_store_is_refused(
    library: Library, tmp_path: Path, hub: TestHub, path: str, token: str | bool, name: str
) -> None:
    """Cold, and again when the file lies in the store because somebody else may have it."""
    wanted = {"repo_id": "acme/gated-model", "filename": path}
    cold = library.call("hf_hub_download", tmp_path / "cold", token=token, **wanted)
    assert "error" in cold
    held = library.call("hf_hub_download", tmp_path / "alice", token=ALICE, **wanted)
    assert sha256_of(Path(held["result"])) == hub.file("acme/gated-model", path).sha256
    warm = library.call("hf_hub_download", tmp_path / "warm", token=token, **wanted)
    assert (cold["error"], warm.get("error")) == (warm.get("error"), cold["error"])
    if name != "unknown":
        assert warm["error"] == "GatedRepoError"


@each_version
def test_the_same_bytes_elsewhere_are_a_hit(library: Library, tmp_path: Path, hub: TestHub) -> None:
    first = library.file(tmp_path / "first", WEIGHTS, repo_id=TINY)
    hub.log.reset()
    copy = library.file(tmp_path / "second", "other-name.safetensors", repo_id="acme/copy-of-tiny")
    assert sha256_of(first[WEIGHTS]) == sha256_of(copy["other-name.safetensors"])
    assert hub.lfs_bytes() == 0


@each_version
@pytest.mark.parametrize(
    ("arguments", "errors"),
    [
        ({"repo_id": TINY, "filename": "absent.txt"}, {"EntryNotFoundError", "RemoteEntryNotFoundError"}),
        ({"repo_id": TINY, "filename": "config.json", "revision": "absent"}, {"RevisionNotFoundError"}),
        ({"repo_id": "acme/absent", "filename": "config.json"}, {"RepositoryNotFoundError"}),
        ({"repo_id": "acme/private-model", "filename": "config.json"}, {"RepositoryNotFoundError"}),
        ({"repo_id": "acme/private-model", "filename": "config.json", "token": BOB}, {"RepositoryNotFoundError"}),
    ],
)
def test_the_hubs_no_reaches_the_client(
    library: Library, tmp_path: Path, arguments: dict[str, Any], errors: set[str]
) -> None:
    answer = library.call("hf_hub_download", tmp_path / "home", **arguments)
    # The library takes a 401 for an absent repository at https URLs alone.
    also = {"HfHubHTTPError"} if library.is_in_clear and "token" not in arguments else set()
    assert answer.get("error") in errors | also, answer


@each_version
def test_listing_of_many_pages(library: Library, tmp_path: Path, hub: TestHub) -> None:
    """2,301 files are three pages of /tree; a third of them are LFS files."""
    names = ["shard-00000.bin", "shard-01500.bin", "shard-02299.txt"]
    found = library.snapshot(tmp_path / "home", repo_id="acme/many-files", allow_patterns=names)
    expected = {name: hub.file("acme/many-files", name).sha256 for name in names}
    assert {name: sha256_of(path) for name, path in found.items()} == expected
    assert hub.cas_requests() == 0
