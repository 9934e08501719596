# SPDX-License-Identifier: Apache-2.0
"""Remembered answers of the hub's read API: what they cost the hub, whom they answer, and what is never kept."""

import json
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest

from files import GATED, TINY, WEIGHTS, bearer, get, resolve
from harness import Reply, Weir
from hub import ALICE, BOB, TestHub

PRIVATE = "acme/private-model"
INFO = f"/api/models/{TINY}"
TREE = f"{INFO}/tree/main?recursive=true"
MANY = "/api/models/acme/many-files/tree/main?recursive=true"
TTL_SECONDS = 60
DAY_SECONDS = 86400

LISTINGS = [
    INFO,
    f"{INFO}?blobs=true",
    f"{INFO}/revision/main",
    f"{INFO}/refs",
    f"{INFO}/commits/main",
    TREE,
    MANY,
    "/api/datasets/acme/tiny-data/tree/main?recursive=true",
]


def at_commit(hub: TestHub) -> str:
    return f"{INFO}/tree/{hub.repo(TINY).main.sha}?recursive=true"


def asked(hub: TestHub) -> int:
    """Requests of the read API that the hub saw."""
    return len(hub.log.find(host="huggingface.co", path="/api/"))


def post(weir: Weir, body: bytes, content_type: str = "application/json", path: str = "paths-info/main") -> Reply:
    with weir.connect() as connection:
        return connection.request("POST", f"{INFO}/{path}", {"Content-Type": content_type}, body)


def is_remembered(reply: Reply) -> bool:
    return "hit" in (reply.header("Cache-Status") or "")


def later(weir: Weir, seconds: int) -> None:
    """Restarts it, with all that it remembers so much older."""
    weir.stop()
    with sqlite3.connect(weir.store / "metadata.db") as database:
        database.execute("UPDATE answers SET asked = asked - ?", (seconds,))
        database.execute("UPDATE access SET said = said - ?", (seconds,))
    database.close()
    weir.start()


@pytest.mark.parametrize("target", LISTINGS)
def test_the_second_time_costs_nothing(weir: Weir, hub: TestHub, target: str) -> None:
    first, second = get(weir, target), get(weir, target)
    assert (first.status, second.status, second.body) == (200, 200, first.body)
    assert asked(hub) == 1
    assert (is_remembered(first), is_remembered(second)) == (False, True)
    for name in ("Content-Type", "X-Repo-Commit", "Link", "ETag"):
        assert second.header(name) == first.header(name), name
    assert second.header("Content-Length") == str(len(first.body))
    assert b"xetHash" not in second.body


def test_pages_are_remembered_one_by_one(weir: Weir, hub: TestHub) -> None:
    def walk() -> list[bytes]:
        pages, target = [], f"{MANY}&limit=40"
        while target:
            reply = get(weir, target)
            pages.append(reply.body)
            target = (reply.header("Link") or "").partition("<https://huggingface.co")[2].partition(">")[0]
        return pages

    pages = walk()
    assert len(pages) > 2 and all(a != b for a, b in pairwise(pages))
    assert walk() == pages
    assert asked(hub) == len(pages)


def test_paths_info_is_remembered_by_its_body(weir: Weir, hub: TestHub) -> None:
    one, two = b'{"paths":["model.safetensors"]}', b'{"paths":["config.json"]}'
    assert post(weir, one).body == post(weir, one).body
    assert asked(hub) == 1
    assert json.loads(post(weir, two).body)[0]["path"] == "config.json"
    assert asked(hub) == 2
    form = post(weir, b"paths=config.json", "application/x-www-form-urlencoded")
    assert form.body == post(weir, two).body
    assert asked(hub) == 3


def test_a_question_above_a_mebibyte_passes(weir: Weir, hub: TestHub) -> None:
    body = json.dumps({"paths": [WEIGHTS, "x" * (3 << 20)]}).encode()
    for _ in range(2):
        assert [entry["path"] for entry in json.loads(post(weir, body).body)] == [WEIGHTS]
    assert asked(hub) == 2


