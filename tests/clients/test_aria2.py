# SPDX-License-Identifier: Apache-2.0
"""aria2c with 8 connections: it opens a whole GET first, aborts it, and asks for ranges."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from hub import TestHub
from programs import run_well, with_ca
from states import States
from ways import Way

WEIGHTS = "model.safetensors"


@pytest.mark.parametrize("repo", ["acme/tiny-model", "acme/medium-model"])
def test_eight_connections(way: Way, hub: TestHub, states: States, repo: str) -> None:
    def download(home: Path) -> Mapping[str, Path]:
        run_well(
            [
                "aria2c",
                "--quiet",
                *with_ca(way.weir),
                "-x8",
                "-s8",
                "-k1M",
                "-d",
                home,
                "-o",
                "file",
                f"{way.hub}/{repo}/resolve/main/{WEIGHTS}",
            ],
            way.client_environment(home),
        )
        return {WEIGHTS: home / "file"}

    states.check(way.label(f"aria2c -x8 ({repo})"), download, {WEIGHTS: hub.file(repo, WEIGHTS)}, cold_bodies=2)
