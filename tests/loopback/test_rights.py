# SPDX-License-Identifier: Apache-2.0
"""Weir needs no right but to write its two folders."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from files import get, hold, resolve, whole
from harness import Weir
from harness.weir import weir_binary
from hub import TestHub

NOBODY = 65534
WITHOUT_RIGHTS = [
    "setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--no-new-privs", "--bounding-set=-all"
]


@pytest.fixture
def confined(hub: TestHub) -> Iterator[Weir]:
    """A weir of nobody's, to whom nothing belongs but an empty store and an empty folder for the CA."""
    with tempfile.TemporaryDirectory(prefix="weir-nobody-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        hub_ca = shutil.copy(hub.ca_file, folder / "hub.pem")
        weir = Weir(folder / "weir", hub, {"origin": {"ca_file": str(hub_ca)}})
        weir.program = [*WITHOUT_RIGHTS, shutil.copy(weir_binary(), folder / "program")]
        for own in (weir.store, weir.ca_folder):
            own.mkdir(mode=0o700)
            os.chown(own, NOBODY, NOBODY)
        with weir:
            yield weir


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give rights up")
def test_serves_without_any(confined: Weir, hub: TestHub) -> None:
    file = hold(confined, hub)
    confined.restart()
    assert get(confined, resolve()).body == whole(file)
    assert hub.lfs_bytes() == 0
    assert confined.run("status").returncode == 0
    folders = (confined.store, confined.ca_folder)
    strays = [path for path in confined.folder.rglob("*") if path.stat().st_uid == NOBODY]
    assert len(strays) > 3 and all(any(path.is_relative_to(folder) for folder in folders) for path in strays)
