# SPDX-License-Identifier: Apache-2.0
"""Names of the standard files, and what the tests ask of a weir again and again."""

import time

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
