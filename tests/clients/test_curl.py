# SPDX-License-Identifier: Apache-2.0
"""curl: whole files, ranges, and a resumed partial file."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from hub import TestHub
from programs import run, run_well
from states import States, sha256_of
from ways import Way

TARGET = "/acme/tiny-model/resolve/main/model.safetensors"
WEIGHTS = "model.safetensors"
CURL = ["curl", "--silent", "--show-error", "--fail", "--location"]


def test_whole_file(way: Way, hub: TestHub, states: States) -> None:
    def download(home: Path) -> Mapping[str, Path]:
        run_well([*CURL, "--output", home / "file", way.hub + TARGET], way.client_environment(home))
        return {WEIGHTS: home / "file"}

    states.check(way.label("curl -L"), download, {WEIGHTS: hub.file("acme/tiny-model", WEIGHTS)})


def test_resume(way: Way, hub: TestHub, states: States) -> None:
    file = hub.file("acme/tiny-model", WEIGHTS)

    def download(home: Path) -> Mapping[str, Path]:
        home.mkdir(parents=True, exist_ok=True)
        (home / "file").write_bytes(file.content.read(0, 5_000_000))
        run_well(
            [*CURL, "--continue-at", "-", "--output", home / "file", way.hub + TARGET], way.client_environment(home)
        )
        return {WEIGHTS: home / "file"}

    states.check(way.label("curl -C - (5 MB already there)"), download, {WEIGHTS: file})


def test_two_halves(way: Way, hub: TestHub, states: States) -> None:
    """An open range from the start begins the fetch; the closed ones read from it."""
    file = hub.file("acme/tiny-model", WEIGHTS)

    def download(home: Path) -> Mapping[str, Path]:
        environment = way.client_environment(home)
        run_well([*CURL, "--range", "0-", "--output", home / "whole", way.hub + TARGET], environment)
        run_well([*CURL, "--range", "0-6000000", "--output", home / "first", way.hub + TARGET], environment)
        run_well([*CURL, "--range", "6000001-", "--output", home / "second", way.hub + TARGET], environment)
        (home / "file").write_bytes((home / "first").read_bytes() + (home / "second").read_bytes())
        return {WEIGHTS: home / "file"} if sha256_of(home / "whole") == file.sha256 else {}

    states.check(way.label("curl -r"), download, {WEIGHTS: file})


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("0-0", 0, 1),
        ("1000-1999", 1000, 2000),
        ("12000000-", 12_000_000, None),
        ("-500", -500, None),
    ],
)
def test_ranges_of_a_held_file(
    way: Way, hub: TestHub, tmp_path: Path, asked: str, start: int, end: int | None
) -> None:
    environment, file = way.client_environment(tmp_path / "home"), hub.file("acme/tiny-model", WEIGHTS)
    run_well([*CURL, "--output", tmp_path / "whole", way.hub + TARGET], environment)
    hub.log.reset()
    run_well([*CURL, "--range", asked, "--output", tmp_path / "part", way.hub + TARGET], environment)
    assert (tmp_path / "part").read_bytes() == (tmp_path / "whole").read_bytes()[start:end]
    assert sha256_of(tmp_path / "whole") == file.sha256
    assert hub.lfs_bytes() == 0


def test_gated_file_without_a_token(way: Way, tmp_path: Path) -> None:
    url = way.hub + "/acme/gated-model/resolve/main/model.safetensors"
    done = run([*CURL, "--output", tmp_path / "file", url], way.client_environment(tmp_path / "home"))
    assert (done.returncode, "401" in done.stderr) == (22, True)
