# SPDX-License-Identifier: Apache-2.0
"""aria2c with 8 connections: it opens a whole GET first, aborts it, and asks for ranges."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hub import Fault, TestHub
from programs import run_well, with_ca
from states import States, sha256_of
from ways import Way

WEIGHTS = "model.safetensors"
# A CDN that gives a connection so many bytes a second, as long as a test runs.
A_LINE = Fault(host="*.cdn.hf.co", rate=20_000_000, count=None)


def download(way: Way, repo: str, home: Path) -> Path:
    url = f"{way.hub}/{repo}/resolve/main/{WEIGHTS}"
    options = ["--quiet", *with_ca(way.weir), "-x8", "-s8", "-k1M", "-d", home, "-o", "file"]
    run_well(["aria2c", *options, url], way.client_environment(home))
    return home / "file"


@pytest.mark.parametrize("repo", ["acme/tiny-model", "acme/medium-model"])
def test_eight_connections(way: Way, hub: TestHub, states: States, repo: str) -> None:
    def download_it(home: Path) -> Mapping[str, Path]:
        return {WEIGHTS: download(way, repo, home)}

    hub.inject(A_LINE)  # what is on its way when a connection is given up is little, as it is on a real one
    states.check(way.label(f"aria2c -x8 ({repo})"), download_it, {WEIGHTS: hub.file(repo, WEIGHTS)}, cold_bodies=1.25)


def resume(way: Way, repo: str, home: Path, begun: bytes) -> Path:
    """curl, which has those bytes already."""
    home.mkdir(parents=True)
    (home / "file").write_bytes(begun)
    url = f"{way.hub}/{repo}/resolve/main/{WEIGHTS}"
    run_well(["curl", "-sSfL", "--continue-at", "-", "--output", home / "file", url], way.client_environment(home))
    return home / "file"


def test_together_with_a_curl_that_resumes(way: Way, hub: TestHub, tmp_path: Path) -> None:
    """They are one download: what the hub sends twice is what was on its way when a connection was given up."""
    repo = "acme/medium-model"
    file = hub.file(repo, WEIGHTS)
    hub.inject(A_LINE)  # so that they meet
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(download, way, repo, tmp_path / "aria2")
        second = pool.submit(resume, way, repo, tmp_path / "curl", file.content.read(0, 5_000_000))
        assert [sha256_of(path.result()) for path in (first, second)] == [file.sha256] * 2
    assert hub.lfs_bodies(file) < 1.25, hub.log.lines()
    assert way.weir.metrics()["weir_fetches_completed_total"] == 1
