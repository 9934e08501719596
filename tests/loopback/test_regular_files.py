# SPDX-License-Identifier: Apache-2.0
"""Regular files of any size, from a hub of any speed."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from files import wait_until_held, whole
from harness import Connection, Weir
from hub import Generated, Held, Repo, TestHub, regular

MIB = 1024 * 1024
REPO = "acme/wide-model"
SLOW_BYTES_PER_SECOND = 4000


@pytest.fixture
def wide_hub() -> Iterator[TestHub]:
    files = {"wide.bin.txt": regular(Generated("wide", 20 * MIB)), "small.txt": regular(Generated("small", 30_000))}
    with TestHub(repos=[Repo("model", REPO, files)]) as hub:
        yield hub


def target_of(connection: Connection, path: str) -> str:
    return connection.get(f"/{REPO}/resolve/main/{path}").header("Location") or ""


def test_a_wide_one_is_kept_too(tmp_path: Path, wide_hub: TestHub) -> None:
    file = wide_hub.file(REPO, "wide.bin.txt")
    with Weir(tmp_path / "weir", wide_hub) as weir, weir.connect() as connection:
        target = target_of(connection, "wide.bin.txt")
        wait_until_held(connection, wide_hub, target)
        assert connection.get(target).body == whole(file)
        assert wide_hub.regular_bodies(file) == 0


def test_a_slow_one_trickles(tmp_path: Path, wide_hub: TestHub) -> None:
    """Clients give up after 10 s without a byte: what has come goes on at once, all but the last byte."""
    file = wide_hub.file(REPO, "small.txt")
    wide_hub.inject(path="/api/resolve-cache/*", rate=SLOW_BYTES_PER_SECOND)
    with Weir(tmp_path / "weir", wide_hub) as weir, weir.connect() as connection:
        connection.send_head("GET", target_of(connection, "small.txt"), {"Host": "huggingface.co"})
        began = time.monotonic()
        response = connection.begin("GET")
        assert response.read(1000) == whole(file)[:1000]
        first = time.monotonic() - began
        assert response.read() == whole(file)[1000:]
        assert first < (time.monotonic() - began) / 2


def test_an_empty_one_is_kept_although_only_its_head_is_asked_for(tmp_path: Path) -> None:
    with (
        TestHub(repos=[Repo("model", REPO, {"empty.txt": regular(Held(b""))})]) as hub,
        Weir(tmp_path / "weir", hub) as weir,
        weir.connect() as connection,
    ):
        target = target_of(connection, "empty.txt")
        deadline = time.monotonic() + 30
        while "hit" not in (connection.request("HEAD", target, {"Host": "huggingface.co"}).header("Cache-Status") or ""):
            assert time.monotonic() < deadline, "the file was never stored"
        hub.server.close()
        reply = connection.get(target)
        assert (reply.status, reply.body) == (200, b"")
