# SPDX-License-Identifier: Apache-2.0
"""Real clients while the store's disk is full: they get their files as if there were room."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import Weir
from harness.small_disk import MIB, SmallDisk, mounted
from hub import TestHub
from programs import files_in, hf, run_well
from states import sha256_of

TINY = "acme/tiny-model"
URL = f"https://huggingface.co/{TINY}/resolve/main/model.safetensors"


@pytest.fixture
def full(tmp_path: Path, hub: TestHub) -> Iterator[Weir]:
    """A weir whose store has no room left but for what a start writes."""
    with mounted(tmp_path / "weir" / "store", 8 * MIB) as disk:
        if not isinstance(disk, SmallDisk):
            pytest.skip(f"this machine lets a test mount nothing ({disk})")
        with Weir(tmp_path / "weir", hub, {"store": {"min_free": 0}}) as weir:
            disk.fill()
            yield weir


def test_hf_download(full: Weir, hub: TestHub, tmp_path: Path) -> None:
    home = tmp_path / "home"
    environment = full.client_environment(home)
    run_well([hf("2.4.0"), "download", TINY, "--local-dir", home / "model"], environment)
    found = files_in(home / "model")
    for path, file in hub.repo(TINY).main.files.items():
        assert sha256_of(found[path]) == file.sha256, path
    # An empty file takes no room.
    assert [path for path in full.objects() if path.stat().st_size] == []


def test_curl_resumes(full: Weir, hub: TestHub, tmp_path: Path) -> None:
    file = hub.file(TINY, "model.safetensors")
    target = tmp_path / "file"
    target.write_bytes(file.content.read(0, 5_000_000))
    run_well(
        ["curl", "-sSfL", "--continue-at", "-", "--output", target, URL], full.client_environment(tmp_path / "home")
    )
    assert sha256_of(target) == file.sha256
