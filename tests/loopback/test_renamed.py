# SPDX-License-Identifier: Apache-2.0
"""Repositories that have got another name: the hub leads from the old one on, and what it said of that is remembered."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from files import WEIGHTS, bearer, get, hold, resolve, whole
from harness import Reply, Weir
from hub import ALICE, BOB, Generated, Held, Repo, TestHub, large, regular
from test_offline import NO_TTL, Ask, in_both_modes, stopped

OPEN, OLD, OLDER = "acme/model", "acme/former-model", "old"
CLOSED, OLD_CLOSED = "acme/gated", "acme/former-gated"
FILES = {WEIGHTS: large(Generated("renamed", 100_000)), "config.json": regular(Held(b"{}"))}
INFO = "/api/models/{}/revision/main"
TREE = "/api/models/{}/tree/main?recursive=true"


@pytest.fixture(scope="session")
def shared_hub() -> Iterator[TestHub]:
    repos = [
        Repo("model", OPEN, FILES, old_names=(OLD, OLDER)),
        Repo("model", CLOSED, FILES, gated=True, old_names=(OLD_CLOSED,)),
    ]
    with TestHub(repos=repos) as hub:
        yield hub


def follow(weir: Weir, ask: Ask, target: str, headers: dict[str, str]) -> Reply:
    """As clients do it: relative redirects, with the same credentials."""
    for _ in range(3):
        reply = ask(weir, target, headers)
        if reply.status != 307:
            break
        target = reply.header("Location") or ""
        assert target.startswith("/")
    return reply


@in_both_modes
@pytest.mark.parametrize(("old", "name", "token"), [(OLD, OPEN, None), (OLDER, OPEN, None), (OLD_CLOSED, CLOSED, ALICE)])
def test_the_old_name_does_without_the_hub(
    make_weir: Callable[..., Weir], hub: TestHub, ask: Ask, old: str, name: str, token: str | None
) -> None:
    weir = make_weir(NO_TTL)
    headers = bearer(token) if token else {}
    file, commit = hub.file(name, WEIGHTS), hub.repo(name).main.sha
    targets = [INFO.format(old), TREE.format(old), resolve(old), resolve(old, revision=commit)]
    bodies = [follow(weir, ask, target, headers).body for target in targets]
    assert bodies[2] == whole(file)
    with stopped(hub):
        weir.restart()
        for target, body in zip(targets, bodies, strict=True):
            first = ask(weir, target, headers)
            assert (first.status, "offline" in (first.header("Cache-Status") or "")) == (307, True), target
            assert follow(weir, ask, target, headers).body == body
        head = ask(weir, resolve(old), headers, method="HEAD")
        assert (head.status, head.header("Location")) == (307, ask(weir, resolve(old), headers).header("Location"))


@in_both_modes
def test_a_stranger_learns_nothing(weir: Weir, hub: TestHub, ask: Ask) -> None:
    for target in (INFO.format(OLD_CLOSED), resolve(OLD_CLOSED)):
        assert follow(weir, ask, target, bearer(ALICE)).status == 200
    with stopped(hub):
        for headers in ({}, bearer(BOB)):
            for target in (INFO.format(OLD_CLOSED), resolve(OLD_CLOSED)):
                reply = ask(weir, target, headers)
                assert (reply.status in (502, 504), reply.header("Location")) == (True, None)


def asked(hub: TestHub) -> list[str]:
    return [record.path for record in hub.log.find(host="huggingface.co")]


def test_within_the_time_to_live_it_costs_nothing(weir: Weir, hub: TestHub) -> None:
    targets = (INFO.format(OLD), resolve(OLD))
    for target in targets:
        assert follow(weir, get, target, {}).status == 200
    hub.log.reset()
    for target in targets:
        assert "remembered" in (get(weir, target).header("Cache-Status") or "")
        assert follow(weir, get, target, {}).status == 200
    assert asked(hub) == []


def test_afterwards_the_hub_is_asked(make_weir: Callable[..., Weir], hub: TestHub) -> None:
    weir = make_weir(NO_TTL)
    for revision in ("main", hub.repo(OPEN).main.sha):
        for _ in range(2):
            assert get(weir, resolve(OLD, revision=revision)).status == 307
        assert asked(hub) == [resolve(OLD, revision=revision)] * 2
        hub.log.reset()


def test_other_queries_are_the_hubs(weir: Weir, hub: TestHub) -> None:
    """Only the one that it adds itself, where it leads on, is known to change nothing."""
    hold(weir, hub, OPEN)
    assert get(weir, f"{resolve(OPEN)}?%2Facme%2Fold=").status == 200
    assert asked(hub) == []
    queries = ("download=true", "%2Fa=&download=true", "%2Fa=b", "%2Fa", "a=", "=")
    for query in queries:
        assert get(weir, f"{resolve(OPEN)}?{query}").status == 200
    assert len(asked(hub)) == len(queries)


def test_a_new_repository_of_the_old_name_is_another(tmp_path: Path) -> None:
    """What the hub said last of a name is what counts."""
    new = {WEIGHTS: large(Generated("another", 5000))}
    own_hub = TestHub(repos=[Repo("model", OPEN, FILES, old_names=(OLD,))])
    with own_hub as hub, Weir(tmp_path / "weir", hub, NO_TTL) as weir:
        assert get(weir, resolve(OLD)).status == 307
        hub.world.add(Repo("model", OLD, new))
        hold(weir, hub, OLD)
        with stopped(hub):
            weir.restart()
            assert get(weir, resolve(OLD)).body == whole(new[WEIGHTS])
