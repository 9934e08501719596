# SPDX-License-Identifier: Apache-2.0
"""Names of the standard files, and what the tests ask of a weir again and again."""

import json
import time
from urllib.parse import urlsplit

from harness import Connection, Reply, Weir
from hub import File, TestHub

TINY = "acme/tiny-model"
GATED = "acme/gated-model"
MEDIUM = "acme/medium-model"
HUGE = "acme/huge-model"
WEIGHTS = "model.safetensors"
CDN = "us.aws.cdn.hf.co"
# Nothing is answered from what the hub said before.
ASKED_EACH_TIME = {"access": {"ttl": 0, "anonymous_ttl": 0}, "offline": {"mode": "never"}}
KIB64 = 64 * 1024


def resolve(repo: str = TINY, path: str = WEIGHTS, revision: str = "main") -> str:
    return f"/{repo}/resolve/{revision}/{path}"


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def whole(file: File) -> bytes:
    return file.content.read(0, file.size)


def get(
    weir: Weir, target: str, headers: dict[str, str] | None = None, host: str = "huggingface.co", method: str = "GET"
) -> Reply:
    """One request on a connection of its own."""
    with weir.connect(host) as connection:
        return connection.request(method, target, {"Host": host, **(headers or {})})


def is_no_file(reply: Reply) -> bool:
    """Whether nobody can take it for the file: its body ends early, or it is an error where nothing was sent before the
    bytes were found to be wrong."""
    return not reply.complete or reply.status == 502


def hold(
    weir: Weir, hub: TestHub, repo: str = TINY, path: str = WEIGHTS, headers: dict[str, str] | None = None
) -> File:
    """Brings a large file into the store and empties the hub's log."""
    file = hub.file(repo, path)
    reply = get(weir, resolve(repo, path), headers)
    assert (reply.status, reply.complete, reply.body == whole(file)) == (200, True, True)
    hub.log.reset()
    return file


def wait_until_held(connection: Connection, hub: TestHub, target: str, headers: dict[str, str] | None = None) -> None:
    """A regular file is stored behind the answer: asks until Weir has it, then empties the hub's log."""
    deadline = time.monotonic() + 30
    while "hit" not in (connection.get(target, headers or {}).header("Cache-Status") or ""):
        assert time.monotonic() < deadline, "the file was never stored"
    hub.log.reset()


def batch_url(weir: Weir, hub: TestHub, file: File, repo: str = TINY) -> str:
    """Path and query of a CDN URL that the hub issues through Weir, in an LFS batch."""
    wanted = {"operation": "download", "transfers": ["basic"], "objects": [{"oid": file.sha256, "size": file.size}]}
    with weir.connect() as connection:
        reply = connection.request(
            "POST",
            f"/{repo}.git/info/lfs/objects/batch",
            {"Content-Type": "application/vnd.git-lfs+json", "Accept": "application/vnd.git-lfs+json"},
            json.dumps(wanted).encode(),
        )
    parts = urlsplit(json.loads(reply.body)["objects"][0]["actions"]["download"]["href"])
    return f"{parts.path}?{parts.query}"