def test_head_is_answered_from_what_get_brought(weir: Weir, hub: TestHub) -> None:
    assert get(weir, TREE, method="HEAD").status == 200
    whole = get(weir, TREE)
    head = get(weir, TREE, method="HEAD")
    assert (head.status, head.body, head.header("Content-Length")) == (200, b"", str(len(whole.body)))
    assert asked(hub) == 2


def test_a_client_that_has_it_is_told_so(weir: Weir, hub: TestHub) -> None:
    etag = get(weir, TREE).header("ETag")
    assert etag
    reply = get(weir, TREE, {"If-None-Match": etag})
    assert (reply.status, reply.body, reply.header("ETag")) == (304, b"", etag)
    assert get(weir, TREE, {"If-None-Match": '"another"'}).status == 200
    assert asked(hub) == 1


def test_each_credential_asks_for_itself(weir: Weir, hub: TestHub) -> None:
    for token in (ALICE, BOB, ALICE, BOB):
        assert get(weir, TREE, bearer(token)).status == 200
    assert asked(hub) == 2
    assert get(weir, TREE).status == 200
    assert asked(hub) == 3


def test_what_anybody_may_see_is_everybodys(weir: Weir, hub: TestHub) -> None:
    first = get(weir, TREE)
    assert get(weir, TREE, bearer(ALICE)).body == first.body
    assert get(weir, TREE, bearer(BOB)).body == first.body
    assert asked(hub) == 1


@pytest.mark.parametrize(("token", "status"), [(None, 401), (BOB, 404)])
def test_a_private_repository_stays_closed(weir: Weir, hub: TestHub, token: str | None, status: int) -> None:
    target = f"/api/models/{PRIVATE}/tree/main"
    assert get(weir, target, bearer(ALICE)).status == 200
    for count in (2, 3):
        assert get(weir, target, bearer(token) if token else None).status == status
        assert asked(hub) == count, "a no is never kept"
    later(weir, 0)
    hub.server.close()
    try:
        refused = get(weir, target, bearer(token) if token else None)
        assert refused.status in (502, 504) and b"safetensors" not in refused.body
        assert get(weir, target, bearer(ALICE)).status == 200
    finally:
        hub.server.open()


def test_a_refusal_ends_what_was_permitted(weir: Weir, hub: TestHub) -> None:
    tree, refs = f"/api/models/{PRIVATE}/tree/main", f"/api/models/{PRIVATE}/refs"
    assert get(weir, tree, bearer(ALICE)).status == 200
    hub.inject(path="*/refs", status=404, headers={"X-Error-Code": "RepoNotFound"})
    assert get(weir, refs, bearer(ALICE)).status == 404
    hub.inject(path="*/tree/*", status=404, headers={"X-Error-Code": "RepoNotFound"})
    assert get(weir, tree, bearer(ALICE)).status == 404
    assert get(weir, tree, bearer(ALICE)).status == 200


def test_an_absent_revision_ends_nothing(weir: Weir, hub: TestHub) -> None:
    assert get(weir, TREE).status == 200
    for _ in range(2):
        assert get(weir, f"{INFO}/tree/refs%2Fconvert%2Fparquet").status == 404
    assert get(weir, TREE).status == 200
    assert asked(hub) == 3


def test_metadata_opens_no_files(weir: Weir) -> None:
    """A gated repository's metadata is public; its files are not."""
    for _ in range(2):
        assert get(weir, f"/api/models/{GATED}/tree/main").status == 200
    assert get(weir, resolve(GATED)).status == 401
    assert get(weir, resolve(GATED, "config.json")).status == 401
    assert get(weir, f"/api/models/{GATED}/tree/main").status == 200


