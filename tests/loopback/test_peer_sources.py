# SPDX-License-Identifier: Apache-2.0
"""Weirs that are paired fill their missing files from each other."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from files import CDN, GATED, TINY, WEIGHTS, bearer, get, hold, resolve, whole
from harness import Weir
from harness.network import Host, Network, network
from harness.weir import weir_binary
from hub import ALICE, File, TestHub
from pairs import pair, peers
from sources import read_and_compare, source, sources

MakeWeir = Callable[..., Weir]
PIECES = {"fetch": {"piece_size": "1MiB"}}
MIB = 1 << 20


@pytest.fixture
def host(make_weir: MakeWeir) -> Weir:
    return make_weir(PIECES)


@pytest.fixture
def guest(make_weir: MakeWeir) -> Weir:
    return make_weir(PIECES)


@pytest.fixture
def file(hub: TestHub) -> File:
    return hub.file(TINY, WEIGHTS)


def name_of_peer(weir: Weir, number: int = 0) -> str:
    return peers(weir)["peers"][number]["name"]


def wait_until(true: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_missing_file_comes_from_a_peer(host: Weir, guest: Weir, hub: TestHub, file: File) -> None:
    hold(host, hub)
    pair(host, guest)
    hub.inject(host=CDN, status=404, count=None)
    read_and_compare(guest, file)
    name = name_of_peer(guest)
    told = source(guest, name)
    assert (told["kind"], told["state"], told["bytes"], told["errors"]) == ("peer", "reachable", file.size, 0)
    assert f"verified; {file.size} from {name}" in guest.log()
    assert hub.lfs_bytes() == 0


def test_either_of_two_gives(host: Weir, guest: Weir, hub: TestHub, file: File) -> None:
    """Who was invited, too: the host knows where its guest listens."""
    hold(guest, hub)
    pair(host, guest)
    hub.inject(host=CDN, status=404, count=None)
    read_and_compare(host, file)
    assert source(host, name_of_peer(host))["bytes"] == file.size


def test_a_file_in_progress_is_shared(host: Weir, guest: Weir, hub: TestHub, file: File) -> None:
    pair(host, guest)
    stalls = [hub.inject(host=CDN, stall_at=at) for at in (5 * MIB, 100_000)]
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(get, host, resolve())
        assert stalls[0].reached.wait(30)
        second = pool.submit(get, guest, resolve())
        wait_until(lambda: source(guest, name_of_peer(guest))["bytes"] >= 4 * MIB)
        for stall in stalls:
            stall.release()
        assert first.result().body == whole(file)
        assert second.result().body == whole(file)


def test_who_asks_each_other_fetches_once_each(host: Weir, guest: Weir, hub: TestHub, file: File) -> None:
    """A peer is asked for what it has, and gets nothing because of that."""
    pair(host, guest)
    read_and_compare(guest, file)
    assert hub.lfs_bytes() == file.size
    assert host.status()["fetches"]["started"] == 0
    assert host.objects() == []
    assert source(guest, name_of_peer(guest))["state"] == "reachable"


def test_a_peer_hears_of_no_private_file(host: Weir, guest: Weir, hub: TestHub) -> None:
    file = hold(host, hub, GATED, headers=bearer(ALICE))
    pair(host, guest)
    assert get(guest, resolve(GATED), bearer(ALICE)).body == whole(file)
    assert source(guest, name_of_peer(guest))["state"] == "unused"
    for weir in (host, guest):
        weir.configure({**PIECES, "peer": {"share_private": True}})
        weir.reload()
    assert guest.run("rm", GATED).returncode == 0
    hub.inject(host=CDN, status=404, count=None)
    assert get(guest, resolve(GATED), bearer(ALICE)).body == whole(file)
    assert source(guest, name_of_peer(guest))["bytes"] == file.size


def test_what_the_hub_gives_everybody_is_shared_whoever_got_it(host: Weir, guest: Weir, hub: TestHub, file: File) -> None:
    """Clients with a token never ask anonymously; Weir does, once."""
    hold(host, hub, headers=bearer(ALICE))
    pair(host, guest)
    hub.inject(host=CDN, status=404, count=None)
    assert get(guest, resolve(), bearer(ALICE)).body == whole(file)
    assert source(guest, name_of_peer(guest))["bytes"] == file.size


def test_a_peer_that_was_removed_is_no_source(host: Weir, guest: Weir, hub: TestHub, file: File) -> None:
    hold(host, hub)
    pair(host, guest)
    name = name_of_peer(guest)
    assert source(guest, name)["state"] == "unused"
    assert guest.run("peer", "rm", name).returncode == 0
    read_and_compare(guest, file)
    assert hub.lfs_bytes() == file.size
    assert name not in guest.admin("/-/sources")[1]


def test_a_peer_whose_disk_has_changed_a_file_gives_none(host: Weir, guest: Weir, hub: TestHub, file: File) -> None:
    hold(host, hub)
    pair(host, guest)
    stored = host.objects()[0]
    stored.chmod(0o600)
    with stored.open("r+b") as opened:
        opened.seek(7 * MIB + 5)
        byte = opened.read(1)
        opened.seek(7 * MIB + 5)
        opened.write(bytes([byte[0] ^ 1]))
    read_and_compare(guest, file)
    assert hub.lfs_bytes() == file.size
    assert source(guest, name_of_peer(guest))["bytes"] == 0
    assert "was changed since it was stored" in host.log()


class NetworkWeir(Weir):
    """In a host of its own."""

    def __init__(self, folder: Path, hub: TestHub, host: Host) -> None:
        self._host = host
        super().__init__(folder, hub)
        self.address = host.address
        allowed = [f"{host.address}/24"]
        self.configure({**PIECES, "proxy": {"listen": f"{host.address}:{self.port}", "allow": allowed, "admin_allow": allowed}})
        self.program = [*host.enter, weir_binary()]


@pytest.fixture
def lab() -> Iterator[Network]:
    with network(7, ("80mbit", "80mbit", "")) as made:
        if isinstance(made, str):
            pytest.skip(f"this machine lets a test make no network ({made})")
        yield made


def test_three_on_a_network(lab: Network, tmp_path: Path) -> None:
    """The third gets what two have from both, over lines of their own, while the hub's CDN gives nothing."""
    with TestHub(tmp_path / "hub", address=lab.address) as hub:
        weirs = [NetworkWeir(tmp_path / f"weir{number}", hub, host) for number, host in enumerate(lab.hosts)]
        try:
            for weir in weirs:
                weir.start()
            one, two, three = weirs
            for host, guest in ((one, two), (one, three), (two, three)):
                pair(host, guest)
            file = hold(one, hub)
            hub.inject(host=CDN, status=404, count=None)
            read_and_compare(two, file)
            read_and_compare(three, file)
            shares = [each["bytes"] for each in sources(three) if each["kind"] == "peer"]
            assert len(shares) == 2 and min(shares) >= 2 * MIB and sum(shares) >= file.size
        finally:
            for weir in weirs:
                weir.stop()
