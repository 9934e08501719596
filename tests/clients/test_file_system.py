# SPDX-License-Identifier: Apache-2.0
"""HfFileSystem and what stands on it: seeks, small reads, one column of a parquet file, then all of it."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import pytest

from data_sets import ROWS, WIDE, data_call
from hub import TestHub
from programs import files_in
from states import States, sha256_of
from ways import Way

NAME = "HfFileSystem (huggingface_hub 2.4.0)"
FOLDER = f"datasets/{ROWS}/data"
SHARD = "data/train-00000-of-00002.parquet"
BLOCK = 1 << 20


@pytest.fixture(scope="session")
def shared_hub(data_hub: TestHub) -> TestHub:
    return data_hub


def test_read_all(way: Way, hub: TestHub, states: States) -> None:
    def download(home: Path) -> Mapping[str, Path]:
        data_call(way, home, "copy_all", pattern=f"{FOLDER}/*.parquet", to=str(home / "data"))
        return {f"data/{path}": file for path, file in files_in(home / "data").items()}

    files = hub.repo(ROWS, "dataset").main.files
    states.check(way.label(f"{NAME} read"), download, {path: files[path] for path in files if path.startswith("data/")})


def test_glob(way: Way, hub: TestHub, tmp_path: Path) -> None:
    files = hub.repo(ROWS, "dataset").main.files
    found = data_call(way, tmp_path / "home", "find", pattern=f"datasets/{ROWS}/**/*.parquet")
    assert found == [f"datasets/{ROWS}/{path}" for path in files if path.endswith(".parquet")]
    assert hub.lfs_bytes() == 0


def test_small_reads_cost_their_blocks(way: Way, hub: TestHub, tmp_path: Path) -> None:
    """The last 8 bytes, the first 4 and some in the middle; what was read costs nothing again, and the rest once."""
    file = hub.file(ROWS, SHARD, "dataset")
    parts = [(file.size - 8, 8), (0, 4), (5 * BLOCK + 10, 1000)]
    for home, cost in (("cold", 4 * BLOCK), ("again", 0)):
        hub.log.reset()
        read = data_call(way, tmp_path / home, "read_parts", path=f"datasets/{ROWS}/{SHARD}", parts=parts)
        assert [bytes.fromhex(part) for part in read] == [file.content.read(*part) for part in parts]
        assert hub.lfs_bytes() <= cost, hub.log.lines()


def test_one_column_then_all(way: Way, hub: TestHub, tmp_path: Path) -> None:
    """The library reads 5 MiB for each of the column's five chunks; then the rest comes, and nothing twice."""
    file = hub.file(WIDE, SHARD, "dataset")
    labels = "\n".join(f"label {number % 7}" for number in range(150_000))
    column = data_call(way, tmp_path / "column", "read_column", path=f"hf://datasets/{WIDE}/{SHARD}", column="label")
    assert column == {"rows": 150_000, "sha256": hashlib.sha256(labels.encode()).hexdigest()}
    assert 0 < hub.lfs_bytes() <= 36 * BLOCK < file.size, hub.log.lines()
    data_call(way, tmp_path / "all", "copy_all", pattern=f"datasets/{WIDE}/{SHARD}", to=str(tmp_path / "copy"))
    assert sha256_of(tmp_path / "copy" / Path(SHARD).name) == file.sha256
    assert hub.lfs_bodies(file) == 1, hub.log.lines()
    assert hub.cas_requests() == 0
