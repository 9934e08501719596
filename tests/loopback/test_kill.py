# SPDX-License-Identifier: Apache-2.0
"""kill -9 at random moments under load: whatever was going on, no client takes a wrong file for a right one, what was
given whole stays, later downloads are right, nothing wrong is in the store, and what was left lying about is cleared
away.  WEIR_KILL_ROUNDS says how often."""

import hashlib
import os
import random
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from files import MEDIUM, TINY, WEIGHTS, get, resolve, whole
from harness import Weir
from hub import File, TestHub

ROUNDS = int(os.environ.get("WEIR_KILL_ROUNDS") or 5)
OBJECTS = 10_000
# What is promised is seen on a machine that does nothing else.
START_SECONDS = 2 if os.environ.get("WEIR_ENDURANCE") else 10
FILES = [(TINY, WEIGHTS), (MEDIUM, WEIGHTS), *(("acme/many-files", f"shard-{3 * n:05}.bin") for n in range(40))]
RANGES = ["", "0-99999", "5000000-", "1000000-9000000", "-500000"]


def part_of(file: File, asked: str) -> bytes:
    """What a range asks for."""
    first, _, last = asked.partition("-")
    begin = int(first) if first else max(file.size - int(last), 0)
    end = int(last) + 1 if first and last else file.size
    return file.content.read(begin, min(end, file.size) - begin)


class Load:
    """Client after client, in several threads, each with a file that chance picks: curl for all of it or for a range, and
    one wget, which goes on where it was cut off, be it in the round before.  What a client took for right is compared
    with what the hub has.  Who got all of a file here got its end only once the store had it, so it must be there."""

    def __init__(self, weir: Weir, hub: TestHub, folder: Path, chance: random.Random) -> None:
        self.given: set[str] = set()  # digests of files that clients had whole
        self.wrong: list[str] = []
        self._hub = hub
        self._folder = folder
        self._environment = weir.client_environment(folder)
        self._ca_file = weir.ca_file()
        self._ended = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(client, random.Random(chance.random())))
            for client in [self._wget, *(self._curl for _ in range(5))]
        ]
        for thread in self._threads:
            thread.start()

    def _run(self, client: Callable[[str, str, random.Random], None], chance: random.Random) -> None:
        while not self._ended.is_set():
            client(*chance.choice(FILES), chance)

    def _curl(self, repo: str, path: str, chance: random.Random) -> None:
        asked, out = chance.choice(RANGES), self._folder / f"curl-{threading.get_ident()}"
        options = ["-sfL", "--max-time", "60", "-o", out, *(["-r", asked] if asked else [])]
        if self._succeeds("curl", *options, url_of(repo, path)):
            self._judge(self._hub.file(repo, path), asked, out)
        out.unlink(missing_ok=True)

    def _wget(self, repo: str, path: str, _: random.Random) -> None:
        out = self._folder / f"wget-{repo.replace('/', '-')}-{path.replace('/', '-')}"
        options = ["--quiet", "--tries=1", "--timeout=60", f"--ca-certificate={self._ca_file}", "--continue", "-O", out]
        resumed = out.exists()
        if self._succeeds("wget", *options, url_of(repo, path)):
            self._judge(self._hub.file(repo, path), "", out, stored=not resumed)
            out.unlink()

    def _succeeds(self, *command: str | Path) -> bool:
        return subprocess.run(command, env=self._environment, stdin=subprocess.DEVNULL, timeout=90).returncode == 0

    def _judge(self, file: File, asked: str, out: Path, stored: bool = True) -> None:
        """`stored`: if it is whole, the store must have it.  The end of what was begun in an earlier round may have come
        past it (ADR 7)."""
        got = hashlib.sha256(out.read_bytes()).hexdigest()
        if got != (hashlib.sha256(part_of(file, asked)).hexdigest() if asked else file.sha256):
            self.wrong.append(f"{file.sha256} [{asked}]: {out.stat().st_size} bytes")
        elif stored and not asked:
            self.given.add(got)

    def end(self) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()


def url_of(repo: str, path: str) -> str:
    return f"https://huggingface.co{resolve(repo, path)}"


def assert_holds(weir: Weir, given: set[str]) -> None:
    assert given - {path.name for path in weir.objects()} == set()


def wrong_objects(weir: Weir) -> list[str]:
    return [path.name for path in weir.objects() if hashlib.sha256(path.read_bytes()).hexdigest() != path.name]


def forget_some(weir: Weir, chance: random.Random) -> None:
    """So that the next round has something to write again."""
    for path in weir.objects():
        if chance.random() < 0.6:
            path.unlink()


def test_killed_under_load(weir: Weir, hub: TestHub, tmp_path: Path) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    given = 0
    for number in range(ROUNDS):
        load = Load(weir, hub, tmp_path / "clients", chance)
        time.sleep(chance.uniform(0.1, 2))
        weir.kill()
        load.end()
        given += len(load.given)
        assert (load.wrong, wrong_objects(weir)) == ([], []), number
        assert_holds(weir, load.given)
        weir.start()
        assert_holds(weir, load.given)
        assert list((weir.store / "tmp").iterdir()) == []
        for repo, path in [FILES[0], FILES[1], *chance.sample(FILES[2:], 5)]:
            reply = get(weir, resolve(repo, path))
            assert (reply.status, reply.complete, reply.body == whole(hub.file(repo, path))) == (200, True, True), number
        weir.kill()
        assert wrong_objects(weir) == [], number
        forget_some(weir, chance)
        weir.start()
    assert given > 0
    assert list((weir.store / "quarantine").iterdir()) == []


def fill(weir: Weir, count: int) -> None:
    for number in range(count):
        content = f"object {number}".encode()
        name = hashlib.sha256(content).hexdigest()
        folder = weir.store / "objects" / name[:2] / name[2:4]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def test_starts_with_many_objects(
    weir: Weir, record_property: Callable[[str, object], None], capsys: pytest.CaptureFixture[str]
) -> None:
    """Unknown ones, then known ones after a kill, then known ones after a good end."""
    weir.kill()
    fill(weir, OBJECTS)
    times = {}
    for state, end in [("unknown", weir.kill), ("killed", weir.stop), ("closed", weir.stop)]:
        begun = time.monotonic()
        weir.start()
        times[state] = round(time.monotonic() - begun, 2)
        assert len(weir.objects()) == OBJECTS
        end()
    for state, seconds in times.items():
        record_property(f"start_seconds_{state}", seconds)
    with capsys.disabled():
        print(f"\nstart with {OBJECTS} objects, in seconds: {times}")
    assert times["killed"] < START_SECONDS