def test_a_branch_is_asked_again_with_the_hubs_etag(weir: Weir, hub: TestHub) -> None:
    first = get(weir, TREE)
    later(weir, TTL_SECONDS)
    again = get(weir, TREE)
    assert (again.body, again.header("ETag"), is_remembered(again)) == (first.body, first.header("ETag"), True)
    (before, after) = hub.log.find(path="/tree/")
    assert before.headers.get("If-None-Match") is None
    assert after.headers["If-None-Match"] == f'W/"{hub.repo(TINY).main.trees[""]}-0"'
    assert get(weir, TREE).body == first.body
    assert asked(hub) == 2, "the hub's 304 made it young again"


def test_a_commit_is_asked_again_for_the_permission_alone(weir: Weir, hub: TestHub) -> None:
    tree, info = at_commit(hub), f"{INFO}/revision/main"
    assert get(weir, tree).status == 200
    later(weir, 10 * TTL_SECONDS)
    assert get(weir, info).status == 200
    hub.log.reset()
    assert is_remembered(get(weir, tree))
    assert asked(hub) == 0


def test_it_outlives_a_restart(weir: Weir, hub: TestHub) -> None:
    first = get(weir, TREE)
    later(weir, 0)
    assert get(weir, TREE).body == first.body
    assert asked(hub) == 1


def test_many_at_once_cost_one(weir: Weir, hub: TestHub) -> None:
    held = hub.inject(path="*/tree/*", hold_head=True)
    with ThreadPoolExecutor(16) as pool:
        replies = [pool.submit(get, weir, TREE) for _ in range(16)]
        assert held.reached.wait(30)
        held.release()
        bodies = {reply.result().body for reply in replies}
    assert len(bodies) == 1
    assert asked(hub) == 1


def test_nobody_waits_for_ever_for_anothers_answer(weir: Weir, hub: TestHub) -> None:
    held = hub.inject(path="*/tree/*", hold_head=True)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(get, weir, TREE)
        assert held.reached.wait(30)
        assert get(weir, TREE).status == 200
        held.release()
        assert first.result().status == 200
    assert asked(hub) == 2


@pytest.mark.parametrize("target", [TREE, INFO, f"{INFO}/refs"])
def test_without_the_hub_it_is_served_stale(weir: Weir, hub: TestHub, target: str) -> None:
    first = get(weir, target)
    later(weir, 30 * DAY_SECONDS)
    hub.server.close()
    try:
        stale = get(weir, target, bearer(BOB))
        assert (stale.status, stale.body) == (200, first.body)
        assert "offline" in (stale.header("Cache-Status") or "")
        assert get(weir, f"{INFO}/commits/main").status in (502, 504)
    finally:
        hub.server.open()
    deadline = time.monotonic() + 30  # its return is noticed at the next probe
    while "offline" in (get(weir, target).header("Cache-Status") or ""):
        assert time.monotonic() < deadline


def test_without_the_hub_a_credentials_yes_holds_for_the_grace(weir: Weir, hub: TestHub) -> None:
    target = f"/api/models/{PRIVATE}/tree/main"
    assert get(weir, target, bearer(ALICE)).status == 200
    hub.server.close()
    try:
        later(weir, DAY_SECONDS - 600)
        assert "offline" in (get(weir, target, bearer(ALICE)).header("Cache-Status") or "")
        later(weir, 600)
        assert get(weir, target, bearer(ALICE)).status in (502, 504)
    finally:
        hub.server.open()


@pytest.mark.parametrize("status", [429, 500, 503])
def test_the_hubs_trouble_is_bridged(weir: Weir, hub: TestHub, status: int) -> None:
    first = get(weir, TREE)
    later(weir, DAY_SECONDS)
    hub.inject(path="*/tree/*", status=status, retry_after=1)
    assert get(weir, TREE).body == first.body


def answer_of(body: bytes, content_type: str) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


@pytest.mark.parametrize("body", [b'[{"path":"a"', b"[]<p>", b"", b'"text"'])
def test_what_is_no_whole_listing_is_not_kept(weir: Weir, hub: TestHub, body: bytes) -> None:
    hub.inject(path="*/tree/*", raw=answer_of(body, "application/json"))
    assert get(weir, TREE).body == body
    assert "the JSON that huggingface.co sent is cut short or damaged" in weir.log()
    assert json.loads(get(weir, TREE).body)[0]["path"]
    assert asked(hub) == 2


