# SPDX-License-Identifier: Apache-2.0
"""aria2c with 8 connections: it opens a whole GET first, aborts it, and asks for ranges."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from harness import Weir
from hub import TestHub
from programs import run_well, with_ca
from states import States

WEIGHTS = "model.safetensors"


@pytest.mark.parametrize("repo", ["acme/tiny-model", "acme/medium-model"])
def test_eight_connections(weir: Weir, hub: TestHub, states: States, repo: str) -> None:
    def download(home: Path) -> Mapping[str, Path]:
        run_well(
            [
                "aria2c",
                "--quiet",
                *with_ca(weir),
                "-x8",
                "-s8",
                "-k1M",
                "-d",
                home,
                "-o",
                "file",
                f"https://huggingface.co/{repo}/resolve/main/{WEIGHTS}",
            ],
            weir.client_environment(home),
        )
        return {WEIGHTS: home / "file"}

    states.check(f"aria2c -x8 ({repo})", download, {WEIGHTS: hub.file(repo, WEIGHTS)}, cold_bodies=2)
