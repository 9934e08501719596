# SPDX-License-Identifier: Apache-2.0
"""The origin misbehaves in every way that is known, and real clients end with the right file or with an error: never
with a wrong or a short file that they take for the right one.  Nothing wrong is stored, and the next honest answer
works."""

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from harness import Weir
from hub import File, Generated, Repo, TestHub, large, regular
from hub_session import HubSession
from programs import run, with_ca
from states import sha256_of
from troubles import BODIES, CIRCLE, ERROR, FRESH, REGULAR, RESOLVES, RIGHT, SIZE, Trouble

REPO = "acme/trouble"
CDN = "us.aws.cdn.hf.co"
HUB = "huggingface.co"
TABLES = {"body": BODIES, "resolve": RESOLVES, "regular": REGULAR}
CONFIG = {
    "origin": {"connect_timeout": "4s", "first_byte_timeout": "700ms", "stall_timeout": "700ms"},
    "fetch": {"retry_delay": "20ms", "max_retries": 2},
    # The trouble of one file is not to keep the hub from being asked for the next.
    "offline": {"mode": "never"},
}


def name_of(table: str, trouble: str, when: str) -> str:
    suffix = "txt" if table == "regular" else "bin"
    return f"{table}-{re.sub('[^a-z0-9]+', '-', trouble.lower())}-{when}.{suffix}"


def content(name: str) -> File:
    if name.endswith(".txt"):
        return regular(Generated(name, 4000))
    return large(Generated(name, SIZE))


@dataclass
class Bench:
    """One weir and one huggingface_hub for all rows; each row has files of its own."""

    hub: TestHub
    weir: Weir
    library: HubSession
    environment: Mapping[str, str]
    folder: Path
    verified: set[Path] = field(default_factory=set)
    logged: int = 0

    def url(self, name: str) -> str:
        return f"https://{HUB}/{REPO}/resolve/main/{name}"

    def with_library(self, name: str) -> str:
        answer = self.library.call(
            "hf_hub_download", repo_id=REPO, filename=name, cache_dir=str(self.folder / "library" / name)
        )
        return self.judge(name, Path(answer["result"])) if "result" in answer else ERROR

    def with_curl(self, name: str) -> str:
        out = self.folder / f"curl-{name}"
        return self.judge_program(name, out, ["curl", "-sSfL", "--max-redirs", "8", "-o", out, self.url(name)])

    def with_wget(self, name: str) -> str:
        out = self.folder / f"wget-{name}"
        options = ["--quiet", "--tries=1", "--max-redirect=8", *with_ca(self.weir)]
        return self.judge_program(name, out, ["wget", *options, "-O", out, self.url(name)])

    def judge_program(self, name: str, out: Path, command: list[str | Path]) -> str:
        done = run(command, self.environment, timeout=60)
        return self.judge(name, out) if done.returncode == 0 else ERROR

    def judge(self, name: str, path: Path) -> str:
        right = sha256_of(path) == self.hub.file(REPO, name).sha256
        return RIGHT if right else f"a wrong file of {path.stat().st_size} bytes"

    @contextmanager
    def faults(self, table: str, name: str, trouble: Trouble, *, lasting: bool) -> Iterator[None]:
        host, path = place_of(self.hub, table, name)
        for number, members in enumerate(trouble.faults, 1):
            made = {**members}
            if made.get("redirect") == FRESH:
                file = self.hub.file(REPO, name)
                made["redirect"] = self.hub.world.signer.mint(self.hub.repo(REPO), file, name, None)
            if made.get("redirect") == CIRCLE:
                made["redirect"] = f"{path.strip('*')}?Signature=circle"
            count = None if lasting and number == len(trouble.faults) else 1
            self.hub.inject(host=host, path=path, count=count, **made)
        yield
        self.hub.faults.clear()
        self.await_end_of_pause()

    def await_end_of_pause(self) -> None:
        """A 429 of the hub is for all that would be asked for."""
        deadline = time.monotonic() + 30
        while self.weir.status()["hub"]["state"] != "up":
            assert time.monotonic() < deadline, self.weir.status()
            time.sleep(0.02)

    def new_log(self) -> str:
        log = self.weir.log()
        new, self.logged = log[self.logged :], len(log)
        return new

    def check_store(self) -> None:
        """What was published since the last time is what it is called, and one of the hub's files."""
        honest = {file.sha256 for file in self.hub.repo(REPO).main.files.values()}
        for path in set(self.weir.objects()) - self.verified:
            assert path.name in honest and sha256_of(path) == path.name, path
            self.verified.add(path)

    def stored(self, name: str) -> bool:
        sha256 = self.hub.file(REPO, name).sha256
        return any(path.name == sha256 for path in self.weir.objects())


def place_of(hub: TestHub, table: str, name: str) -> tuple[str, str]:
    """Host and path of the requests that the faults of a table are for."""
    if table == "body":
        host, path = hub.repo(REPO).cdn_location(hub.file(REPO, name))
        return host, path
    return HUB, f"/{REPO}/resolve/*/{name}" if table == "resolve" else f"/api/resolve-cache/*/{name}"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("trouble")
    names = [
        name_of(table, trouble, when) for table, rows in TABLES.items() for trouble in rows for when in ("once", "always")
    ]
    repo = Repo("model", REPO, {name: content(name) for name in names})
    with TestHub(repos=[repo]) as hub, Weir(folder / "weir", hub, CONFIG) as weir:
        environment = weir.client_environment(folder / "home")
        with HubSession("2.4.0", environment) as library:
            yield Bench(hub, weir, library, environment, folder)


ROWS = [pytest.param(table, name, id=f"{table}: {name}") for table, rows in TABLES.items() for name in rows]


@pytest.mark.parametrize(("table", "row"), ROWS)
def test_once(bench: Bench, table: str, row: str) -> None:
    """It passes, or one try is lost: huggingface_hub."""
    trouble, name = TABLES[table][row], name_of(table, row, "once")
    with bench.faults(table, name, trouble, lasting=False):
        outcome = bench.with_library(name)
    log = bench.new_log()
    assert outcome == trouble.once, log
    settle_and_check(bench, name, log)
    assert bench.with_library(name) == RIGHT


@pytest.mark.parametrize(("table", "row"), ROWS)
def test_always(bench: Bench, table: str, row: str) -> None:
    """It lasts: curl and wget; and then it is over."""
    trouble, name = TABLES[table][row], name_of(table, row, "always")
    outcomes = {}
    for client in trouble.clients:
        with bench.faults(table, name, trouble, lasting=True):
            outcomes[client] = bench.with_curl(name) if client == "curl" else bench.with_wget(name)
    log = bench.new_log()
    assert outcomes == dict.fromkeys(trouble.clients, trouble.always), log
    assert re.search(trouble.says, log), log
    if trouble.says:
        assert (CDN if table == "body" else HUB) in log
    assert bench.stored(name) == (trouble.always == RIGHT)
    settle_and_check(bench, name, log)
    assert bench.with_curl(name) == RIGHT


def settle_and_check(bench: Bench, name: str, log: str) -> None:
    assert bench.weir.healthy()
    assert "Signature" not in log
    bench.check_store()
