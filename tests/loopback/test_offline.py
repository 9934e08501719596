# SPDX-License-Identifier: Apache-2.0
"""The hub is down, silent, out of order or wants a pause: what is held and remembered is served to whom it may be."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from files import GATED, TINY, WEIGHTS, bearer, get, hold, resolve, wait_until_held, whole
from harness import Connection, Reply, Weir
from hub import ALICE, BOB, Generated, Held, Repo, TestHub, large, regular

NO_TTL = {"access": {"ttl": 0, "anonymous_ttl": 0}, "metadata": {"revision_ttl": 0}}


@contextmanager
def stopped(hub: TestHub) -> Iterator[None]:
    hub.server.close()
    try:
        yield
    finally:
        hub.server.open()


def expect_held(weir: Weir, hub: TestHub, repo: str = TINY, headers: dict[str, str] | None = None) -> None:
    file = hub.file(repo, "model.safetensors")
    for method in ("HEAD", "GET"):
        reply = get(weir, resolve(repo), headers, method=method)
        assert (reply.status, reply.header("ETag")) == (200, f'"{file.sha256}"')
        assert "offline" in (reply.header("Cache-Status") or "")
    assert reply.body == whole(file)


def test_what_is_held_is_served(make_weir: Callable[..., Weir], hub: TestHub) -> None:
    weir = make_weir(NO_TTL)
    hold(weir, hub)
    with stopped(hub):
        expect_held(weir, hub)
        weir.restart()
        expect_held(weir, hub)
        assert "huggingface.co cannot be asked" in weir.log()
        assert weir.status()["hub"]["state"] == "down"
        assert "the hub cannot be reached" in weir.run("status").stdout
        assert weir.metrics()["weir_hub_up"] == 0


def test_regular_files_too(make_weir: Callable[..., Weir], hub: TestHub) -> None:
    weir = make_weir(NO_TTL)
    file = hub.file(TINY, "config.json")
    with weir.connect() as connection:
        target = connection.get(resolve(path="config.json")).header("Location") or ""
        wait_until_held(connection, hub, target)
    with stopped(hub):
        weir.restart()
        assert get(weir, resolve(path="config.json")).header("Location") == target
        reply = get(weir, target)
        assert (reply.status, reply.body, reply.header("ETag")) == (200, whole(file), f'"{file.oid}"')
        assert get(weir, target, {"If-None-Match": f'"{file.oid}"'}).status == 304


def test_what_is_not_held_is_a_504(weir: Weir, hub: TestHub) -> None:
    with stopped(hub):
        replies = [get(weir, resolve()) for _ in range(3)]
    assert [reply.status for reply in replies] == [504, 504, 504]
    assert "huggingface.co" in (replies[0].header("X-Error-Message") or "")
    assert "could not be reached" in (replies[1].header("X-Error-Message") or "")


Ask = Callable[..., Reply]


def ask_mirror(weir: Weir, target: str, headers: dict[str, str] | None = None, method: str = "GET") -> Reply:
    with Connection.plain(("127.0.0.1", weir.port)) as connection:
        return connection.request(method, target, {"Host": f"127.0.0.1:{weir.port}", **(headers or {})})


in_both_modes = pytest.mark.parametrize("ask", [get, ask_mirror])


def hold_gated(weir: Weir, hub: TestHub, path: str) -> list[str]:
    """Brings a gated file into the store; the targets by which it can be asked for."""
    if path == WEIGHTS:
        hold(weir, hub, GATED, path, bearer(ALICE))
        return [resolve(GATED, path)]
    with weir.connect() as connection:
        location = connection.get(resolve(GATED, path), bearer(ALICE)).header("Location") or ""
        wait_until_held(connection, hub, location, bearer(ALICE))
    return [resolve(GATED, path), location]


@in_both_modes
@pytest.mark.parametrize("path", [WEIGHTS, "config.json"])
def test_only_whom_the_hub_accepted_is_served(weir: Weir, hub: TestHub, ask: Ask, path: str) -> None:
    """A gated file, warm, after a restart, and without the hub, in both modes."""
    strangers = [{}, bearer(BOB), bearer("hf_nobody")]
    targets, data = hold_gated(weir, hub, path), whole(hub.file(GATED, path))

    def expect_hers() -> None:
        assert [ask(weir, target, bearer(ALICE)).status for target in targets[:-1]] == [307] * (len(targets) - 1)
        assert ask(weir, targets[-1], bearer(ALICE)).body == data

    for _ in range(2):
        expect_hers()
        for target in targets:
            assert [ask(weir, target, headers).status for headers in strangers] == [401, 403, 401]
        weir.restart()
    with stopped(hub):
        for _ in range(2):
            expect_hers()
            for target in targets:
                for headers in strangers:
                    reply = ask(weir, target, headers)
                    assert reply.status in (502, 504) and data not in reply.body and not reply.header("Location")
            weir.restart()


@pytest.mark.parametrize("change", [{"gated": True}, {"private": True}], ids=["gated", "private"])
@pytest.mark.parametrize("path", [WEIGHTS, "config.json"])
def test_what_is_public_no_more(tmp_path: Path, change: dict[str, bool], path: str) -> None:
    """A refusal to one who has credentials ends what was permitted to those who have none, too."""
    repo = Repo("model", "acme/was-public", {WEIGHTS: large(Generated("x", 5000)), "config.json": regular(Held(b"{}"))})
    with TestHub(repos=[repo]) as hub, Weir(tmp_path / "weir", hub) as weir:
        target = resolve(repo.name, path)
        for _ in range(2):
            assert get(weir, target).status == (200 if path == WEIGHTS else 307)
        for name, value in change.items():
            setattr(repo, name, value)
        # A repository's refusal is heard when the hub is asked, here for another of its files.
        assert get(weir, resolve(repo.name, ".gitattributes"), bearer(BOB)).status in (403, 404)
        assert get(weir, target).status == 401
        with stopped(hub):
            for headers in ({}, bearer(BOB), bearer("hf_nobody")):
                assert get(weir, target, headers).status in (502, 504)


@in_both_modes
def test_llama_cpps_requests(weir: Weir, hub: TestHub, ask: Ask) -> None:
    """The refs, the tree of a commit, HEAD and GET of a file: cold, warm, after a restart, and without the hub."""
    file = hub.file(TINY, WEIGHTS)

    def download() -> None:
        refs = json.loads(ask(weir, f"/api/models/{TINY}/refs").body)
        commit = refs["branches"][0]["targetCommit"]
        entries = json.loads(ask(weir, f"/api/models/{TINY}/tree/{commit}?recursive=true").body)
        assert {entry["path"] for entry in entries} >= set(hub.repo(TINY).main.files)
        head = ask(weir, resolve(revision=commit), method="HEAD")
        assert (head.status, head.header("ETag")) == (200, f'"{file.sha256}"')
        assert ask(weir, resolve(revision=commit)).body == whole(file)

    download()
    hub.log.reset()
    download()
    weir.restart()
    download()
    assert hub.lfs_bytes() == 0
    with stopped(hub):
        weir.restart()
        download()


def test_a_grace_that_is_over(make_weir: Callable[..., Weir], hub: TestHub) -> None:
    weir = make_weir({**NO_TTL, "access": {"ttl": 0, "anonymous_ttl": 0, "offline_grace": 0}})
    hold(weir, hub, GATED, headers=bearer(ALICE))
    hold(weir, hub)
    with stopped(hub):
        assert get(weir, resolve(GATED), bearer(ALICE)).status in (502, 504)
        # What everybody could read has no grace.
        expect_held(weir, hub)


def test_never_means_that_the_hubs_trouble_is_told(make_weir: Callable[..., Weir], hub: TestHub) -> None:
    weir = make_weir({**NO_TTL, "offline": {"mode": "never"}})
    hold(weir, hub)
    with stopped(hub):
        for _ in range(2):
            assert get(weir, resolve()).status == 502


def test_always_means_that_the_hub_is_not_asked(make_weir: Callable[..., Weir], hub: TestHub) -> None:
    weir = make_weir()
    hold(weir, hub)
    weir.configure({"offline": {"mode": "always"}})
    weir.restart()
    expect_held(weir, hub)
    reply = get(weir, resolve("acme/medium-model"))
    assert reply.status == 504 and "[offline] mode" in (reply.header("X-Error-Message") or "")
    assert hub.log.find() == []


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_hub_out_of_order(make_weir: Callable[..., Weir], hub: TestHub, status: int) -> None:
    weir = make_weir(NO_TTL)
    hold(weir, hub)
    hub.inject(host="huggingface.co", status=status, count=None)
    for _ in range(5):
        expect_held(weir, hub)
    assert weir.status()["hub"]["state"] == "down"


def test_a_hub_that_says_nothing(make_weir: Callable[..., Weir], hub: TestHub) -> None:
    """The first client waits a while; the others do not."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        weir = make_weir({**NO_TTL, "offline": {"patience": "1s", "probe_interval": "1h"}})
        hold(weir, hub)
        weir.configure({**NO_TTL, "offline": {"patience": "1s", "probe_interval": "1h"},
                        "origin": {"connect_to": [f"::127.0.0.1:{listener.getsockname()[1]}"]}})
        weir.restart()
        began = time.monotonic()
        for _ in range(5):
            expect_held(weir, hub)
        assert time.monotonic() - began < 5


