# SPDX-License-Identifier: Apache-2.0
"""Who may read what: the hub's answer to this very request decides, never what lies in the store."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from files import ASKED_EACH_TIME, CDN, GATED, TINY, WEIGHTS, batch_url, bearer, get, hold, resolve, whole
from harness import Weir
from hub import ALICE, BOB, TestHub


def cdn_url(hub: TestHub, repo: str = TINY) -> str:
    """Path and query of a fresh CDN URL that Weir has not seen."""
    made = hub.world.signer.mint(hub.repo(repo), hub.file(repo, WEIGHTS), WEIGHTS, None)
    parts = urlsplit(made)
    return f"{parts.path}?{parts.query}"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    ("token", "status", "code"),
    [
        (None, 401, "GatedRepo"),
        (BOB, 403, "GatedRepo"),
        ("hf_nobody", 401, None),
    ],
)
def test_a_held_gated_file_is_refused(
    weir: Weir, hub: TestHub, method: str, token: str | None, status: int, code: str | None
) -> None:
    hold(weir, hub, GATED, headers=bearer(ALICE))
    reply = get(weir, resolve(GATED), bearer(token) if token else None, method=method)
    assert (reply.status, reply.header("X-Error-Code")) == (status, code)
    assert reply.header("X-Error-Message")
    assert (reply.header("WWW-Authenticate") is not None) == (status == 401)
    assert len(reply.body) < 1000


def test_a_held_gated_regular_file_is_refused(weir: Weir, hub: TestHub) -> None:
    with weir.connect() as connection:
        target = connection.get(resolve(GATED, "config.json"), bearer(ALICE)).header("Location") or ""
        assert connection.get(target, bearer(ALICE)).status == 200
        assert connection.get(target).status == 401
        assert connection.get(target, bearer(BOB)).status == 403
        assert connection.get(target, bearer(ALICE)).status == 200


@pytest.mark.parametrize("repo", ["acme/private-model", "acme/absent-model"])
@pytest.mark.parametrize(("token", "status", "code"), [(None, 401, None), (BOB, 404, "RepoNotFound")])
def test_private_and_unknown_look_the_same(
    weir: Weir, repo: str, token: str | None, status: int, code: str | None
) -> None:
    reply = get(weir, resolve(repo), bearer(token) if token else None)
    assert (reply.status, reply.header("X-Error-Code")) == (status, code)


def test_a_no_is_not_kept(weir: Weir, hub: TestHub) -> None:
    assert get(weir, resolve(GATED)).status == 401
    assert get(weir, resolve(GATED), bearer(ALICE)).status == 200
    assert get(weir, resolve(GATED)).status == 401


def test_a_right_that_was_taken_back(make_weir: Callable[..., Weir], hub: TestHub) -> None:
    weir = make_weir(ASKED_EACH_TIME)
    hold(weir, hub, GATED, headers=bearer(ALICE))
    hub.inject(path="*/resolve/*", status=403, headers={"X-Error-Code": "GatedRepo"})
    assert get(weir, resolve(GATED), bearer(ALICE)).status == 403


@pytest.mark.parametrize("status", [429, 500, 503])
def test_the_hubs_trouble_is_no_permission(make_weir: Callable[..., Weir], hub: TestHub, status: int) -> None:
    weir = make_weir(ASKED_EACH_TIME)
    file = hold(weir, hub)
    hub.inject(path="*/resolve/*", status=status, retry_after=7, count=None)
    reply = get(weir, resolve())
    assert (reply.status, reply.header("Retry-After")) == (status, "7")
    assert file.content.read(0, 100) not in reply.body


def test_tokens_go_to_the_hub_only(weir: Weir, hub: TestHub) -> None:
    get(weir, resolve(GATED), bearer(ALICE))
    assert {record.authorization for record in hub.log.find(host="huggingface.co")} == {f"Bearer {ALICE}"}
    assert [record.authorization for record in hub.log.find(host=CDN)] == [None]


def test_authorization_sent_to_the_cdn_is_removed(weir: Weir, hub: TestHub) -> None:
    """wget --header and aria2 --header send it there."""
    file = hub.file(TINY, WEIGHTS)
    reply = get(weir, batch_url(weir, hub, file), bearer(ALICE), host=CDN)
    assert reply.body == whole(file)
    assert all(record.authorization is None for record in hub.log.find(host=CDN))


def test_a_cdn_url_that_weir_saw_is_a_hit(weir: Weir, hub: TestHub) -> None:
    file = hold(weir, hub)
    url = batch_url(weir, hub, file)
    hub.log.reset()
    reply = get(weir, url, host=CDN)
    assert (reply.status, reply.body == whole(file)) == (200, True)
    assert hub.log.find(host=CDN) == []


def test_a_cdn_url_that_weir_did_not_see_is_asked_for_one_byte(weir: Weir, hub: TestHub) -> None:
    file = hold(weir, hub)
    reply = get(weir, cdn_url(hub), host=CDN)
    assert (reply.status, reply.body == whole(file)) == (200, True)
    assert hub.lfs_bytes() <= 1


@pytest.mark.parametrize("asked", [None, "bytes=0-9", "bytes=100-"])
@pytest.mark.parametrize("kind", ["unsigned", "foreign", "forged", "expired", "revoked"])
def test_a_cdn_url_without_a_good_signature_is_refused(weir: Weir, hub: TestHub, kind: str, asked: str | None) -> None:
    file = hold(weir, hub)
    path, query = cdn_url(hub).split("?")
    if kind == "unsigned":
        url = path
    elif kind == "foreign":
        url = path + "?" + cdn_url(hub, "acme/medium-model").split("?")[1]
    elif kind == "forged":
        url = path + "?" + query.replace("Expires=", "Expires=9")
    else:
        hub.world.signer.lifetime_s = -5 if kind == "expired" else 1800
        url = batch_url(weir, hub, file) if kind == "expired" else cdn_url(hub)
        if kind == "revoked":
            hub.world.signer.revoke()
    hub.log.reset()
    reply = get(weir, url, {"Range": asked} if asked else None, host=CDN)
    assert reply.status == 403
    assert b"AccessDenied" in reply.body
    assert hub.lfs_bytes() == 0


def test_a_token_is_nowhere_on_disk(weir: Weir, hub: TestHub) -> None:
    """Neither tokens nor signatures reach the log or the store, while weir runs and after it."""
    hold(weir, hub, GATED, headers={**bearer(ALICE), "Cookie": "session=very-secret-cookie"})
    url = batch_url(weir, hub, hub.file(TINY, WEIGHTS))
    signature = url.partition("Signature=")[2].partition("&")[0]
    get(weir, url, host=CDN)
    weir.stop()
    assert signature
    for path in weir.folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            for secret in (ALICE, "very-secret-cookie", signature, signature.replace("%3D", "=")):
                assert secret.encode() not in data, path


def test_every_request_has_its_log_line(weir: Weir, hub: TestHub) -> None:
    file = hold(weir, hub)
    get(weir, resolve())
    weir.stop()
    lines = [line for line in weir.log().splitlines() if resolve() in line and file.sha256 in line]
    assert len(lines) == 2
    assert "miss" in lines[0] and "hit" in lines[1]
    assert all("huggingface.co" in line and "GET" in line and "200" in line for line in lines)
