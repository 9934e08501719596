# SPDX-License-Identifier: Apache-2.0
"""The test hub does what the tests rely on: its counts, its faults, its git ids."""

import ssl
import subprocess
from typing import Any

import pytest

from files import CDN, TINY, WEIGHTS, resolve, whole
from harness import Connection, Reply
from hub import TestHub


def ask(hub: TestHub, host: str, target: str, headers: dict[str, str] | None = None) -> Reply:
    """A request to the hub itself, without weir."""
    connection = Connection.plain(("127.0.0.1", hub.port), timeout=30)
    connection.start_tls(hub.ca_file, host)
    with connection:
        return connection.request("GET", target, {"Host": host, **(headers or {})})


def cdn_target(hub: TestHub) -> str:
    location = ask(hub, "huggingface.co", resolve()).header("Location") or ""
    return location.removeprefix(f"https://{CDN}")


def test_bodies_are_counted(hub: TestHub) -> None:
    file, target = hub.file(TINY, WEIGHTS), cdn_target(hub)
    assert ask(hub, CDN, target).body == whole(file)
    assert hub.lfs_bodies(file) == hub.lfs_bodies() == 1
    assert ask(hub, CDN, target, {"Range": "bytes=0-99"}).body == whole(file)[:100]
    assert hub.lfs_bytes() == file.size + 100


@pytest.mark.parametrize(
    ("fault", "sent", "complete"),
    [
        ({"cut_at": 1_000_000}, 1_000_000, False),
        ({"cut_at": 0}, 0, False),
        ({"cut_at": 12_583_257}, 12_583_257, True),
        ({"close_delimited": True}, 12_583_257, True),
        ({"close_delimited": True, "cut_at": 7}, 7, True),
        ({"extra_bytes": 10}, 12_583_267, True),
        ({"flip_at": 5}, 12_583_257, True),
        ({"rate": 50_000_000}, 12_583_257, True),
        ({"chunked": True}, 12_583_257, True),
        ({"chunked": True, "bad_chunk_at": 1_000_000}, 1_000_000, False),
        ({"ignore_range": True}, 12_583_257, True),
    ],
)
def test_faults_of_bodies(hub: TestHub, fault: dict[str, Any], sent: int, complete: bool) -> None:
    target = cdn_target(hub)
    hub.inject(host=CDN, **fault)
    reply = ask(hub, CDN, target)
    assert (len(reply.body), reply.complete) == (sent, complete)
    (record,) = hub.log.wait_for(lambda log: [r for r in log.find(host=CDN) if r.done])
    assert record.body_bytes == sent
    assert (reply.body[5:6] == whole(hub.file(TINY, WEIGHTS))[5:6]) == ("flip_at" not in fault and sent != 0)


def test_missing_close_notify(hub: TestHub) -> None:
    target = cdn_target(hub)
    hub.inject(host=CDN, close_delimited=True, no_close_notify=True)
    assert not ask(hub, CDN, target).complete


@pytest.mark.parametrize(
    ("fault", "status", "content_range"),
    [
        ({}, 206, "bytes 100-199/12583257"),
        ({"ignore_range": True}, 200, None),
        ({"shift_range": 1}, 206, "bytes 101-200/12583257"),
        ({"total_off": -7}, 206, "bytes 100-199/12583250"),
        ({"gzip": True}, 206, "bytes 100-199/12583257"),
    ],
)
def test_faults_of_ranges(hub: TestHub, fault: dict[str, Any], status: int, content_range: str | None) -> None:
    target = cdn_target(hub)
    hub.inject(host=CDN, **fault)
    reply = ask(hub, CDN, target, {"Range": "bytes=100-199"})
    assert (reply.status, reply.header("Content-Range")) == (status, content_range)
    assert reply.header("Content-Encoding") == ("gzip" if "gzip" in fault else None)


def test_interim_answers(hub: TestHub) -> None:
    target = cdn_target(hub)
    hub.inject(host=CDN, interim=3)
    connection = Connection.plain(("127.0.0.1", hub.port), timeout=30)
    connection.start_tls(hub.ca_file, CDN)
    with connection:
        connection.send_head("GET", target, {"Host": CDN})
        heads = connection.read_until(b"HTTP/1.1 200 OK\r\n")
    assert heads.count(b"HTTP/1.1 102 Processing\r\n\r\n") == 3


def test_reset(hub: TestHub) -> None:
    target = cdn_target(hub)
    hub.inject(host=CDN, reset_at=-1)
    with pytest.raises((ConnectionResetError, ssl.SSLError)):
        ask(hub, CDN, target)
    assert ask(hub, CDN, target).complete


def test_stall_waits_for_release(hub: TestHub) -> None:
    target = cdn_target(hub)
    stall = hub.inject(host=CDN, stall_at=100_000)
    connection = Connection.plain(("127.0.0.1", hub.port), timeout=30)
    connection.start_tls(hub.ca_file, CDN)
    connection.send_head("GET", target, {"Host": CDN})
    response = connection.begin()
    assert len(response.read(100_000)) == 100_000
    assert stall.reached.wait(30)
    assert hub.lfs_bytes() == 100_000
    stall.release()
    assert len(response.read()) == 12_583_257 - 100_000


def test_revoked_and_expired_urls(hub: TestHub) -> None:
    target = cdn_target(hub)
    hub.world.signer.revoke()
    assert ask(hub, CDN, target).status == 403
    hub.world.signer.lifetime_s = -1
    assert ask(hub, CDN, cdn_target(hub)).status == 403


def test_git_ids_are_gits(hub: TestHub) -> None:
    """The API and a clone name the same commits."""
    for repo in (hub.repo(TINY), hub.repo("acme/odd-names"), hub.repo("acme/tiny-data", "dataset")):
        folder = hub.git.repository(repo)
        for ref, snapshot in repo.refs.items():
            done = subprocess.run(["git", "-C", folder, "rev-parse", ref], capture_output=True, text=True)
            assert done.stdout.strip() == snapshot.sha, ref
