# SPDX-License-Identifier: Apache-2.0
"""Data sets that are made with pyarrow, a hub that has them, and calls of the libraries that read them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harness.weir import clean_environment
from hub import Held, Repo, TestHub, large, regular
from programs import VENVS, run_well
from ways import Way

ROWS = "acme/rows"  # two parquet shards of 12 MB in 20 row groups each
WIDE = "acme/wide"  # a parquet shard of 90 MB in five row groups, and a small one
LINES = "acme/lines"  # two JSON-lines shards of 5 MB
SCRIPTS = Path(__file__).parent / "scripts"
PYTHON = VENVS / "libraries/bin/python"


@contextmanager
def hub_of_data(folder: Path) -> Iterator[TestHub]:
    """A hub with nothing but these data sets, written below that folder."""
    run_well([PYTHON, SCRIPTS / "make_data.py", folder / "data"], clean_environment(folder / "home"))
    with TestHub(repos=[_repo(name, folder / "data") for name in (ROWS, WIDE, LINES)]) as hub:
        yield hub


def _repo(name: str, data: Path) -> Repo:
    folder = data / name.removeprefix("acme/")
    shards = {f"data/{path.name}": large(Held(path.read_bytes())) for path in sorted(folder.iterdir())}
    return Repo("dataset", name, {"README.md": regular("# Made for a test\n"), **shards})


def data_call(way: Way, home: Path, function: str, **arguments: Any) -> Any:
    """Calls a function of scripts/data_call.py in the environment of `weir env`."""
    done = run_well([PYTHON, SCRIPTS / "data_call.py", function, json.dumps(arguments)], way.client_environment(home))
    return json.loads(done.stdout.splitlines()[-1])
