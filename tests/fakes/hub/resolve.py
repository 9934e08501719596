# SPDX-License-Identifier: Apache-2.0
"""/{repo}/resolve/{revision}/{path} and /api/resolve-cache: where a file is, and the regular files themselves."""

import gzip
from urllib.parse import quote

from .accounts import denied, refusal, user_of
from .http import Headers, Request, Response, text_response
from .ranges import whole_or_part
from .repos import File, Repo, Snapshot
from .signing import ascii_name
from .world import World

FILEINFO_TYPE = "application/vnd.xet-fileinfo+json"
GZIP_MINIMUM_BYTES = 1000
CAS_URL = "https://cas-server.xethub.hf.co"


def resolve(world: World, request: Request, kind: str, name: str, rest: list[str]) -> Response:
    """GET and HEAD of a file: a relative 307 to resolve-cache, or a 302 to the CDN."""
    moved = _moved(world, request, kind, name)
    if moved:
        return moved
    repo = world.find(kind, name)
    refused = refusal(request, repo, files=True)
    if refused or repo is None:
        return refused or denied(request, 404, "Repository not found", "RepoNotFound")
    found = _find_file(request, repo, rest)
    if isinstance(found, Response):
        return found
    snapshot, path, file = found
    response = (
        _large(world, request, repo, snapshot, path, file)
        if file.lfs
        else _regular(request, repo, snapshot, path, file)
    )
    for field_name, value in (
        ("X-Repo-Commit", snapshot.sha),
        ("Accept-Ranges", "bytes"),
        ("Vary", "Origin, Accept"),
        ("Content-Disposition", _disposition(path)),
        ("RateLimit", '"resolvers";r=2999;t=300'),
        ("RateLimit-Policy", '"fixed window";"resolvers";q=3000;w=300'),
    ):
        response.headers.set(field_name, value)
    return response


def resolve_cache(world: World, request: Request, segments: list[str]) -> Response:
    """The regular files: /api/resolve-cache/{kind}s/{id}/{commit}/{path}."""
    kind = segments[0].removesuffix("s")
    length = 2 if world.find(kind, "/".join(segments[1:3])) else 1
    repo = world.find(kind, "/".join(segments[1 : 1 + length]))
    refused = refusal(request, repo, files=True)
    if refused or repo is None:
        return refused or denied(request, 404, "Repository not found", "RepoNotFound")
    found = _find_file(request, repo, segments[1 + length :])
    if isinstance(found, Response):
        return found
    snapshot, path, file = found
    headers = Headers(
        [
            ("ETag", f'"{file.oid}"'),
            ("X-Repo-Commit", snapshot.sha),
            ("Accept-Ranges", "bytes"),
            ("Content-Disposition", _disposition(path)),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Cache-Control", "public, max-age=60"),
            ("Access-Control-Allow-Origin", "https://huggingface.co"),
        ]
    )
    if file.oid in (request.headers.get("If-None-Match") or ""):
        return Response(304, headers)
    if world.gzip_regular_files and _takes_gzip(request) and file.size >= GZIP_MINIMUM_BYTES:
        return _gzipped(headers, file)
    response = whole_or_part(request, file.content, headers)
    response.kind, response.sha256 = "regular", file.sha256
    return response


def _moved(world: World, request: Request, kind: str, name: str) -> Response | None:
    repo = world.find_renamed(kind, name)
    if repo is None:
        return None
    prefix = "" if kind == "model" else f"{kind}s/"
    location = request.path.replace(f"/{prefix}{name}/", f"/{repo.url_path}/", 1)
    location += f"?{quote(request.path, safe='')}="
    return text_response(
        307,
        f"Temporary Redirect. Redirecting to {location}",
        headers=[("Location", location), ("X-Repo-Commit", repo.main.sha), ("Vary", "Origin, Accept")],
    )


def _find_file(request: Request, repo: Repo, rest: list[str]) -> tuple[Snapshot, str, File] | Response:
    revision, path = rest[0], "/".join(rest[1:])
    snapshot = repo.find(revision)
    if snapshot is None:
        return denied(request, 404, f"Invalid rev id: {revision}", "RevisionNotFound")
    file = snapshot.files.get(path)
    if file is None:
        response = denied(request, 404, "Entry not found", "EntryNotFound")
        response.headers.set("X-Repo-Commit", snapshot.sha)
        return response
    return snapshot, path, file


def _regular(request: Request, repo: Repo, snapshot: Snapshot, path: str, file: File) -> Response:
    target = f"/api/resolve-cache/{repo.kind}s/{repo.name}/{snapshot.sha}/{quote(path)}"
    location = f"{target}?{quote(request.path, safe='')}=&etag=%22{file.oid}%22"
    return text_response(
        307,
        f"Temporary Redirect. Redirecting to {location}",
        headers=[("Location", location), ("X-Linked-ETag", f'"{file.oid}"')],
    )


def _large(world: World, request: Request, repo: Repo, snapshot: Snapshot, path: str, file: File) -> Response:
    refresh = f"https://huggingface.co/api/{repo.kind}s/{repo.name}/xet-read-token/{snapshot.sha}"
    link = f'<{refresh}>; rel="xet-auth", <{CAS_URL}/v1/reconstructions/{file.xet_hash}>; rel="xet-reconstruction-info"'
    headers = [("X-Linked-Size", str(file.size)), ("X-Linked-ETag", f'"{file.sha256}"'), ("Cache-Control", "no-store")]
    if not file.legacy:
        headers += [("X-Xet-Hash", file.xet_hash), ("Link", link)]
    if not file.legacy and FILEINFO_TYPE in (request.headers.get("Accept") or ""):
        return Response.json(
            200,
            {"hash": file.xet_hash, "size": file.size, "etag": file.sha256},
            [*headers, ("Content-Type", FILEINFO_TYPE)],
        )
    location = world.signer.mint(repo, file, path, user_of(request), request.headers.get("Range"))
    return text_response(302, f"Found. Redirecting to {location}", headers=[*headers, ("Location", location)])


def _takes_gzip(request: Request) -> bool:
    return "gzip" in (request.headers.get("Accept-Encoding") or "") and "Range" not in request.headers


def _gzipped(headers: Headers, file: File) -> Response:
    """As CloudFront does it: a weak ETag, chunked, no Accept-Ranges."""
    data = gzip.compress(file.content.read(0, file.size))
    headers.set("ETag", f'W/"{file.oid}"')
    headers.set("Accept-Ranges", None)
    headers.set("Content-Encoding", "gzip")
    return Response(200, headers, iter([data]), kind="regular", sha256=file.sha256)


def _disposition(path: str) -> str:
    return f"inline; filename*=UTF-8''{quote(path.rpartition('/')[2])}; filename=\"{ascii_name(path)}\";"
