# SPDX-License-Identifier: Apache-2.0
"""wget: reads https_proxy in lower case, and takes the CA by --ca-certificate only."""

from collections.abc import Mapping
from pathlib import Path

from harness import Weir
from hub import TestHub
from programs import run_well, with_ca
from states import States

URL = "https://huggingface.co/acme/tiny-model/resolve/main/model.safetensors"
WEIGHTS = "model.safetensors"


def test_whole_file(weir: Weir, hub: TestHub, states: States) -> None:
    def download(home: Path) -> Mapping[str, Path]:
        run_well(["wget", "--quiet", *with_ca(weir), "-O", home / "file", URL], weir.client_environment(home))
        return {WEIGHTS: home / "file"}

    states.check("wget", download, {WEIGHTS: hub.file("acme/tiny-model", WEIGHTS)})


def test_resume(weir: Weir, hub: TestHub, states: States) -> None:
    file = hub.file("acme/tiny-model", WEIGHTS)

    def download(home: Path) -> Mapping[str, Path]:
        home.mkdir(parents=True, exist_ok=True)
        (home / "file").write_bytes(file.content.read(0, 3_000_000))
        run_well(
            ["wget", "--quiet", "--continue", *with_ca(weir), "-O", home / "file", URL], weir.client_environment(home)
        )
        return {WEIGHTS: home / "file"}

    states.check("wget -c (3 MB already there)", download, {WEIGHTS: file})


def test_regular_file(weir: Weir, hub: TestHub, states: States) -> None:
    def download(home: Path) -> Mapping[str, Path]:
        run_well(
            ["wget", "--quiet", *with_ca(weir), "-O", home / "file", URL.replace(WEIGHTS, "config.json")],
            weir.client_environment(home),
        )
        return {"config.json": home / "file"}

    states.check("wget, regular file", download, {"config.json": hub.file("acme/tiny-model", "config.json")})
