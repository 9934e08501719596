# SPDX-License-Identifier: Apache-2.0
"""What a file costs does not depend on how large it is: it passes through the store, and Weir stays small.  The store
is on a disk where zeros take no room (tests/fakes/zero_disk.cpp), so that 64 GiB need none; WEIR_ENDURANCE asks for
these, else it is one GiB."""

import functools
import gzip
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from files import WEIGHTS, get, hold, resolve
from harness import Weir
from hub import Repo, TestHub, Zeros, large

# As `head -c SIZE /dev/zero | sha256sum` says.
SIZE, SHA256 = 1 << 30, "49bc20df15e412a64472421e13fe86ff1c5165e18b2afccf160d4dc19fe68a14"
if os.environ.get("WEIR_ENDURANCE"):
    SIZE, SHA256 = 64 << 30, "57b295ba06757c81edca2d1e299133b2f059bea28e6cf9f438d7741611c36541"
VAST = "acme/vast-model"
LARGE = "acme/large-model"
MEMORY_LIMIT_BYTES = 100_000_000
DISK_LIMIT_BYTES = 16 << 20
CLIENT_LIMIT_BYTES = 256 << 10
CLIENTS = 100
BOMB_BYTES = 256 << 20
BOMB_LIMIT_BYTES = 1 << 20
ORDINARY_ANSWERS = 16  # enough for all workers to have had one
SLOWEST_BYTES_PER_SECOND = 8_000_000


@pytest.fixture(scope="session")
def shared_hub() -> Iterator[TestHub]:
    vast, large_one = large(Zeros(SIZE, SHA256)), large(Zeros(64 << 20))
    with TestHub(repos=[Repo("model", VAST, {WEIGHTS: vast}), Repo("model", LARGE, {WEIGHTS: large_one})]) as hub:
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


def status_bytes(weir: Weir, name: str) -> int:
    lines = Path(f"/proc/{weir.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))


def resident_memory(weir: Weir) -> int:
    return status_bytes(weir, "VmRSS")


def peak_memory(weir: Weir) -> int:
    """The most bytes that were ever resident."""
    return status_bytes(weir, "VmHWM")


def settled(measure: Callable[[], int]) -> int:
    """The measure once it has not changed for a second."""
    value, since = measure(), time.monotonic()
    while time.monotonic() - since < 1:
        time.sleep(0.05)
        if measure() != value:
            value, since = measure(), time.monotonic()
    return value


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


def test_a_client_that_does_not_read_costs_little(weir: Weir, hub: TestHub) -> None:
    """Each has asked for all of a file that is held, and takes nothing but the answer's head."""
    hold(weir, hub, LARGE)
    before = resident_memory(weir)
    with ExitStack() as open_ones:
        for _ in range(CLIENTS):
            client = open_ones.enter_context(weir.connect())
            client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 << 10)
            client.send_head("GET", resolve(LARGE), {"Host": "huggingface.co"})
            assert client.begin().status == 200
        assert settled(lambda: resident_memory(weir)) - before < CLIENTS * CLIENT_LIMIT_BYTES
    assert get(weir, resolve(LARGE)).complete


@functools.cache
def packed_zeros(size: int) -> bytes:
    return gzip.compress(bytes(size))


def answer(body: bytes, *fields: str) -> bytes:
    head = ["HTTP/1.1 200 OK", "Content-Type: application/json", f"Content-Length: {len(body)}", *fields]
    return "\r\n".join([*head, "", ""]).encode() + body


@pytest.mark.parametrize("path", [f"/api/models/{LARGE}/tree/main", "/api/test/echo", resolve(LARGE, "config.json")])
def test_a_packed_answer_stays_packed(weir: Weir, hub: TestHub, path: str) -> None:
    """A bomb: unpacked it would take a thousand times its size.  It costs no more than others of its length did."""
    bomb = packed_zeros(BOMB_BYTES)
    hub.inject(path=path, raw=answer(os.urandom(len(bomb))), count=ORDINARY_ANSWERS)
    for _ in range(ORDINARY_ANSWERS):
        get(weir, path)
    before = peak_memory(weir)
    hub.inject(path=path, raw=answer(bomb, "Content-Encoding: gzip"))
    reply = get(weir, path, {"Accept-Encoding": "gzip"})
    assert (reply.status, reply.body == bomb) in [(200, True), (502, False)]
    assert peak_memory(weir) - before < BOMB_LIMIT_BYTES
