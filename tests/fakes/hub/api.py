# SPDX-License-Identifier: Apache-2.0
"""/api/models, /api/datasets, /api/spaces and their sub-resources."""

import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlencode

from .accounts import BadToken, denied, refusal, user_of
from .http import Headers, Request, Response, text_response
from .repos import File, Repo, Snapshot
from .resolve import CAS_URL
from .world import World

KEYWORDS = ("revision", "tree", "paths-info", "refs", "commits", "xet-read-token")
DATE = "2023-11-14T22:13:20.000Z"
EXPANDED_PAGE_SIZE = 50


def answer(world: World, request: Request, segments: list[str]) -> Response:
    """`segments` begin behind /api/."""
    kind = segments[0].removesuffix("s")
    found = world.split(segments if kind != "model" else segments[1:], KEYWORDS)
    name, keyword, rest = found[1:] if found else ("/".join(segments[1:]), "info", [])
    moved = world.find_renamed(kind, name)
    if moved:
        location = request.target.replace(f"/{name}", f"/{moved.name}", 1)
        return text_response(307, f"Temporary Redirect. Redirecting to {location}", headers=[("Location", location)])
    repo = world.find(kind, name)
    refused = refusal(request, repo, files=keyword == "xet-read-token")
    if refused or repo is None:
        return refused or denied(request, 404, "Repository not found", "RepoNotFound")
    if keyword == "refs":
        return _refs(repo)
    revision = rest[0] if rest else "main"
    snapshot = repo.find(revision)
    if snapshot is None:
        return denied(request, 404, f"Invalid rev id: {revision}", "RevisionNotFound")
    if keyword == "tree":
        return _tree(world, request, repo, snapshot, "/".join(rest[1:]))
    if keyword == "paths-info":
        return _paths_info(request, snapshot)
    if keyword == "commits":
        return _commits(snapshot)
    if keyword == "xet-read-token":
        return _xet_read_token()
    return _info(request, repo, snapshot)


def whoami(request: Request) -> Response:
    try:
        user = user_of(request)
    except BadToken:
        user = None
    if user is None:
        return denied(request, 401, "Invalid username or password.")
    return Response.json(
        200,
        {
            "type": "user",
            "id": "65f",
            "name": user,
            "fullname": user,
            "orgs": [],
            "auth": {"type": "access_token", "accessToken": {"role": "read"}},
        },
    )


def meta() -> Response:
    return Response.json(
        200,
        {
            "lfsDomains": ["cdn-lfs.hf.co"],
            "cdnDomains": ["us.aws.cdn.hf.co", "us.gcp.cdn.hf.co"],
            "hubDomains": ["huggingface.co", "hf.co", "huggingface.com", "huggingface.cn"],
        },
    )


def _info(request: Request, repo: Repo, snapshot: Snapshot) -> Response:
    query = _query(request)
    siblings = [_sibling(path, file, "blobs" in query) for path, file in snapshot.files.items()]
    value: dict[str, Any] = {
        "_id": repo.id24,
        "id": repo.name,
        "private": repo.private,
        "gated": "manual" if repo.gated else False,
        "disabled": False,
        "author": repo.name.partition("/")[0],
        "sha": snapshot.sha,
        "lastModified": DATE,
        "createdAt": DATE,
        "downloads": 7,
        "likes": 3,
        "tags": [],
        "siblings": siblings,
        "xetEnabled": True,
        "usedStorage": sum(file.size for file in snapshot.files.values()),
    }
    if repo.kind == "model":
        value |= {"modelId": repo.name, "pipeline_tag": "text-generation", "library_name": "transformers"}
    if repo.kind == "space":
        value |= {"sdk": "gradio", "subdomain": repo.name.replace("/", "-")}
    return Response.json(200, value)


def _sibling(path: str, file: File, blobs: bool) -> dict[str, Any]:
    value: dict[str, Any] = {"rfilename": path}
    if not blobs:
        return value
    value |= {"blobId": file.oid, "size": file.size}
    if file.lfs:
        value["lfs"] = {"sha256": file.sha256, "size": file.size, "pointerSize": len(file.git_bytes)}
        value |= _xet_member(file)
    return value


def _entry(path: str, file: File, expand: bool) -> dict[str, Any]:
    """A file in a listing.  As on the hub, `size` may stand behind `xetHash`."""
    value: dict[str, Any] = {"type": "file", "oid": file.oid}
    if file.lfs:
        value |= _xet_member(file)
        value["lfs"] = {"oid": file.sha256, "size": file.size, "pointerSize": len(file.git_bytes)}
    value |= {"size": file.size, "path": path}
    if expand:
        value["lastCommit"] = {"id": "0" * 40, "title": "the only commit", "date": DATE}
    return value