def test_a_hub_whose_name_is_not_known(make_weir: Callable[..., Weir], hub: TestHub) -> None:
    weir = make_weir(NO_TTL)
    hold(weir, hub)
    weir.configure({**NO_TTL, "origin": {"connect_to": ["::hub.invalid:443"]}})
    weir.restart()
    for _ in range(2):
        expect_held(weir, hub)
    assert weir.status()["hub"]["state"] == "down"
    assert get(weir, resolve("acme/medium-model")).status == 504


def test_a_pause_that_the_hub_wants_is_kept(make_weir: Callable[..., Weir], hub: TestHub) -> None:
    weir = make_weir(NO_TTL)
    hold(weir, hub)
    hub.inject(host="huggingface.co", status=429, retry_after=120)
    expect_held(weir, hub)
    hub.log.reset()
    expect_held(weir, hub)
    reply = get(weir, resolve("acme/medium-model"))
    assert reply.status == 429 and 0 < int(reply.header("Retry-After") or 0) <= 120
    assert hub.log.find(host="huggingface.co") == []
    assert weir.status()["hub"]["state"] == "paused"


def test_a_hub_that_comes_back(make_weir: Callable[..., Weir], hub: TestHub) -> None:
    weir = make_weir({**NO_TTL, "offline": {"probe_interval": "100ms"}})
    file = hold(weir, hub)
    with stopped(hub):
        expect_held(weir, hub)
    deadline = time.monotonic() + 30
    while weir.status()["hub"]["state"] == "down":
        assert get(weir, resolve()).body == whole(file)
        assert time.monotonic() < deadline
    assert "huggingface.co can be asked again" in weir.log()
    hub.log.reset()
    get(weir, resolve())
    assert len(hub.log.find(path="/resolve/")) == 1
