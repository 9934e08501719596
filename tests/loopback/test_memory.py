# SPDX-License-Identifier: Apache-2.0
"""What a file costs does not depend on how large it is: it passes through the store, and Weir stays small.  The store
is on a disk where zeros take no room (tests/fakes/zero_disk.cpp), so that 64 GiB need none; WEIR_ENDURANCE asks for
these, else it is one GiB."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from files import WEIGHTS, resolve
from harness import Weir
from hub import Repo, TestHub, Zeros, large

# As `head -c SIZE /dev/zero | sha256sum` says.
SIZE, SHA256 = 1 << 30, "49bc20df15e412a64472421e13fe86ff1c5165e18b2afccf160d4dc19fe68a14"
if os.environ.get("WEIR_ENDURANCE"):
    SIZE, SHA256 = 64 << 30, "57b295ba06757c81edca2d1e299133b2f059bea28e6cf9f438d7741611c36541"
VAST = "acme/vast-model"
MEMORY_LIMIT_BYTES = 100_000_000
DISK_LIMIT_BYTES = 16 << 20
SLOWEST_BYTES_PER_SECOND = 8_000_000


@pytest.fixture(scope="session")
def shared_hub() -> Iterator[TestHub]:
    with TestHub(repos=[Repo("model", VAST, {WEIGHTS: large(Zeros(SIZE, SHA256))})]) as hub:
        yield hub


@pytest.fixture
def weir(tmp_path: Path, hub: TestHub) -> Iterator[Weir]:
    with Weir(tmp_path / "weir", hub, environment={"LD_PRELOAD": os.environ["WEIR_ZERO_DISK"]}) as weir:
        yield weir


def download(weir: Weir, home: Path) -> None:
    """As curl does it, which follows the hub's redirect and so takes files of any size.  Each byte is compared."""
    curl = ["curl", "-sSfL", f"https://huggingface.co{resolve(VAST)}"]
    limit = 120 + SIZE / SLOWEST_BYTES_PER_SECOND
    with subprocess.Popen(curl, env=weir.client_environment(home), stdout=subprocess.PIPE) as process:
        compared = subprocess.run(["cmp", f"--bytes={SIZE}", "-", "/dev/zero"], stdin=process.stdout, timeout=limit)
        assert process.stdout and process.stdout.read(1) == b""
        assert (compared.returncode, process.wait(60)) == (0, 0)


def peak_memory(weir: Weir) -> int:
    """The most bytes that were ever resident."""
    lines = Path(f"/proc/{weir.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


def disk_bytes(folder: Path) -> int:
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())


def test_a_vast_file_takes_little_memory(
    weir: Weir, hub: TestHub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """From the hub into the store and to the client, then from the store."""
    download(weir, tmp_path / "home")
    assert [path.name for path in weir.objects()] == [SHA256]
    download(weir, tmp_path / "home")
    assert hub.lfs_bytes() == SIZE
    peak = peak_memory(weir)
    assert peak < MEMORY_LIMIT_BYTES
    assert disk_bytes(weir.store) < DISK_LIMIT_BYTES
    with capsys.disabled():
        print(f"\n{SIZE >> 30} GiB twice: {peak / 1e6:.0f} MB of memory at most")
