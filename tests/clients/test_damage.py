# SPDX-License-Identifier: Apache-2.0
"""Files of the store that were changed behind weir's back, and real clients: what is right costs nothing, what is wrong
is never taken for the file."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from harness import Weir
from hub import TestHub
from programs import hub_call, run
from states import sha256_of

REPO = "acme/tiny-model"
WEIGHTS = "model.safetensors"
URL = f"https://huggingface.co/{REPO}/resolve/main/{WEIGHTS}"

# The file, or None when the client says that it could not get it.
Client = Callable[[Weir, Path], Path | None]


def curl(weir: Weir, home: Path) -> Path | None:
    done = run(["curl", "-sSfL", "--output", home / "file", URL], weir.client_environment(home))
    return home / "file" if done.returncode == 0 else None


def library(weir: Weir, home: Path) -> Path | None:
    answer = hub_call("2.4.0", "hf_hub_download", weir.client_environment(home), repo_id=REPO, filename=WEIGHTS)
    return Path(answer["result"]) if "result" in answer else None


each_client = pytest.mark.parametrize("client", [curl, library], ids=["curl", "huggingface_hub"])


def stored(weir: Weir, hub: TestHub, client: Client, home: Path) -> Path:
    """The object, once a client has brought the file into the store; the hub's log is empty then."""
    file = client(weir, home)
    assert file and sha256_of(file) == hub.file(REPO, WEIGHTS).sha256
    hub.log.reset()
    (path,) = (path for path in weir.objects() if path.name == hub.file(REPO, WEIGHTS).sha256)
    return path


@each_client
def test_a_touched_file_costs_the_hub_nothing(weir: Weir, hub: TestHub, tmp_path: Path, client: Client) -> None:
    os.utime(stored(weir, hub, client, tmp_path / "first"))
    file = client(weir, tmp_path / "second")
    assert file and sha256_of(file) == hub.file(REPO, WEIGHTS).sha256
    assert hub.lfs_bytes() == 0


@each_client
def test_a_flipped_byte_reaches_nobody(weir: Weir, hub: TestHub, tmp_path: Path, client: Client) -> None:
    """Size and mtime are as they were."""
    path = stored(weir, hub, client, tmp_path / "first")
    times = (path.stat().st_atime_ns, path.stat().st_mtime_ns)
    path.chmod(0o600)
    with path.open("r+b") as file:
        file.seek(1_000_000)
        byte = file.read(1)
        file.seek(1_000_000)
        file.write(bytes([byte[0] ^ 1]))
    os.utime(path, ns=times)
    right = hub.file(REPO, WEIGHTS).sha256
    for home in ("second", "third"):
        got = client(weir, tmp_path / home)
        assert got is None or sha256_of(got) == right, home
    assert got is not None
    assert len(list((weir.store / "quarantine").iterdir())) == 1
    assert hub.lfs_bytes() == hub.file(REPO, WEIGHTS).size
