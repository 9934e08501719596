# SPDX-License-Identifier: Apache-2.0
"""git clone with git-lfs: the LFS batch names the sha256, the CDN URL comes straight from the client."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from hub import ALICE, TestHub
from programs import files_in, run, run_well
from states import States
from ways import Way


def environment(way: Way, home: Path) -> dict[str, str]:
    variables = {**way.client_environment(home), "GIT_TERMINAL_PROMPT": "0"}
    run_well(["git", "lfs", "install", "--skip-repo"], variables)
    return variables


def clone(way: Way, home: Path, url: str) -> Mapping[str, Path]:
    run_well(["git", "clone", "--quiet", url, home / "clone"], environment(way, home))
    run_well(["git", "-C", home / "clone", "fsck", "--strict"], environment(way, home))
    return {path: file for path, file in files_in(home / "clone").items() if not path.startswith(".git/")}


@pytest.mark.parametrize(
    ("user", "path", "kind", "name"),
    [
        ("", "/acme/tiny-model", "model", "acme/tiny-model"),
        ("", "/datasets/acme/tiny-data", "dataset", "acme/tiny-data"),
        (f"alice:{ALICE}@", "/acme/gated-model", "model", "acme/gated-model"),
    ],
)
def test_clone(way: Way, hub: TestHub, states: States, user: str, path: str, kind: str, name: str) -> None:
    url = way.hub.replace("://", f"://{user}") + path
    files = hub.repo(name, kind).main.files
    states.check(way.label(f"git clone, git-lfs ({name})"), lambda home: clone(way, home, url), files, needs_hub=True)


def test_private_repository_is_refused(way: Way, tmp_path: Path) -> None:
    done = run(
        ["git", "clone", "--quiet", way.hub + "/acme/private-model", tmp_path / "clone"],
        environment(way, tmp_path / "home"),
    )
    assert done.returncode != 0 and "could not read Username" in done.stderr
