# SPDX-License-Identifier: Apache-2.0
"""kill -9 at random moments under load: whatever was going on, later downloads are right, nothing wrong is in the
store, and what was left lying about is cleared away.  WEIR_KILL_ROUNDS says how often."""

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
from hub import TestHub

ROUNDS = int(os.environ.get("WEIR_KILL_ROUNDS") or 5)
OBJECTS = 10_000
FILES = [(TINY, WEIGHTS), (MEDIUM, WEIGHTS), *(("acme/many-files", f"shard-{3 * n:05}.bin") for n in range(40))]
RANGES = ["", "0-99999", "5000000-", "1000000-9000000", "-500000"]


class Load:
    """curl after curl, in several threads, each with a file and a range that chance picks."""

    def __init__(self, weir: Weir, home: Path, chance: random.Random) -> None:
        self._environment = weir.client_environment(home)
        self._ended = threading.Event()
        seeds = [chance.random() for _ in range(6)]
        self._threads = [threading.Thread(target=self._run, args=(random.Random(seed),)) for seed in seeds]
        for thread in self._threads:
            thread.start()

    def _run(self, chance: random.Random) -> None:
        while not self._ended.is_set():
            repo, path = chance.choice(FILES)
            asked = chance.choice(RANGES)
            url = f"https://huggingface.co{resolve(repo, path)}"
            command = ["curl", "-sL", "--max-time", "60", "-o", os.devnull, *(["-r", asked] if asked else []), url]
            subprocess.run(command, env=self._environment, stdin=subprocess.DEVNULL, timeout=90)

    def end(self) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()


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
    published = 0
    for number in range(ROUNDS):
        load = Load(weir, tmp_path / f"home{number}", chance)
        time.sleep(chance.uniform(0.1, 2))
        weir.kill()
        load.end()
        published += len(weir.objects())
        assert wrong_objects(weir) == [], number
        weir.start()
        assert list((weir.store / "tmp").iterdir()) == []
        for repo, path in [FILES[0], FILES[1], *chance.sample(FILES[2:], 5)]:
            reply = get(weir, resolve(repo, path))
            assert (reply.status, reply.complete, reply.body == whole(hub.file(repo, path))) == (200, True, True), number
        weir.kill()
        assert wrong_objects(weir) == [], number
        forget_some(weir, chance)
        weir.start()
    assert published > 0
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
    """Unknown ones, then known ones after a kill, then known ones after a good end.  The times are for the reader."""
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
