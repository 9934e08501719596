# SPDX-License-Identifier: Apache-2.0
"""datasets.load_dataset, at once and streaming."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from data_sets import LINES, ROWS, WIDE, data_call
from hub import File, TestHub
from programs import files_in
from states import States
from ways import Way

NAME = "datasets 5.2.0"
ROW_COUNT = 40_000


@pytest.fixture(scope="session")
def shared_hub(data_hub: TestHub) -> TestHub:
    return data_hub


def shards(hub: TestHub, repo: str) -> Mapping[str, File]:
    return {path: file for path, file in hub.repo(repo, "dataset").main.files.items() if path.startswith("data/")}


def test_load_dataset(way: Way, hub: TestHub, states: States) -> None:
    def download(home: Path) -> Mapping[str, Path]:
        assert data_call(way, home, "load", repo=ROWS) == {"rows": ROW_COUNT, "sum": sum(range(ROW_COUNT))}
        snapshots = home / ".cache/huggingface/hub/datasets--acme--rows/snapshots"
        return files_in(next(snapshots.iterdir()))

    states.check(way.label(f"{NAME} load_dataset"), download, shards(hub, ROWS))


def test_streaming_all(way: Way, hub: TestHub, states: States) -> None:
    def download(home: Path) -> Mapping[str, Path]:
        data_call(way, home, "stream_lines", repo=LINES, to=str(home / "data"))
        return {f"data/{path}": file for path, file in files_in(home / "data").items()}

    states.check(way.label(f"{NAME} streaming=True"), download, shards(hub, LINES))


def test_first_streamed_rows_do_not_cost_the_shards(way: Way, hub: TestHub, tmp_path: Path) -> None:
    """The library reads two row groups of five, at times the beginning of a third, each with 5 MiB beyond: 40 to 56 MiB.
    A second reader has them from the store."""
    first, second = shards(hub, WIDE).values()
    for home in ("cold", "again"):
        assert data_call(way, tmp_path / home, "first_streamed", repo=WIDE, count=10) == list(range(10))
    assert 0 < hub.lfs_bytes() <= 64 << 20 < first.size, hub.log.lines()
    assert hub.lfs_bodies(second) == 0, hub.log.lines()
