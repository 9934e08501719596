# SPDX-License-Identifier: Apache-2.0
"""Git over HTTP: `git http-backend` on bare repositories made from the same files, LFS files as pointers."""

import os
import subprocess
import threading
from pathlib import Path

from . import gitobjects
from .accounts import refusal
from .content import Held
from .http import Headers, Request, Response, Slice
from .repos import Repo, Snapshot

ISOLATED = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}


class GitHttp:
    """Serves clones.  Repositories are made in `folder` when first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._made: dict[str, tuple[str, ...]] = {}

    def answer(self, request: Request, repo: Repo | None, rest: str) -> Response:
        """`rest` is what follows the repository in the path: info/refs or git-upload-pack."""
        refused = refusal(request, repo, files=True)
        if refused or repo is None:
            assert refused
            if refused.status == 401:  # git sends credentials only when asked for Basic ones
                refused.headers.set("WWW-Authenticate", 'Basic realm="Authentication required", charset="UTF-8"')
            return refused
        return _run_backend(request, self.repository(repo), rest)

    def repository(self, repo: Repo) -> Path:
        """The folder of the bare repository, brought up to date."""
        folder = self._folder / f"{repo.id24}.git"
        state = tuple(f"{ref} {snapshot.sha}" for ref, snapshot in repo.refs.items())
        with self._lock:
            if self._made.get(repo.id24) != state:
                _git("init", "--quiet", "--bare", "--initial-branch=main", str(folder))
                _git("-C", str(folder), "fast-import", "--quiet", "--force", data=_fast_import(repo))
                _git("-C", str(folder), "update-ref", "-d", "refs/import")
                self._made[repo.id24] = state
        return folder


def _run_backend(request: Request, folder: Path, rest: str) -> Response:
    environment = {
        "PATH": os.environ["PATH"],
        **ISOLATED,
        "GIT_PROJECT_ROOT": str(folder),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": f"/{rest}",
        "QUERY_STRING": request.query,
        "REQUEST_METHOD": request.method,
        "CONTENT_TYPE": request.headers.get("Content-Type") or "",
        "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding") or "",
        "GIT_PROTOCOL": request.headers.get("Git-Protocol") or "",
    }
    body = request.body.read()
    done = subprocess.run(
        ["git", "http-backend"],
        input=body,
        capture_output=True,
        check=True,
        env={**environment, "CONTENT_LENGTH": str(len(body))},
    )
    head, _, content = done.stdout.partition(b"\r\n\r\n")
    headers = Headers(
        (name, value.strip()) for name, _, value in (line.partition(":") for line in head.decode().split("\r\n"))
    )
    status = int((headers.get("Status") or "200").split()[0])
    headers.set("Status", None)
    if request.method == "POST":
        return Response(status, headers, iter([content]))
    return Response(status, headers, Slice(Held(content), 0, len(content)))


def _fast_import(repo: Repo) -> bytes:
    """All snapshots and refs as a stream for `git fast-import`; the commits get the ids that the API tells."""
    parts: list[bytes] = []
    marks: dict[int, int] = {}

    def commit(snapshot: Snapshot) -> int:
        if id(snapshot) in marks:
            return marks[id(snapshot)]
        parent = commit(snapshot.parent) if snapshot.parent else None
        mark = marks[id(snapshot)] = len(marks) + 1
        message = gitobjects.MESSAGE.encode()
        parts.append(
            f"reset refs/import\n\ncommit refs/import\nmark :{mark}\ncommitter {gitobjects.AUTHOR}\n"
            f"data {len(message)}\n".encode()
            + message
        )
        parts.append(f"from :{parent}\n".encode() if parent else b"")
        parts.append(b"deleteall\n")
        for path, file in snapshot.files.items():
            quoted = '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'
            parts.append(f"M 100644 inline {quoted}\ndata {len(file.git_bytes)}\n".encode() + file.git_bytes + b"\n")
        return mark

    for ref, snapshot in repo.refs.items():
        mark = commit(snapshot)
        parts.append(f"reset {ref}\nfrom :{mark}\n\n".encode())
    return b"".join(parts)


def _git(*arguments: str, data: bytes = b"") -> None:
    done = subprocess.run(
        ["git", *arguments], input=data, capture_output=True, env={"PATH": os.environ["PATH"], **ISOLATED}
    )
    if done.returncode != 0:
        raise RuntimeError(f"git {arguments} failed: {done.stderr.decode()}")
