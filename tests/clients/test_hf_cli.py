# SPDX-License-Identifier: Apache-2.0
"""The command that most people type: hf download, in the environment of `weir env` and under `weir run`."""

from collections.abc import Mapping
from pathlib import Path

from harness import Weir
from harness.weir import clean_environment, weir_binary
from hub import ALICE, TestHub
from programs import files_in, hf, run, run_well
from states import States
from ways import Way

TINY = "acme/tiny-model"


def cached_files(home: Path, repo: str) -> Mapping[str, Path]:
    """The files of the only snapshot of a model in the cache of that home."""
    snapshots = home / ".cache/huggingface/hub" / f"models--{repo.replace('/', '--')}" / "snapshots"
    return files_in(next(snapshots.iterdir()))


def test_hf_download(way: Way, hub: TestHub, states: States) -> None:
    def download(home: Path) -> Mapping[str, Path]:
        run_well([hf("2.4.0"), "download", TINY], way.client_environment(home))
        return cached_files(home, TINY)

    states.check(way.label("hf download (2.4.0)"), download, hub.repo(TINY).main.files)


def test_hf_download_under_weir_run(weir: Weir, hub: TestHub, states: States) -> None:
    def download(home: Path) -> Mapping[str, Path]:
        run_well(
            [weir_binary(), "run", "--config", weir.config_file, "--", hf("2.4.0"), "download", TINY],
            clean_environment(home),
        )
        return cached_files(home, TINY)

    states.check("weir run -- hf download (2.4.0)", download, hub.repo(TINY).main.files)


def test_hf_download_to_a_folder(way: Way, hub: TestHub, states: States) -> None:
    def download(home: Path) -> Mapping[str, Path]:
        run_well([hf("1.33.0"), "download", TINY, "--local-dir", home / "model"], way.client_environment(home))
        return files_in(home / "model")

    states.check(way.label("hf download --local-dir (1.33.0)"), download, hub.repo(TINY).main.files)


def test_hf_download_of_a_gated_repository(way: Way, hub: TestHub, states: States, tmp_path: Path) -> None:
    repo = "acme/gated-model"

    def download(home: Path) -> Mapping[str, Path]:
        run_well([hf("2.4.0"), "download", repo], {**way.client_environment(home), "HF_TOKEN": ALICE})
        return cached_files(home, repo)

    states.check(way.label("hf download, gated (2.4.0)"), download, hub.repo(repo).main.files)
    refused = run([hf("2.4.0"), "download", repo], way.client_environment(tmp_path / "stranger"))
    assert refused.returncode != 0
    assert hub.file(repo, "model.safetensors").sha256 not in str(list((tmp_path / "stranger").rglob("*")))
