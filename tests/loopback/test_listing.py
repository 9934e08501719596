# SPDX-License-Identifier: Apache-2.0
"""Keeping clients on plain HTTP: what is taken out of listings and batches, and that nothing else is."""

import json
import re
from collections.abc import Callable

import pytest

from files import HUGE, TINY, WEIGHTS, get, resolve
from harness import Reply, Weir
from hub import TestHub

FILEINFO = "application/vnd.xet-fileinfo+json"
XET_HASH = re.compile(rb'"xetHash":"[0-9a-f]{64}",|,"xetHash":"[0-9a-f]{64}"')

LISTINGS = [
    "/api/models/acme/tiny-model/tree/main?recursive=true",
    "/api/models/acme/tiny-model/tree/main?recursive=True&expand=True",
    "/api/datasets/acme/tiny-data/tree/main?recursive=true",
    "/api/models/acme/tiny-model?blobs=true",
    "/api/models/acme/tiny-model/revision/main?blobs=true",
    "/api/models/acme/tiny-model",
    "/api/models/acme/many-files/tree/main?recursive=true",
]


@pytest.mark.parametrize("target", LISTINGS)
def test_only_xet_hashes_are_taken_out(make_weir: Callable[..., Weir], target: str) -> None:
    """Every other byte is the hub's."""
    stripped = get(make_weir(), target, {"Accept-Encoding": "gzip"})
    plain = get(make_weir({"xet": {"mode": "pass"}}), target)
    assert (stripped.status, stripped.complete) == (200, True)
    assert stripped.body == XET_HASH.sub(b"", plain.body)
    assert json.loads(stripped.body)


def test_a_rewritten_listing_has_no_length_and_an_etag_of_its_own(weir: Weir, hub: TestHub) -> None:
    reply = get(weir, LISTINGS[0])
    assert reply.header("Content-Length") is None
    assert reply.header("ETag") == f'W/"{hub.repo(TINY).main.trees[""]}-0-weir"'


def test_pages_are_linked_on(weir: Weir) -> None:
    reply = get(weir, LISTINGS[-1])
    assert 'rel="next"' in (reply.header("Link") or "")
    assert "https://huggingface.co/api/models/acme/many-files/tree/main?" in (reply.header("Link") or "")


def test_over_50_gb_the_hash_stays(weir: Weir, hub: TestHub) -> None:
    entries = {entry["path"]: entry for entry in json.loads(get(weir, f"/api/models/{HUGE}/tree/main").body)}
    assert entries[WEIGHTS]["xetHash"] == hub.file(HUGE, WEIGHTS).xet_hash
    assert "xetHash" not in entries["limit.safetensors"]


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b'{"paths":["model.safetensors","config.json"],"expand":true}'),
        ("application/x-www-form-urlencoded", b"paths=model.safetensors&paths=config.json&expand=true"),
    ],
)
def test_paths_info(weir: Weir, content_type: str, body: bytes) -> None:
    with weir.connect() as connection:
        reply = connection.request(
            "POST", "/api/models/acme/tiny-model/paths-info/main", {"Content-Type": content_type}, body
        )
    entries = json.loads(reply.body)
    assert [entry["path"] for entry in entries] == ["model.safetensors", "config.json"]
    assert "xetHash" not in entries[0] and entries[0]["lfs"]["oid"]


def test_xet_enabled_stays(weir: Weir) -> None:
    assert json.loads(get(weir, "/api/models/acme/tiny-model").body)["xetEnabled"] is True


def test_the_javascript_client_is_kept_on_http(weir: Weir, hub: TestHub) -> None:
    reply = get(weir, resolve(), {"Accept": f"{FILEINFO}, */*", "Range": "bytes=0-0"})
    assert (reply.status, len(reply.body)) == (206, 1)
    assert reply.header("Content-Range") == f"bytes 0-0/{hub.file(TINY, WEIGHTS).size}"
    assert FILEINFO not in hub.log.find(path="/resolve/")[0].headers.get("Accept", "")


def batch(weir: Weir, operation: str, transfers: list[str], hub: TestHub) -> Reply:
    file = hub.file(TINY, WEIGHTS)
    body = {"operation": operation, "transfers": transfers, "objects": [{"oid": file.sha256, "size": file.size}]}
    with weir.connect() as connection:
        return connection.request(
            "POST",
            f"/{TINY}.git/info/lfs/objects/batch",
            {"Content-Type": "application/vnd.git-lfs+json"},
            json.dumps(body).encode(),
        )


@pytest.mark.parametrize(("operation", "transfer"), [("download", "basic"), ("upload", "xet")])
def test_batches(weir: Weir, hub: TestHub, operation: str, transfer: str) -> None:
    reply = batch(weir, operation, ["xet", "basic"], hub)
    assert (reply.status, json.loads(reply.body)["transfer"]) == (200, transfer)


def test_pass_mode_leaves_everything(make_weir: Callable[..., Weir], hub: TestHub) -> None:
    weir = make_weir({"xet": {"mode": "pass"}})
    reply = get(weir, resolve(), method="HEAD")
    assert reply.header("X-Xet-Hash") == hub.file(TINY, WEIGHTS).xet_hash
    assert b"xetHash" in get(weir, LISTINGS[0]).body
    assert json.loads(batch(weir, "download", ["xet", "basic"], hub).body)["transfer"] == "xet"


def test_a_download_past_the_store_is_counted(weir: Weir, hub: TestHub) -> None:
    """A client with an old listing goes to the Xet servers: one log line says why."""
    before = weir.metrics()
    get(weir, f"/v1/reconstructions/{hub.file(TINY, WEIGHTS).xet_hash}", host="cas-server.xethub.hf.co")
    grown = {name for name, value in weir.metrics().items() if value > before.get(name, 0)}
    assert any(name.startswith("weir_passed_by_total") for name in grown), grown
