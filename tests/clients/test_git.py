# SPDX-License-Identifier: Apache-2.0
"""git clone with git-lfs: the LFS batch names the sha256, the CDN URL comes straight from the client."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from harness import Weir
from hub import ALICE, TestHub
from programs import files_in, run, run_well
from states import States


def environment(weir: Weir, home: Path) -> dict[str, str]:
    variables = {**weir.client_environment(home), "GIT_TERMINAL_PROMPT": "0"}
    run_well(["git", "lfs", "install", "--skip-repo"], variables)
    return variables


def clone(weir: Weir, home: Path, url: str) -> Mapping[str, Path]:
    run_well(["git", "clone", "--quiet", url, home / "clone"], environment(weir, home))
    run_well(["git", "-C", home / "clone", "fsck", "--strict"], environment(weir, home))
    return {path: file for path, file in files_in(home / "clone").items() if not path.startswith(".git/")}


@pytest.mark.parametrize(
    ("url", "kind", "name"),
    [
        ("https://huggingface.co/acme/tiny-model", "model", "acme/tiny-model"),
        ("https://huggingface.co/datasets/acme/tiny-data", "dataset", "acme/tiny-data"),
        (f"https://alice:{ALICE}@huggingface.co/acme/gated-model", "model", "acme/gated-model"),
    ],
)
def test_clone(weir: Weir, hub: TestHub, states: States, url: str, kind: str, name: str) -> None:
    files = hub.repo(name, kind).main.files
    states.check(f"git clone, git-lfs ({name})", lambda home: clone(weir, home, url), files, needs_hub=True)


def test_private_repository_is_refused(weir: Weir, tmp_path: Path) -> None:
    done = run(
        ["git", "clone", "--quiet", "https://huggingface.co/acme/private-model", tmp_path / "clone"],
        environment(weir, tmp_path / "home"),
    )
    assert done.returncode != 0 and "could not read Username" in done.stderr