def test_a_page_where_json_is_due_is_an_error(weir: Weir, hub: TestHub) -> None:
    hub.inject(path="*/tree/*", raw=answer_of(b"<html>log in first</html>", "text/html; charset=utf-8"))
    reply = get(weir, TREE)
    assert reply.status == 502 and "JSON" in (reply.header("X-Error-Message") or "")
    assert b"log in first" not in reply.body
    assert get(weir, TREE).status == 200


def test_an_answer_that_breaks_off_is_not_kept(weir: Weir, hub: TestHub) -> None:
    hub.inject(path="*/tree/*", cut_at=100)
    assert not get(weir, TREE).complete
    assert get(weir, TREE).complete
    assert asked(hub) == 2


@pytest.mark.parametrize("headers", [{"Vary": "X-Anything"}, {"Vary": "*"}])
def test_what_varies_by_more_is_not_kept(weir: Weir, hub: TestHub, headers: dict[str, str]) -> None:
    hub.inject(path="*/tree/*", headers=headers)
    get(weir, TREE)
    get(weir, TREE)
    assert asked(hub) == 2


def test_a_page_of_another_site_asks_for_itself(weir: Weir, hub: TestHub) -> None:
    for _ in range(2):
        assert get(weir, TREE, {"Origin": "https://example.org"}).status == 200
    assert asked(hub) == 2


def test_where_xet_is_left_nothing_is_remembered(make_weir: Callable[..., Weir], hub: TestHub) -> None:
    weir = make_weir({"xet": {"mode": "pass"}})
    for _ in range(2):
        assert b"xetHash" in get(weir, TREE).body
    assert asked(hub) == 2


def test_a_token_for_the_xet_servers_is_not_kept(weir: Weir, hub: TestHub) -> None:
    for _ in range(2):
        assert get(weir, f"{INFO}/xet-read-token/main").status == 200
    assert asked(hub) == 2


def stored(weir: Weir, query: str) -> list[tuple]:
    """Rows of the remembered metadata, once weir has ended."""
    weir.stop()
    with sqlite3.connect(weir.store / "metadata.db") as database:
        rows = database.execute(query).fetchall()
    database.close()
    return rows


@pytest.mark.parametrize("target", [INFO, f"{INFO}/revision/main", TREE, f"{INFO}/refs"])
def test_it_tells_which_commit_a_branch_is(weir: Weir, hub: TestHub, target: str) -> None:
    get(weir, target)
    expected = [] if target.endswith("refs") else [(TINY, "main", hub.repo(TINY).main.sha)]
    assert stored(weir, "SELECT repo, revision, commit_id FROM revisions") == expected


def test_a_listing_is_a_yes_to_metadata_alone(weir: Weir) -> None:
    get(weir, TREE, bearer(ALICE))
    assert stored(weir, "SELECT type, repo, granted FROM access") == [("models", TINY, 0)]


@pytest.mark.parametrize(
    ("token", "operation", "expected"), [(ALICE, "download", 1), (ALICE, "upload", 0), (BOB, "download", 0)]
)
def test_a_batch_is_a_permission(weir: Weir, hub: TestHub, token: str, operation: str, expected: int) -> None:
    file = hub.file(GATED, WEIGHTS)
    body = {"operation": operation, "transfers": ["basic"], "objects": [{"oid": file.sha256, "size": file.size}]}
    with weir.connect() as connection:
        for _ in range(2):
            connection.request(
                "POST",
                f"/{GATED}.git/info/lfs/objects/batch",
                {"Content-Type": "application/vnd.git-lfs+json", **bearer(token)},
                json.dumps(body).encode(),
            )
    assert len(hub.log.find(path="/objects/batch")) == 2, "a batch is never remembered"
    assert len(stored(weir, "SELECT * FROM access WHERE granted = 2")) == expected
