# SPDX-License-Identifier: Apache-2.0
"""The LFS batch API: POST {repo}.git/info/lfs/objects/batch."""

import json
import time
from datetime import UTC, datetime
from typing import Any

from .accounts import denied, refusal, user_of
from .http import Request, Response
from .repos import File, Repo
from .resolve import CAS_URL
from .world import World

MEDIA_TYPE = "application/vnd.git-lfs+json"


def batch(world: World, request: Request, repo: Repo | None) -> Response:
    refused = refusal(request, repo, files=True)
    if refused or repo is None:
        return refused or denied(request, 404, "Repository not found", "RepoNotFound")
    asked = json.loads(request.body.read())
    held = {file.sha256: file for snapshot in repo.history() for file in snapshot.files.values() if file.lfs}
    if "xet" in asked.get("transfers", []):
        return _answer(
            "xet",
            [
                {**item, "actions": {"download": {"href": f"{CAS_URL}/v1/reconstructions/0"}}}
                for item in asked["objects"]
            ],
        )
    if asked["operation"] == "upload":
        return _answer(
            "basic",
            [
                {**item, "actions": {"upload": {"href": f"https://huggingface.co/api/test/swallow/{item['oid']}"}}}
                for item in asked["objects"]
            ],
        )
    return _answer("basic", [_download(world, request, repo, item, held.get(item["oid"])) for item in asked["objects"]])


def _download(world: World, request: Request, repo: Repo, item: dict[str, Any], file: File | None) -> dict[str, Any]:
    if file is None:
        return {**item, "error": {"code": 404, "message": "Object does not exist"}}
    expires = datetime.fromtimestamp(time.time() + world.signer.lifetime_s, UTC)
    return {
        "oid": file.sha256,
        "size": file.size,
        "authenticated": True,
        "actions": {
            "download": {
                "href": world.signer.mint(repo, file, file.sha256, user_of(request)),
                "expires_at": expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
        },
    }


def _answer(transfer: str, objects: list[dict[str, Any]]) -> Response:
    response = Response.json(200, {"transfer": transfer, "objects": objects, "hash_algo": "sha256"})
    response.headers.set("Content-Type", MEDIA_TYPE)
    return response
