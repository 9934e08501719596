# SPDX-License-Identifier: Apache-2.0
"""All clients wait for the end of a file while weir keeps it back: 30 s, three times what they take in silence."""

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from pathlib import Path

from harness import Weir
from hub import TestHub
from programs import HUB_VERSIONS, hub_call, run_well, with_ca
from states import sha256_of

REPO = "acme/medium-model"
WEIGHTS = "model.safetensors"
URL = f"https://huggingface.co/{REPO}/resolve/main/{WEIGHTS}"
HELD_SECONDS = 30.0

Client = Callable[[Weir, Path], Path]


def library(version: str) -> Client:
    def download(weir: Weir, home: Path) -> Path:
        answer = hub_call(version, "hf_hub_download", weir.client_environment(home), repo_id=REPO, filename=WEIGHTS)
        assert "result" in answer, answer
        return Path(answer["result"])

    return download


def curl(weir: Weir, home: Path) -> Path:
    run_well(["curl", "-sSfL", "--output", home / "file", URL], weir.client_environment(home))
    return home / "file"


def wget(weir: Weir, home: Path) -> Path:
    run_well(["wget", "--quiet", *with_ca(weir), "-O", home / "file", URL], weir.client_environment(home))
    return home / "file"


def aria2(weir: Weir, home: Path) -> Path:
    options = ["--quiet", *with_ca(weir), "-x8", "-s8", "-k1M", "-d", home, "-o", "file"]
    run_well(["aria2c", *options, URL], weir.client_environment(home))
    return home / "file"


def git(weir: Weir, home: Path) -> Path:
    environment = {**weir.client_environment(home), "GIT_TERMINAL_PROMPT": "0"}
    run_well(["git", "lfs", "install", "--skip-repo"], environment)
    run_well(["git", "clone", "--quiet", f"https://huggingface.co/{REPO}", home / "clone"], environment)
    return home / "clone" / WEIGHTS


CLIENTS: dict[str, Client] = {
    **{f"huggingface_hub {version}": library(version) for version in HUB_VERSIONS},
    "curl": curl,
    "wget": wget,
    "aria2": aria2,
    "git-lfs": git,
}


def test_every_client_outlasts_it(weir: Weir, hub: TestHub, tmp_path: Path) -> None:
    """The hub stops 1,000 bytes before the end; what weir lets drip meanwhile keeps the clients."""
    file = hub.file(REPO, WEIGHTS)
    stall = hub.inject(host="*.cdn.hf.co", stall_at=file.size - 1000)
    with ThreadPoolExecutor(len(CLIENTS)) as pool:
        names = list(CLIENTS)
        running = {names[0]: pool.submit(CLIENTS[names[0]], weir, tmp_path / names[0])}
        assert stall.reached.wait(60)
        running |= {name: pool.submit(CLIENTS[name], weir, tmp_path / name) for name in names[1:]}
        held = [client for name, client in running.items() if name != "aria2"]  # its small closed ranges pass by
        ended, _ = wait(held, timeout=HELD_SECONDS, return_when=FIRST_COMPLETED)
        stall.release()
        digests = {name: sha256_of(client.result()) for name, client in running.items()}
    assert ended == set()
    assert digests == dict.fromkeys(names, file.sha256)
