# SPDX-License-Identifier: Apache-2.0
"""Weir as the hub itself (HF_ENDPOINT): origin-form requests on its own port, same store and same rules."""

import hashlib
import json
import re
from collections.abc import Mapping

import pytest

from files import CDN, GATED, HUGE, TINY, WEIGHTS, bearer, get, hold, resolve, whole
from harness import Connection, Reply, Weir
from hub import ALICE, BOB, TestHub
from users import add_user

LFS = {"Content-Type": "application/vnd.git-lfs+json", "Accept": "application/vnd.git-lfs+json"}


def ask(
    weir: Weir, target: str, headers: Mapping[str, str] | None = None, method: str = "GET", body: bytes = b""
) -> Reply:
    """One request to Weir itself, on a connection of its own."""
    with Connection.plain(("127.0.0.1", weir.port)) as connection:
        return connection.request(method, target, {"Host": f"127.0.0.1:{weir.port}", **(headers or {})}, body)


def batch(weir: Weir, hub: TestHub, operation: str = "download", headers: Mapping[str, str] | None = None) -> str:
    """The URL that the answer to an LFS batch for one object names."""
    file = hub.file(TINY, WEIGHTS)
    wanted = {"operation": operation, "transfers": ["basic"], "objects": [{"oid": file.sha256, "size": file.size}]}
    reply = ask(
        weir, f"/{TINY}.git/info/lfs/objects/batch", {**LFS, **(headers or {})}, "POST", json.dumps(wanted).encode()
    )
    assert reply.status == 200
    return json.loads(reply.body)["objects"][0]["actions"][operation]["href"]


def test_a_file_is_answered_directly(weir: Weir, hub: TestHub) -> None:
    file = hub.file(TINY, WEIGHTS)
    for _ in ("cold", "warm"):
        reply = ask(weir, resolve())
        assert (reply.status, reply.body == whole(file), reply.header("Location")) == (200, True, None)
        assert reply.header("ETag") == f'"{file.sha256}"'
        assert reply.header("X-Repo-Commit") == hub.repo(TINY).main.sha
    head = ask(weir, resolve(), method="HEAD")
    assert (head.status, head.header("Content-Length")) == (200, str(file.size))
    part = ask(weir, resolve(), {"Range": "bytes=5-14"})
    assert (part.status, part.body) == (206, file.content.read(5, 10))
    assert hub.lfs_bodies(file) == 1


def test_no_xet_signs(weir: Weir) -> None:
    reply = ask(weir, resolve(), method="HEAD")
    assert (reply.header("X-Xet-Hash"), reply.header("Link")) == (None, None)
    assert b"xetHash" not in ask(weir, f"/api/models/{TINY}/tree/main?recursive=true").body


def test_one_blob_whichever_way_it_came_in(weir: Weir, hub: TestHub) -> None:
    file = hold(weir, hub)
    assert ask(weir, resolve()).body == whole(file)
    nested = "nested/part-00001.bin"
    assert ask(weir, resolve(TINY, nested)).body == whole(hub.file(TINY, nested))
    assert get(weir, resolve(TINY, nested)).body == whole(hub.file(TINY, nested))
    assert (hub.lfs_bodies(file), hub.lfs_bodies(hub.file(TINY, nested))) == (0, 1)


def test_relative_redirects_stay_relative(weir: Weir, hub: TestHub) -> None:
    redirect = ask(weir, resolve(TINY, "config.json"))
    location = redirect.header("Location") or ""
    assert redirect.status == 307 and location.startswith("/api/resolve-cache/models/acme/tiny-model/")
    assert ask(weir, location).body == whole(hub.file(TINY, "config.json"))


def test_pages_lead_on_at_the_mirror(weir: Weir, hub: TestHub) -> None:
    target, pages, names = "/api/models/acme/many-files/tree/main?recursive=true", 0, set()
    while target:
        reply = ask(weir, target, {"Host": f"weir.lan:{weir.port}"})
        names |= {entry["path"] for entry in json.loads(reply.body)}
        pages += 1
        following = re.fullmatch(rf'<http://weir\.lan:{weir.port}(/api/[^>]+)>; rel="next"', reply.header("Link") or "")
        assert following or not reply.header("Link")
        target = following[1] if following else ""
    assert (pages, names) == (3, set(hub.repo("acme/many-files").main.files))