def _xet_member(file: File) -> dict[str, str]:
    return {} if file.legacy else {"xetHash": file.xet_hash}


def _tree(world: World, request: Request, repo: Repo, snapshot: Snapshot, folder: str) -> Response:
    query = _query(request)
    expand = query.get("expand", "").lower() in ("true", "1")
    entries = _entries_below(snapshot, folder, query.get("recursive", "").lower() in ("true", "1"), expand)
    if not entries and folder:
        return denied(request, 404, f'{folder} does not exist on "main"', "EntryNotFound")
    page_size = int(query.get("limit", EXPANDED_PAGE_SIZE if expand else world.tree_page_size))
    start = int(query.get("cursor", "0"))
    etag = f'W/"{snapshot.trees[""]}-{start}"'
    headers = [("X-Repo-Commit", snapshot.sha), ("ETag", etag)]
    if request.headers.get("If-None-Match") == etag:
        return Response(304, Headers(headers))
    response = Response.json(200, entries[start : start + page_size], headers)
    if start + page_size < len(entries):
        following = urlencode({**query, "cursor": str(start + page_size)})
        response.headers.add("Link", f'<https://huggingface.co{request.path}?{following}>; rel="next"')
    return response


def _entries_below(snapshot: Snapshot, folder: str, recursive: bool, expand: bool) -> list[dict[str, Any]]:
    prefix = folder + "/" if folder else ""
    entries: dict[str, dict[str, Any]] = {}
    for path, file in snapshot.files.items():
        if not path.startswith(prefix):
            continue
        parts = path.removeprefix(prefix).split("/")
        folders = [prefix + "/".join(parts[:depth]) for depth in range(1, len(parts))]
        for name in folders if recursive else folders[:1]:
            entries.setdefault(name, {"type": "directory", "oid": snapshot.trees[name], "size": 0, "path": name})
        if recursive or len(parts) == 1:
            entries[path] = _entry(path, file, expand)
    return list(entries.values())


def _paths_info(request: Request, snapshot: Snapshot) -> Response:
    body = request.body.read().decode()
    if "json" in (request.headers.get("Content-Type") or ""):
        values: Mapping[str, Any] = json.loads(body)
        paths, expand = values["paths"], bool(values.get("expand"))
    else:
        form = parse_qs(body)
        paths, expand = form.get("paths", []), form.get("expand", ["false"])[0].lower() == "true"
    entries = []
    for path in [paths] if isinstance(paths, str) else paths:
        if path in snapshot.files:
            entries.append(_entry(path, snapshot.files[path], expand))
        elif path in snapshot.trees:
            entries.append({"type": "directory", "oid": snapshot.trees[path], "size": 0, "path": path})
    return Response.json(200, entries, [("X-Repo-Commit", snapshot.sha)])


def _refs(repo: Repo) -> Response:
    def named(prefix: str) -> list[dict[str, str]]:
        return [
            {"name": ref.removeprefix(prefix), "ref": ref, "targetCommit": snapshot.sha}
            for ref, snapshot in repo.refs.items()
            if ref.startswith(prefix)
        ]

    return Response.json(
        200,
        {
            "branches": named("refs/heads/"),
            "tags": named("refs/tags/"),
            "converts": [],
            "pullRequests": [{**ref, "name": ref["ref"]} for ref in named("refs/pr/")],
        },
    )


def _commits(snapshot: Snapshot) -> Response:
    steps: list[dict[str, Any]] = []
    step: Snapshot | None = snapshot
    while step:
        steps.append(
            {"id": step.sha, "title": "the only commit", "message": "", "date": DATE, "authors": [{"user": "alice"}]}
        )
        step = step.parent
    return Response.json(200, steps)


def _xet_read_token() -> Response:
    expires = int(time.time()) + 900
    return Response.json(
        200,
        {"accessToken": "xet_read_token", "exp": expires, "casUrl": CAS_URL},
        [
            ("X-Xet-Access-Token", "xet_read_token"),
            ("X-Xet-Token-Expiration", str(expires)),
            ("X-Xet-Cas-Url", CAS_URL),
        ],
    )


def _query(request: Request) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(request.query, keep_blank_values=True).items()}
