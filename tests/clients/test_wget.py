# SPDX-License-Identifier: Apache-2.0
"""wget: reads https_proxy in lower case, and takes the CA by --ca-certificate only."""

from collections.abc import Mapping
from pathlib import Path

from hub import TestHub
from programs import run_well, with_ca
from states import States
from ways import Way

TARGET = "/acme/tiny-model/resolve/main/model.safetensors"
WEIGHTS = "model.safetensors"


def test_whole_file(way: Way, hub: TestHub, states: States) -> None:
    def download(home: Path) -> Mapping[str, Path]:
        run_well(
            ["wget", "--quiet", *with_ca(way.weir), "-O", home / "file", way.hub + TARGET], way.client_environment(home)
        )
        return {WEIGHTS: home / "file"}

    states.check(way.label("wget"), download, {WEIGHTS: hub.file("acme/tiny-model", WEIGHTS)})


def test_resume(way: Way, hub: TestHub, states: States) -> None:
    file = hub.file("acme/tiny-model", WEIGHTS)

    def download(home: Path) -> Mapping[str, Path]:
        home.mkdir(parents=True, exist_ok=True)
        (home / "file").write_bytes(file.content.read(0, 3_000_000))
        run_well(
            ["wget", "--quiet", "--continue", *with_ca(way.weir), "-O", home / "file", way.hub + TARGET],
            way.client_environment(home),
        )
        return {WEIGHTS: home / "file"}

    states.check(way.label("wget -c (3 MB already there)"), download, {WEIGHTS: file})


def test_regular_file(way: Way, hub: TestHub, states: States) -> None:
    url = way.hub + TARGET.replace(WEIGHTS, "config.json")

    def download(home: Path) -> Mapping[str, Path]:
        run_well(
            ["wget", "--quiet", *with_ca(way.weir), "-O", home / "file", url],
            way.client_environment(home),
        )
        return {"config.json": home / "file"}

    states.check(way.label("wget, regular file"), download, {"config.json": hub.file("acme/tiny-model", "config.json")})