def test_absolute_redirects_lead_to_the_mirror(weir: Weir, hub: TestHub) -> None:
    """What is too large for plain HTTP is the CDN's to answer, by way of the mirror; other hosts are none of it."""
    location = ask(weir, resolve(HUGE)).header("Location") or ""
    assert location.startswith(f"http://127.0.0.1:{weir.port}/-/cdn/{CDN}/")
    for there, here in (
        ("https://huggingface.co/acme?x=%2F", f"http://127.0.0.1:{weir.port}/acme?x=%2F"),
        ("https://hf.co/acme", f"http://127.0.0.1:{weir.port}/-/cdn/hf.co/acme"),
        ("https://example.org/acme", "https://example.org/acme"),
        ("https://router.huggingface.co/v1", "https://router.huggingface.co/v1"),
    ):
        hub.inject(path="/acme-moved", redirect=there)
        assert ask(weir, "/acme-moved").header("Location") == here


def test_lfs_objects_come_from_the_store(weir: Weir, hub: TestHub) -> None:
    file = hold(weir, hub)
    href = batch(weir, hub)
    base = f"http://127.0.0.1:{weir.port}"
    assert href.startswith(f"{base}/-/cdn/")
    reply = ask(weir, href.removeprefix(base))
    assert (reply.status, reply.body == whole(file)) == (200, True)
    assert hub.lfs_bytes() == 0


def test_lfs_hrefs_are_no_right_of_their_own(weir: Weir, hub: TestHub) -> None:
    hold(weir, hub)
    href = batch(weir, hub).removeprefix(f"http://127.0.0.1:{weir.port}")
    assert ask(weir, href.partition("?")[0]).status == 403


def test_tokens_stop_at_the_cdn(weir: Weir, hub: TestHub) -> None:
    location = ask(weir, resolve(HUGE)).header("Location") or ""
    hub.log.reset()
    ask(weir, location.removeprefix(f"http://127.0.0.1:{weir.port}"), {**bearer(ALICE), "Range": "bytes=0-9"})
    assert [record.authorization for record in hub.log.find(host=CDN)] == [None]


def test_an_upload_passes_through(weir: Weir, hub: TestHub) -> None:
    base = f"http://127.0.0.1:{weir.port}"
    href = batch(weir, hub, "upload")
    assert href.startswith(f"{base}/api/test/swallow/")
    data = whole(hub.file(TINY, WEIGHTS))
    reply = ask(weir, href.removeprefix(base), bearer(ALICE), "PUT", data)
    assert json.loads(reply.body) == {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    assert hub.log.find(method="PUT")[0].authorization == f"Bearer {ALICE}"


@pytest.mark.parametrize(
    "target", ["/api/test/echo?cursor=a%2Fb%3D&x=1&x=&y=%zz", "/api/test/echo", "/api/test/echo?Signature=a~b__"]
)
def test_unknown_routes_pass_untouched(weir: Weir, target: str) -> None:
    reply = ask(weir, target, {"X-Odd": "yes"}, "PATCH", b"{}")
    seen = json.loads(reply.body)
    assert (seen["method"], seen["target"], seen["body"]) == ("PATCH", target, "{}")
    headers = {name.lower(): value for name, value in seen["headers"]}
    assert (headers["host"], headers["x-odd"]) == ("huggingface.co", "yes")


def test_ollama_and_llama_cpp(weir: Weir, hub: TestHub) -> None:
    ask(weir, f"/v2/{TINY}/manifests/latest", {"User-Agent": "ollama/0.12"})
    assert [(record.host, record.path) for record in hub.log.find(path="/v2/")] == [
        ("huggingface.co", f"/v2/{TINY}/manifests/latest")
    ]
    refs = json.loads(ask(weir, f"/api/models/{TINY}/refs").body)
    commit = refs["branches"][0]["targetCommit"]
    entries = json.loads(ask(weir, f"/api/models/{TINY}/tree/{commit}?recursive=true").body)
    assert WEIGHTS in {entry["path"] for entry in entries}
    assert ask(weir, resolve(revision=commit), method="HEAD").status == 200
    assert ask(weir, resolve(revision=commit)).body == whole(hub.file(TINY, WEIGHTS))


@pytest.mark.parametrize(("token", "status"), [(None, 401), (BOB, 403)])
def test_a_gated_file_stays_closed_to_others(weir: Weir, hub: TestHub, token: str | None, status: int) -> None:
    mine = ask(weir, resolve(GATED), bearer(ALICE))
    assert mine.body == whole(hub.file(GATED, WEIGHTS))
    reply = ask(weir, resolve(GATED), bearer(token) if token else {})
    assert (reply.status, reply.header("X-Error-Code")) == (status, "GatedRepo")
    assert ask(weir, f"/{GATED}/info/refs?service=git-upload-pack").header("WWW-Authenticate").startswith("Basic ")


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/acme/tiny-model/resolve/main/../../../secret", "segment"),
        ("/acme/tiny-model/resolve/main/%2e%2e%2f%2e%2e%2fsecret", "segment"),
        ("/acme/tiny-model/resolve/main/a%2F..%2Fb", "segment"),
        ("/-/cdn/us.aws.cdn.hf.co/%2e%2e/x", "segment"),
        ("/acme/tiny-model/resolve/main/a%00b", "control"),
        ("/acme/tiny-model/resolve/main/a%ffb", "UTF-8"),
        ("/acme/tiny-model/resolve/main/a%zz", "hex"),
        ("/acme/tiny-model/resolve/main/" + "a" * 5000, "longer"),
    ],
)
def test_bad_paths(weir: Weir, hub: TestHub, path: str, says: str) -> None:
    for method in ("GET", "HEAD", "POST"):
        reply = ask(weir, path, method=method)
        assert reply.status == 400 and says in (reply.header("X-Error-Message") or "")
    assert (hub.log.find(), weir.objects()) == ([], [])
    assert ask(weir, resolve()).status == 200


