# SPDX-License-Identifier: Apache-2.0
"""@huggingface/hub under Node 24.  It asks for the first byte of a file before the file, with an Accept that leads to Xet."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from hub import ALICE, File, TestHub
from programs import VENVS, files_in, run_well
from states import States
from ways import Way

NAME = "@huggingface/hub 2.17.5"
HUB_CALL = Path(__file__).parent / "scripts/hub_call.cjs"
TINY = "acme/tiny-model"
MEDIUM = "acme/medium-model"
WEIGHTS = "model.safetensors"
PROBE = {"regular_probe_bytes": 1}


def call(way: Way, home: Path, function: str, **parameters: Any) -> Any:
    node = VENVS / "node"
    environment = {**way.client_environment(home), "NODE_PATH": str(node / "node_modules")}
    parameters |= {"hubUrl": way.hub} if way.is_endpoint else {}  # it reads no HF_ENDPOINT
    done = run_well([node / "bin/node", HUB_CALL, function, json.dumps(parameters)], environment)
    answer = json.loads(done.stdout.splitlines()[-1])
    assert "result" in answer, answer
    return answer["result"]


def one_file(way: Way, repo: str, path: str) -> Callable[[Path], Mapping[str, Path]]:
    def download(home: Path) -> Mapping[str, Path]:
        home.mkdir(parents=True)
        return {path: Path(call(way, home, "downloadFile", repo=repo, path=path, to=str(home / "file")))}

    return download


def snapshot(way: Way, repo: Any, **parameters: Any) -> Callable[[Path], Mapping[str, Path]]:
    return lambda home: files_in(Path(call(way, home, "snapshotDownload", repo=repo, **parameters)))


def test_large_file(way: Way, hub: TestHub, states: States) -> None:
    states.check(way.label(f"{NAME} downloadFile"), one_file(way, TINY, WEIGHTS), {WEIGHTS: hub.file(TINY, WEIGHTS)})


def test_regular_file(way: Way, hub: TestHub, states: States) -> None:
    path = "config.json"
    states.check(way.label(f"{NAME} regular file"), one_file(way, TINY, path), {path: hub.file(TINY, path)}, **PROBE)


def test_snapshot(way: Way, hub: TestHub, states: States) -> None:
    repo = {"type": "dataset", "name": "acme/tiny-data"}
    expected: Mapping[str, File] = hub.repo("acme/tiny-data", "dataset").main.files
    states.check(way.label(f"{NAME} snapshotDownload"), snapshot(way, repo), expected, **PROBE)


def test_snapshot_of_a_gated_repository(way: Way, hub: TestHub, states: States) -> None:
    repo = "acme/gated-model"
    files = hub.repo(repo).main.files
    states.check(way.label(f"{NAME} gated"), snapshot(way, repo, accessToken=ALICE), files, **PROBE)


def test_listing_of_many_pages(way: Way, hub: TestHub, tmp_path: Path) -> None:
    """2,301 files are three pages of /tree."""
    paths = call(way, tmp_path / "home", "listFiles", repo="acme/many-files", recursive=True)
    assert sorted(paths) == sorted(hub.repo("acme/many-files").main.files)


def test_slices_cost_their_blocks(way: Way, hub: TestHub, tmp_path: Path) -> None:
    file = hub.file(MEDIUM, WEIGHTS)
    ranges = [(0, 100), (20_000_000, 20_000_100), (file.size - 100, file.size)]
    parts = call(way, tmp_path / "home", "readRanges", repo=MEDIUM, path=WEIGHTS, ranges=ranges)
    assert [bytes.fromhex(part) for part in parts] == [file.content.read(first, end - first) for first, end in ranges]
    assert hub.lfs_bytes() <= 4 << 20  # the last one lies in two blocks at most
    assert hub.cas_requests() == 0
