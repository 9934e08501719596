# SPDX-License-Identifier: Apache-2.0
"""Files that come from other sources than the hub: a mirror, a web server with blobs, good ones and bad ones."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from blobs import HOST, BlobServer, flipped
from files import CDN, GATED, TINY, WEIGHTS, bearer, get, hold, resolve, whole
from harness import Weir
from hub import ALICE, File, TestHub
from sources import read_and_compare, source

BLOBS = f"""
[[source]]
name = "blobs"
kind = "storj"
prefix = "https://{HOST}/secret/bucket"
"""


@pytest.fixture
def file(hub: TestHub) -> File:
    return hub.file(TINY, WEIGHTS)


@pytest.fixture
def blobs(hub: TestHub, file: File) -> Iterator[BlobServer]:
    with BlobServer(hub, {file.sha256: whole(file)}) as server:
        yield server


@pytest.fixture
def start(tmp_path: Path, hub: TestHub) -> Iterator[Callable[..., Weir]]:
    """Starts a weir with these sources; each host in `connect_to` is led where that says."""
    made: list[Weir] = []

    def start(sources: str, *connect_to: str, tunnel: dict[str, Any] | None = None) -> Weir:
        origin = {"ca_file": str(hub.ca_file), "connect_to": [*connect_to, hub.connect_to]}
        weir = Weir(
            tmp_path / f"with{len(made)}",
            hub,
            {"origin": origin, "fetch": {"piece_size": "1MiB"}, "tunnel": tunnel or {}},
        )
        weir.config_file.write_text(weir.config_file.read_text() + sources)
        made.append(weir)
        weir.start()
        return weir

    yield start
    hub.faults.clear()
    for weir in made:
        weir.stop()


def test_a_web_server_gives_what_the_cdn_does_not(
    start: Callable[..., Weir], hub: TestHub, blobs: BlobServer, file: File
) -> None:
    weir = start(BLOBS, blobs.connect_to)
    hub.inject(host=CDN, status=404, count=None)
    read_and_compare(weir, file)
    assert source(weir, "blobs")["bytes"] == file.size
    assert source(weir, "blobs")["state"] == "reachable"
    for headers in blobs.requests:
        assert "Authorization" not in headers and "Cookie" not in headers
    deadline = time.monotonic() + 30
    while " sources=blobs" not in weir.log():  # requests are logged some at a time
        assert time.monotonic() < deadline, weir.log()
    assert f"verified; {file.size} from blobs" in weir.log()
    assert "secret" not in weir.log()


def test_a_pull_says_who_gave_the_bytes(start: Callable[..., Weir], hub: TestHub, blobs: BlobServer) -> None:
    weir = start(BLOBS, blobs.connect_to)
    hub.inject(host=CDN, status=404, count=None)
    done = weir.run("pull", TINY, WEIGHTS)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "sources: blobs 12.6 MB"


def test_a_second_weir_is_a_mirror(
    start: Callable[..., Weir], make_weir: Callable[..., Weir], hub: TestHub, file: File
) -> None:
    other = make_weir()
    hold(other, hub)
    address = f"127.0.0.1:{other.port}"
    weir = start(
        f'[[source]]\nname = "other"\nkind = "mirror"\nendpoint = "http://{address}"\n',
        f"{address}:{address}",
        tunnel={"allow_private": ["127.0.0.0/8"]},
    )
    hub.inject(host=CDN, status=404, count=None)
    read_and_compare(weir, file)
    assert source(weir, "other")["bytes"] == file.size


def test_a_source_that_flips_a_byte_in_each_piece_is_found(
    start: Callable[..., Weir], hub: TestHub, blobs: BlobServer, file: File
) -> None:
    blobs.blobs[file.sha256] = flipped(whole(file))
    weir = start(BLOBS, blobs.connect_to)
    # The other source brings more than half of it meanwhile.
    hub.inject(host=CDN, rate=1_500_000, count=None)
    read_and_compare(weir, file)
    assert blobs.sent > file.size // 2
    told = source(weir, "blobs")
    assert (told["blamed"], told["last_blamed"], told["state"]) == (1, file.sha256, "left out")
    assert f"the source blobs sent wrong bytes of {file.sha256}" in weir.log()


def test_a_source_that_is_reset_costs_no_file(
    start: Callable[..., Weir], hub: TestHub, blobs: BlobServer, file: File
) -> None:
    blobs.reset_at = 300_000
    weir = start(BLOBS, blobs.connect_to)
    hub.inject(host=CDN, rate=6_000_000, count=None)
    read_and_compare(weir, file)
    assert source(weir, "blobs")["errors"] > 0


@pytest.mark.parametrize(
    ("status", "headers"),
    [(404, {}), (403, {}), (429, {}), (303, {"Location": "/secret/bucket/x/"}), (500, {})],
    ids=["has not", "bandwidth limit", "busy", "a prefix", "trouble"],
)
def test_the_errors_of_linksharing_cost_no_file(
    start: Callable[..., Weir], blobs: BlobServer, file: File, status: int, headers: dict[str, str]
) -> None:
    blobs.status, blobs.headers = status, headers
    weir = start(BLOBS, blobs.connect_to)
    read_and_compare(weir, file)
    assert source(weir, "blobs")["bytes"] == 0


def test_what_is_private_is_not_asked_for(start: Callable[..., Weir], hub: TestHub, blobs: BlobServer) -> None:
    private = hub.file(GATED, WEIGHTS)
    blobs.blobs[private.sha256] = whole(private)
    weir = start(BLOBS, blobs.connect_to)
    reply = get(weir, resolve(GATED, WEIGHTS), bearer(ALICE))
    assert (reply.status, reply.body == whole(private)) == (200, True)
    assert blobs.requests == []
