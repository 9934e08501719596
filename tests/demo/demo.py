#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Downloads a repository twice with the real `hf download`, through a fresh Weir, from the simulated hub of the tests,
each time with an empty client cache, and prints where the bytes came from.  Fails unless the second run cost the hub no
file bytes.  Needs WEIR_BIN, and the virtual environment hub-2.4.0 in WEIR_VENVS (default build/venvs).
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT / "tests/fakes"))

from harness.weir import Weir  # noqa: E402
from hub import File, TestHub  # noqa: E402
from hub.catalog import MIB  # noqa: E402
from hub.content import Generated  # noqa: E402
from hub.repos import Repo, large, regular  # noqa: E402

REPO = "acme/demo-model"
LINE_BYTES_A_SECOND = 16 * MIB  # what a home or an office line gives; loopback would hide the difference
TIMEOUT_SECONDS = 300


@dataclass(frozen=True)
class Run:
    """One download: bytes of file bodies by where they came from."""

    name: str
    hub_bytes: int
    store_bytes: int
    seconds: float


def demo_repo() -> Repo:
    return Repo("model", REPO, {
        "README.md": regular("# A model for a demonstration\n"),
        "config.json": regular('{"model_type": "demo"}\n'),
        "model-00001-of-00002.safetensors": large(Generated("demo one", 64 * MIB + 17)),
        "model-00002-of-00002.safetensors": large(Generated("demo two", 32 * MIB + 5)),
    })


def hf_program() -> Path:
    venvs = Path(os.environ.get("WEIR_VENVS") or PROJECT / "build/venvs")
    return venvs / "hub-2.4.0/bin/hf"


def file_bytes_of_hub(hub: TestHub) -> int:
    return sum(record.body_bytes for kind in ("lfs", "regular") for record in hub.log.find(kind=kind))


def file_bytes_of_store(weir: Weir) -> int:
    """Since its start."""
    return int(weir.metrics()["weir_store_bytes_sent_total"])


def download(environment: Mapping[str, str], target: Path) -> float:
    """Runs `hf download`; how many seconds it took."""
    begin = time.monotonic()
    done = subprocess.run([hf_program(), "download", REPO, "--local-dir", target], env=dict(environment), text=True,
                          capture_output=True, stdin=subprocess.DEVNULL, timeout=TIMEOUT_SECONDS)
    if done.returncode != 0:
        raise SystemExit(f"hf download failed ({done.returncode}):\n{done.stdout}{done.stderr}")
    return time.monotonic() - begin


def check_files(target: Path, expected: Mapping[str, File]) -> None:
    for path, file in expected.items():
        found = target / path
        if not found.is_file() or found.read_bytes() != file.content.read(0, file.size):
            raise SystemExit(f"{path} is not what the hub has")


def one_run(name: str, folder: Path, hub: TestHub, weir: Weir) -> Run:
    hub.log.reset()
    store_bytes = file_bytes_of_store(weir)
    home = folder / f"{name}-home"
    seconds = download(weir.client_environment(home), folder / name)
    check_files(folder / name, hub.repo(REPO).main.files)
    return Run(name, file_bytes_of_hub(hub), file_bytes_of_store(weir) - store_bytes, seconds)


def table(runs: list[Run]) -> str:
    lines = [f"{'run':8}{'from the hub':>18}{'from the store':>18}{'seconds':>10}"]
    lines += [f"{run.name:8}{run.hub_bytes:>18,}{run.store_bytes:>18,}{run.seconds:>10.1f}" for run in runs]
    return "\n".join(lines)


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="weir-demo-") as name, TestHub(repos=[demo_repo()]) as hub:
        folder = Path(name)
        size = sum(file.size for file in hub.repo(REPO).main.files.values())
        print(f"A simulated hub holds {REPO}: {size:,} bytes, sent at {LINE_BYTES_A_SECOND / MIB:.0f} MiB/s a file.")
        print("hf download runs twice through Weir, each time with an empty cache of its own.\n")
        hub.inject(host="*.cdn.hf.co", count=None, rate=LINE_BYTES_A_SECOND)
        with Weir(folder / "weir", hub) as weir:
            runs = [one_run(run, folder, hub, weir) for run in ("first", "second")]
    print(table(runs))
    print("\n(bytes of file bodies; all files of both runs are equal to the hub's)")
    if runs[0].hub_bytes < size or runs[1].hub_bytes != 0 or runs[1].store_bytes < size:
        print("The second run should have come from the store alone.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
