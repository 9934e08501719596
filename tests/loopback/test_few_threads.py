# SPDX-License-Identifier: Apache-2.0
"""A system that gives Weir too few threads, or none."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from clock import SANITIZED
from files import TINY, WEIGHTS, get, hold, resolve, whole
from harness import Weir
from harness.weir import weir_binary
from hub import TestHub

SOMEBODY = 54_322  # of whom nothing else runs
AS_SOMEBODY = ["setpriv", f"--reuid={SOMEBODY}", f"--regid={SOMEBODY}", "--clear-groups"]

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else"),
    pytest.mark.skipif(SANITIZED, reason="a sanitizer has threads of its own"),
]


@pytest.fixture
def somebodys(hub: TestHub) -> Iterator[Weir]:
    """One that is not started, with one worker."""
    with tempfile.TemporaryDirectory(prefix="weir-somebody-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        hub_ca = shutil.copy(hub.ca_file, folder / "hub.pem")
        weir = Weir(folder / "weir", hub, {"proxy": {"workers": 1}, "origin": {"ca_file": str(hub_ca)}})
        shutil.copy(weir_binary(), folder / "program")
        os.chown(weir.folder, SOMEBODY, SOMEBODY)
        allow(weir, None)
        yield weir
        weir.stop()


def allow(weir: Weir, threads: int | None) -> None:
    """From its next start on, so many at most; all of that user's count."""
    limit = ["prlimit", f"--nproc={threads}:{threads}"] if threads else []
    weir.program = [*AS_SOMEBODY, *limit, weir.folder.parent / "program"]


# The first one, and those that Weir says it needs.
ENOUGH = 1 + 11


def test_a_start_says_what_it_needs(somebodys: Weir, hub: TestHub) -> None:
    """As long as it does not get that; then it serves.  The kernel counts a thread for a moment after its end, so that
    what is just enough may be too little once more."""
    for threads in count(1):
        allow(somebodys, threads)
        try:
            somebodys.start()
            break
        except RuntimeError as error:
            assert "exit code 1" in str(error)
        said = somebodys.log()
        assert "TasksMax=" in said
        assert threads >= ENOUGH or (said.count("\n") == 1 and f"Weir needs {ENOUGH - 1} threads" in said)
        somebodys.log_file.unlink()
    assert ENOUGH <= threads < 2 * ENOUGH
    file = hold(somebodys, hub)
    assert get(somebodys, resolve()).body == whole(file)


def test_commands_do_with_the_thread_that_they_have(somebodys: Weir, hub: TestHub) -> None:
    somebodys.start()
    allow(somebodys, 1)
    done = somebodys.run("pull", TINY)
    assert done.returncode == 0, done.stderr
    stored = {path.name for path in somebodys.objects()}
    assert {hub.file(TINY, path).sha256 for path in (WEIGHTS, "config.json")} <= stored
    allow(somebodys, None)
    somebodys.stop()
    allow(somebodys, 1)
    done = somebodys.run("rm", TINY)
    assert (done.returncode, "TasksMax=" in done.stderr) == (1, True), done.stderr
    allow(somebodys, None)
    assert somebodys.run("rm", TINY).returncode == 0