@pytest.mark.parametrize(
    "path",
    ["/../../secret", "/%2e%2e%2f%2e%2e%2fsecret", "/a%2F..%2Fb", "/a%00b", "/a%ffb", "/a%zz", "/" + "a" * 5000, "/..%5C"],
)
def test_bad_paths_by_the_proxy_are_the_hubs_to_refuse(weir: Weir, hub: TestHub, path: str) -> None:
    """They go on as they are, and mean no file to Weir."""
    for target in (f"/{TINY}/resolve/main{path}", f"/api/resolve-cache/models/{TINY}/{'0' * 40}{path}"):
        assert get(weir, target).status in (400, 404)
    assert [record.status // 100 for record in hub.log.find()] == [4, 4]
    assert (weir.objects(), get(weir, resolve()).status) == ([], 200)


@pytest.mark.parametrize("body", [b"<html>log in first</html>", b'{"objects": [{"oid"', b"[]", b'{"objects": 7}'])
def test_a_batch_answer_that_is_none_teaches_nothing(weir: Weir, hub: TestHub, body: bytes) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    hub.inject(path="*/objects/batch", raw=head.encode() + body)
    reply = ask(weir, f"/{TINY}.git/info/lfs/objects/batch", LFS, "POST", b'{"operation": "download", "objects": []}')
    assert (reply.status, reply.body, weir.objects()) == (200, body, [])
    assert batch(weir, hub).startswith(f"http://127.0.0.1:{weir.port}/-/cdn/")


@pytest.mark.parametrize(
    "host", ["example.org", "127.0.0.1", "127.0.0.1:80", "datasets-server.huggingface.co", "a@hf.co", "HF.co", ""]
)
def test_no_open_proxy(weir: Weir, hub: TestHub, host: str) -> None:
    reply = ask(weir, f"/-/cdn/{host}/x")
    assert reply.status == 404 and "hosts that the hub" in (reply.header("X-Error-Message") or "")
    assert hub.log.find() == []


def test_its_own_pages_stay(weir: Weir) -> None:
    assert ask(weir, "/-/health").status == 200
    assert ask(weir, "/-/health", {"Host": "evil.example"}).status == 403
    reply = ask(weir, "/")
    assert reply.status == 404 and b"HF_ENDPOINT" in reply.body and b"HTTPS_PROXY" in reply.body


def test_a_weir_with_users_is_no_mirror(idle: Weir, hub: TestHub) -> None:
    idle.configure({"proxy": {"users": str(idle.folder / "users")}})
    add_user(idle)
    with idle:
        reply = ask(idle, resolve(), bearer(ALICE))
        assert reply.status == 403 and b"users" in reply.body
    assert hub.log.find() == []
