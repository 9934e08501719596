# SPDX-License-Identifier: Apache-2.0
"""transformers' from_pretrained with a tiny model that is made here.

The backend that loads weights is jax, in the last transformers that has it: torch comes with gigabytes of CUDA.  The
current transformers loads what needs none: configuration and tokenizer.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from harness.weir import clean_environment
from hub import Held, Repo, TestHub, large, regular
from programs import VENVS, files_in, run_well
from states import States
from ways import Way

REPO = "acme/tiny-bert"
TEXT = "the weir holds back a river"
SCRIPTS = Path(__file__).parent / "scripts"
WITH_JAX = VENVS / "flax/bin/python"
CURRENT = VENVS / "libraries/bin/python"


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model's folder."""
    folder = tmp_path_factory.mktemp("model")
    run_well([WITH_JAX, SCRIPTS / "make_model.py", folder / "bert"], clean_environment(folder / "home"))
    return folder / "bert"


@pytest.fixture(scope="session")
def shared_hub(model: Path) -> Iterator[TestHub]:
    files = {
        path.name: (large if path.suffix == ".safetensors" else regular)(Held(path.read_bytes()))
        for path in model.iterdir()
    }
    with TestHub(repos=[Repo("model", REPO, files)]) as hub:
        yield hub


def call(python: Path, environment: Mapping[str, str], function: str, model: str | Path) -> Any:
    done = run_well([python, SCRIPTS / "model_call.py", function, model, TEXT], environment)
    return json.loads(done.stdout.splitlines()[-1])


def through(way: Way, python: Path, function: str, expected: Any) -> Callable[[Path], Mapping[str, Path]]:
    """The files that the library downloaded to give the expected answer."""

    def download(home: Path) -> Mapping[str, Path]:
        assert call(python, way.client_environment(home), function, REPO) == expected
        snapshots = home / ".cache/huggingface/hub/models--acme--tiny-bert/snapshots"
        return files_in(next(snapshots.iterdir()))

    return download


def test_model(way: Way, hub: TestHub, states: States, model: Path, tmp_path: Path) -> None:
    """The weights that came through weir compute what the weights in the folder compute."""
    files = hub.repo(REPO).main.files
    expected = call(WITH_JAX, clean_environment(tmp_path / "local"), "run", model)
    used = {path: files[path] for path in ("config.json", "model.safetensors", "tokenizer.json")}
    states.check(way.label("transformers 4.57.6 FlaxAutoModel"), through(way, WITH_JAX, "run", expected), used)


def test_tokenizer(way: Way, hub: TestHub, states: States, model: Path, tmp_path: Path) -> None:
    files = hub.repo(REPO).main.files
    expected = {"type": "bert", "ids": [8, 5, 6, 7, 4, 9]}
    used = {path: files[path] for path in ("config.json", "tokenizer.json")}
    states.check(way.label("transformers 5.23.0 AutoTokenizer"), through(way, CURRENT, "encode", expected), used)
