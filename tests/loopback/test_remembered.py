# SPDX-License-Identifier: Apache-2.0
"""What Weir remembers of the hub and of its permissions, counted by the hub's own log."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from files import GATED, TINY, WEIGHTS, bearer, get, hold, resolve, wait_until_held, whole
from harness import Weir
from hub import ALICE, BOB, TestHub

MANY = "acme/many-files"


def asked(hub: TestHub) -> list[str]:
    return [f"{record.method} {record.path}" for record in hub.log.find(host="huggingface.co")]


def test_a_yes_holds_for_the_same_client(weir: Weir, hub: TestHub) -> None:
    file = hold(weir, hub)
    for method in ("GET", "HEAD", "GET"):
        reply = get(weir, resolve(), method=method)
        assert (reply.status, reply.header("Content-Length")) == (200, str(file.size))
        assert reply.header("ETag") == f'"{file.sha256}"'
        assert reply.header("X-Repo-Commit") == hub.repo(TINY).main.sha
        assert "remembered" in (reply.header("Cache-Status") or "")
    assert get(weir, resolve(), {"Range": "bytes=5-9"}).body == whole(file)[5:10]
    assert get(weir, resolve(), {"If-None-Match": f'"{file.sha256}"'}).status == 304
    assert get(weir, resolve(revision=hub.repo(TINY).main.sha)).body == whole(file)
    assert asked(hub) == []


def test_what_is_remembered_survives_a_restart_but_the_yes(weir: Weir, hub: TestHub) -> None:
    file = hold(weir, hub)
    weir.restart()
    assert get(weir, resolve()).body == whole(file)
    assert asked(hub) == [f"GET {resolve()}"]
    assert get(weir, resolve()).body == whole(file)
    assert len(asked(hub)) == 1


def test_a_yes_is_its_clients_alone(weir: Weir, hub: TestHub) -> None:
    hold(weir, hub, GATED, headers=bearer(ALICE))
    assert get(weir, resolve(GATED), bearer(ALICE)).status == 200
    assert asked(hub) == []
    assert get(weir, resolve(GATED)).status == 401
    assert get(weir, resolve(GATED), bearer(BOB)).status == 403
    assert get(weir, resolve(GATED), bearer("hf_nobody")).status == 401
    assert len(asked(hub)) == 3
    # Their no is kept by nobody, and takes nothing from her.
    assert get(weir, resolve(GATED)).status == 401
    assert get(weir, resolve(GATED), bearer(ALICE)).status == 200
    assert len(asked(hub)) == 4


def test_a_yes_for_a_regular_file_opens_no_large_one(weir: Weir, hub: TestHub) -> None:
    hold(weir, hub)
    weir.restart()
    with weir.connect() as connection:
        target = connection.get(resolve(path="config.json")).header("Location") or ""
        wait_until_held(connection, hub, target)
        assert connection.get(target).status == 200
        assert asked(hub) == []
        connection.get(resolve())
        assert asked(hub) == [f"GET {resolve()}"]


@pytest.mark.parametrize(("token", "key"), [(ALICE, "ttl"), (None, "anonymous_ttl")])
def test_a_yes_runs_out(make_weir: Callable[..., Weir], hub: TestHub, token: str | None, key: str) -> None:
    weir = make_weir({"access": {"ttl": "1h", "anonymous_ttl": "1h", key: 0}})
    headers = bearer(token) if token else {}
    hold(weir, hub, headers=headers)
    for _ in range(2):
        assert get(weir, resolve(), headers).status == 200
    assert len(asked(hub)) == 2


def test_a_branch_is_asked_for_again_and_a_commit_is_not(make_weir: Callable[..., Weir], hub: TestHub) -> None:
    weir = make_weir({"metadata": {"revision_ttl": 0}})
    file = hold(weir, hub)
    assert get(weir, resolve()).body == whole(file)
    assert len(asked(hub)) == 1
    assert get(weir, resolve(revision=hub.repo(TINY).main.sha)).body == whole(file)
    assert len(asked(hub)) == 1


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_no_drops_the_yes_at_once(weir: Weir, hub: TestHub, status: int) -> None:
    hold(weir, hub, GATED, headers=bearer(ALICE))
    hub.inject(path="*/resolve/main/config.json", status=status, headers={"X-Error-Code": "GatedRepo"})
    assert get(weir, resolve(GATED, "config.json"), bearer(ALICE)).status == status
    hub.inject(path="*/resolve/*", status=status, headers={"X-Error-Code": "GatedRepo"}, count=None)
    assert get(weir, resolve(GATED), bearer(ALICE)).status == status


def test_a_file_that_is_not_there_is_remembered(weir: Weir, hub: TestHub) -> None:
    hold(weir, hub)
    for _ in range(3):
        reply = get(weir, resolve(path="nothing.bin"), method="HEAD")
        assert (reply.status, reply.header("X-Error-Code")) == (404, "EntryNotFound")
    assert len(asked(hub)) == 1


def test_eight_at_once_cost_one_question(weir: Weir, hub: TestHub) -> None:
    paths = [f"shard-{3 * number:05}.bin" for number in range(16)]
    for path in paths:
        hold(weir, hub, MANY, path)
    weir.restart()
    hub.log.reset()
    hub.inject(path="*/resolve/*", head_delay=0.3, count=None)
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda path: get(weir, resolve(MANY, path)), paths))
    assert all(reply.body == whole(hub.file(MANY, path)) for reply, path in zip(replies, paths, strict=True))
    assert len(asked(hub)) == 1
