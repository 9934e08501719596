# SPDX-License-Identifier: Apache-2.0
"""The Rust crate hf-hub.  Where an answer has X-Xet-Hash it reads by Xet and by nothing else."""

from collections.abc import Callable, Mapping
from pathlib import Path

from hub import ALICE, TestHub
from programs import VENVS, files_in, run, run_well
from states import States
from ways import Way

NAME = "hf-hub 1.0.0"
TINY = "acme/tiny-model"
WEIGHTS = "model.safetensors"
PROGRAM = VENVS / "hf-hub/bin/hf-hub-client"


def one_file(way: Way, path: str) -> Callable[[Path], Mapping[str, Path]]:
    def download(home: Path) -> Mapping[str, Path]:
        done = run_well([PROGRAM, "model", TINY, path], way.client_environment(home))
        return {path: Path(done.stdout.strip())}

    return download


def snapshot(way: Way, kind: str, repo: str, token: str = "") -> Callable[[Path], Mapping[str, Path]]:
    def download(home: Path) -> Mapping[str, Path]:
        environment = {**way.client_environment(home), **({"HF_TOKEN": token} if token else {})}
        return files_in(Path(run_well([PROGRAM, kind, repo], environment).stdout.strip()))

    return download


def test_large_file(way: Way, hub: TestHub, states: States) -> None:
    states.check(way.label(f"{NAME} download_file"), one_file(way, WEIGHTS), {WEIGHTS: hub.file(TINY, WEIGHTS)})


def test_regular_file(way: Way, hub: TestHub, states: States) -> None:
    path = "config.json"
    states.check(way.label(f"{NAME} regular file"), one_file(way, path), {path: hub.file(TINY, path)})


def test_snapshot(way: Way, hub: TestHub, states: States) -> None:
    states.check(way.label(f"{NAME} snapshot_download"), snapshot(way, "model", TINY), hub.repo(TINY).main.files)


def test_dataset(way: Way, hub: TestHub, states: States) -> None:
    files = hub.repo("acme/tiny-data", "dataset").main.files
    states.check(way.label(f"{NAME} dataset"), snapshot(way, "dataset", "acme/tiny-data"), files)


def test_gated_repository(way: Way, hub: TestHub, states: States, tmp_path: Path) -> None:
    repo = "acme/gated-model"
    states.check(way.label(f"{NAME} gated"), snapshot(way, "model", repo, ALICE), hub.repo(repo).main.files)
    refused = run([PROGRAM, "model", repo], way.client_environment(tmp_path / "stranger"))
    assert refused.returncode == 1
    assert hub.file(repo, WEIGHTS).sha256 not in str(list((tmp_path / "stranger").rglob("*")))
