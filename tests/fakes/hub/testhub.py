# SPDX-License-Identifier: Apache-2.0
"""TestHub: the simulated hub as one object, for use inside a test process."""

import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from . import api, cdn, lfs
from .accounts import denied
from .catalog import standard_repos
from .certs import Authority
from .endpoints import Endpoints
from .faults import Fault, FaultTable
from .githttp import GitHttp
from .http import Request, Response, text_response
from .repos import File, Repo
from .requestlog import RequestLog
from .resolve import resolve, resolve_cache
from .server import Server
from .world import World

GIT_KEYWORDS = ("info", "git-upload-pack")


class TestHub:
    """Start it with `with TestHub() as hub:`.  Clients reach it by `connect_to`, trusting `ca_file`."""

    __test__ = False  # not a test class, whatever pytest makes of its name

    def __init__(self, state_dir: Path | None = None, repos: Iterable[Repo] | None = None, port: int = 0,
                 address: str = "127.0.0.1") -> None:
        self._own_folder = Path(tempfile.mkdtemp(prefix="weir-hub-")) if state_dir is None else None
        self.folder = self._own_folder or state_dir or Path()
        self.authority = Authority(self.folder / "ca")
        self.world = World(standard_repos() if repos is None else repos)
        self.log = RequestLog()
        self.faults = FaultTable()
        self.endpoints = Endpoints()
        self.git = GitHttp(self.folder / "git")
        self.server = Server(self.answer, self.authority.leaf("hub"), self.log, self.faults, port, address)

    def __enter__(self) -> "TestHub":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        self.server.open()

    def stop(self) -> None:
        """Lets go all that waits, drops connections and removes the folder when it is the hub's own."""
        self.faults.clear()
        self.endpoints.release_all()
        self.server.close()
        if self._own_folder:
            shutil.rmtree(self._own_folder, ignore_errors=True)

    @property
    def port(self) -> int:
        return self.server.port

    @property
    def ca_file(self) -> Path:
        return self.authority.file

    @property
    def connect_to(self) -> str:
        """For curl's --connect-to and Weir's [origin] connect_to: every host and port leads here."""
        return f"::{self.server.address}:{self.port}"

    def reset(self) -> None:
        """Forgets faults and the request log.  Repositories and minted URLs stay."""
        self.faults.clear()
        self.log.reset()

    def inject(self, fault: Fault | None = None, /, **members: object) -> Fault:
        """Puts a fault in force: inject(host="*.cdn.hf.co", cut_at=1000)."""
        made = replace(fault, **members) if fault else Fault(**members)  # type: ignore[arg-type]
        self.faults.add(made)
        return made

    def repo(self, name: str, kind: str = "model") -> Repo:
        return self.world.repo(name, kind)

    def file(self, repo: str, path: str, kind: str = "model") -> File:
        return self.repo(repo, kind).main.files[path]

    def lfs_bodies(self, file: File | None = None) -> float:
        """How many times the bytes of that LFS file were served; without a file, of all files together the sum of
        each file's times."""
        served = self.log.body_bytes("lfs")
        if file is not None:
            return served.get(file.sha256, 0) / max(file.size, 1)
        sizes = {f.sha256: f.size for r in self.world.all() for s in r.history() for f in s.files.values() if f.lfs}
        return sum(count / max(sizes[sha256], 1) for sha256, count in served.items())

    def lfs_bytes(self) -> int:
        """Bytes of LFS bodies served."""
        return sum(self.log.body_bytes("lfs").values())

    def regular_bodies(self, file: File) -> int:
        """How many answers carried bytes of that regular file."""
        return len([r for r in self.log.find(kind="regular") if r.sha256 == file.sha256 and r.body_bytes])

    def cas_requests(self) -> int:
        """Requests that reached the Xet servers: clients that were not kept on plain HTTP."""
        return len([r for r in self.log.find() if r.host == "cas-server.xethub.hf.co"])

    def answer(self, request: Request) -> Response:
        """Routes by host, then by path.  Runs on connection threads."""
        host, segments = request.host, request.segments
        if segments[:2] == ["api", "test"] and len(segments) > 2:
            return self.endpoints.answer(request, segments[2], segments[3:])
        if cdn.is_cdn(host):
            return cdn.answer(self.world, request)
        if host.endswith(".xethub.hf.co") or host.startswith("datasets-server."):
            return Response.json(404, {"error": "Not found"})
        if host in ("huggingface.co", "hf.co", "huggingface.com", "localhost") or host.startswith("127.0.0.1"):
            return self._answer_hub(request, segments)
        return text_response(200, f"hello from {host}\n")

    def _answer_hub(self, request: Request, segments: list[str]) -> Response:
        if request.path == "/.well-known/meta.json":
            return api.meta()
        if segments[:2] == ["api", "whoami-v2"]:
            return api.whoami(request)
        if segments[:2] == ["api", "resolve-cache"]:
            return resolve_cache(self.world, request, segments[2:])
        if segments[0] == "api" and len(segments) > 2 and segments[1] in ("models", "datasets", "spaces"):
            return api.answer(self.world, request, segments[1:])
        found = self.world.split(segments, ("resolve",))
        if found and len(found[3]) > 1:
            return resolve(self.world, request, found[0], found[1], found[3])
        found = self.world.split(segments, GIT_KEYWORDS)
        if found:
            return self._answer_git(request, found[0], found[1].removesuffix(".git"), [found[2], *found[3]])
        return denied(request, 404, "Sorry, we can't find the page you are looking for.")

    def _answer_git(self, request: Request, kind: str, name: str, rest: list[str]) -> Response:
        repo = self.world.find(kind, name) or self.world.find_renamed(kind, name)
        path = "/".join(rest)
        if path == "info/lfs/objects/batch":
            return lfs.batch(self.world, request, repo)
        if path in ("info/refs", "git-upload-pack"):
            return self.git.answer(request, repo, path)
        return denied(request, 404, "Not found")
