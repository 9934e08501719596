# SPDX-License-Identifier: Apache-2.0
"""Writes the shards of the data sets of data_sets.py.  usage: make_data.py FOLDER"""

import json
import random
import sys
from pathlib import Path

import numpy
import pyarrow
import pyarrow.parquet

SHARDS = 2
ROWS = 20_000
WIDE_ROWS = 150_000
NOISE_BYTES = 600  # a row of noise, for compression must not shrink the shards
LINES = 20_000


def write_parquet(path: Path, numbers: range, group_rows: int) -> None:
    noise = numpy.random.default_rng(numbers.start).bytes(len(numbers) * NOISE_BYTES)
    table = pyarrow.table(
        {
            "number": numpy.array(numbers),
            "noise": [noise[at : at + NOISE_BYTES] for at in range(0, len(noise), NOISE_BYTES)],
            "label": [f"label {number % 7}" for number in numbers],
        }
    )
    pyarrow.parquet.write_table(table, path, row_group_size=group_rows, compression="none")


def write_rows(folder: Path) -> None:
    for shard in range(SHARDS):
        write_parquet(folder / shard_name(shard, "parquet"), range(shard * ROWS, (shard + 1) * ROWS), 1_000)


def write_wide(folder: Path) -> None:
    write_parquet(folder / shard_name(0, "parquet"), range(WIDE_ROWS), WIDE_ROWS // 5)
    write_parquet(folder / shard_name(1, "parquet"), range(WIDE_ROWS, WIDE_ROWS + ROWS), ROWS)


def write_lines(folder: Path) -> None:
    for shard in range(SHARDS):
        noise = random.Random(shard)
        with (folder / shard_name(shard, "jsonl")).open("w") as out:
            for number in range(LINES):
                out.write(json.dumps({"shard": shard, "number": number, "text": noise.randbytes(100).hex()}) + "\n")


def shard_name(shard: int, suffix: str) -> str:
    return f"train-{shard:05}-of-{SHARDS:05}.{suffix}"


def main(folder: Path) -> None:
    for name, write in {"rows": write_rows, "wide": write_wide, "lines": write_lines}.items():
        (folder / name).mkdir(parents=True)
        write(folder / name)


main(Path(sys.argv[1]))
