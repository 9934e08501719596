# SPDX-License-Identifier: Apache-2.0
"""@huggingface/hub under Node 24.  It asks for the first byte of a file before the file, with an Accept that leads to Xet."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from harness import Weir
from hub import ALICE, File, TestHub
from programs import VENVS, files_in, run_well
from states import States

NAME = "@huggingface/hub 2.17.5"
HUB_CALL = Path(__file__).parent / "scripts/hub_call.cjs"
TINY = "acme/tiny-model"
MEDIUM = "acme/medium-model"
WEIGHTS = "model.safetensors"
PROBE = {"regular_probe_bytes": 1}


def call(weir: Weir, home: Path, function: str, **parameters: Any) -> Any:
    node = VENVS / "node"
    environment = {**weir.client_environment(home), "NODE_PATH": str(node / "node_modules")}
    done = run_well([node / "bin/node", HUB_CALL, function, json.dumps(parameters)], environment)
    answer = json.loads(done.stdout.splitlines()[-1])
    assert "result" in answer, answer
    return answer["result"]


def one_file(weir: Weir, repo: str, path: str) -> Callable[[Path], Mapping[str, Path]]:
    def download(home: Path) -> Mapping[str, Path]:
        home.mkdir(parents=True)
        return {path: Path(call(weir, home, "downloadFile", repo=repo, path=path, to=str(home / "file")))}

    return download


def snapshot(weir: Weir, repo: Any, **parameters: Any) -> Callable[[Path], Mapping[str, Path]]:
    return lambda home: files_in(Path(call(weir, home, "snapshotDownload", repo=repo, **parameters)))


def test_large_file(weir: Weir, hub: TestHub, states: States) -> None:
    states.check(f"{NAME} downloadFile", one_file(weir, TINY, WEIGHTS), {WEIGHTS: hub.file(TINY, WEIGHTS)})


def test_regular_file(weir: Weir, hub: TestHub, states: States) -> None:
    path = "config.json"
    states.check(f"{NAME} regular file", one_file(weir, TINY, path), {path: hub.file(TINY, path)}, **PROBE)


def test_snapshot(weir: Weir, hub: TestHub, states: States) -> None:
    repo = {"type": "dataset", "name": "acme/tiny-data"}
    expected: Mapping[str, File] = hub.repo("acme/tiny-data", "dataset").main.files
    states.check(f"{NAME} snapshotDownload", snapshot(weir, repo), expected, **PROBE)


def test_snapshot_of_a_gated_repository(weir: Weir, hub: TestHub, states: States) -> None:
    repo = "acme/gated-model"
    files = hub.repo(repo).main.files
    states.check(f"{NAME} gated", snapshot(weir, repo, accessToken=ALICE), files, **PROBE)


def test_listing_of_many_pages(weir: Weir, hub: TestHub, tmp_path: Path) -> None:
    """2,301 files are three pages of /tree."""
    paths = call(weir, tmp_path / "home", "listFiles", repo="acme/many-files", recursive=True)
    assert sorted(paths) == sorted(hub.repo("acme/many-files").main.files)


def test_slices_cost_their_blocks(weir: Weir, hub: TestHub, tmp_path: Path) -> None:
    file = hub.file(MEDIUM, WEIGHTS)
    ranges = [(0, 100), (20_000_000, 20_000_100), (file.size - 100, file.size)]
    parts = call(weir, tmp_path / "home", "readRanges", repo=MEDIUM, path=WEIGHTS, ranges=ranges)
    assert [bytes.fromhex(part) for part in parts] == [file.content.read(first, end - first) for first, end in ranges]
    assert hub.lfs_bytes() <= 4 << 20  # the last one lies in two blocks at most
    assert hub.cas_requests() == 0
