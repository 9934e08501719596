# SPDX-License-Identifier: Apache-2.0
"""Clients of a proxy that speaks TLS and asks for a name and a password, as `weir env` leads them to it."""

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import Weir
from harness.weir import clean_environment, parse_dotenv, weir_binary
from hub import TestHub
from programs import HUB_CALL, HUB_VERSIONS, VENVS, run, run_well
from states import sha256_of

TINY = "acme/tiny-model"
WEIGHTS = "model.safetensors"
URL = f"https://huggingface.co/{TINY}/resolve/main/{WEIGHTS}"
PASSWORD = "pass/word@:%"


@pytest.fixture(params=[True, False], ids=["tls", "clear"])
def weir(request: pytest.FixtureRequest, tmp_path: Path, hub: TestHub) -> Iterator[Weir]:
    weir = Weir(tmp_path / "weir", hub, {"proxy": {"tls": request.param, "users": str(tmp_path / "users")}})
    subprocess.run(
        [weir_binary(), "user", "add", "ann", "--stdin", "--config", weir.config_file],
        input=PASSWORD + "\n",
        text=True,
        check=True,
        env=weir.environment,
    )
    with weir:
        yield weir


def environment(weir: Weir, home: Path, password: str = PASSWORD) -> dict[str, str]:
    base = clean_environment(home)
    who = {"WEIR_PROXY_USER": "ann", "WEIR_PROXY_PASSWORD": password}
    done = weir.run("env", "--shell", "dotenv", environment={**base, **who})
    assert done.returncode == 0, done.stderr
    return {**base, **parse_dotenv(done.stdout)}


def await_line_of_ann(weir: Weir) -> None:
    """The access log is written a little later."""
    deadline = time.monotonic() + 30
    while not any(" access " in line and "user=ann" in line for line in weir.log().splitlines()):
        assert time.monotonic() < deadline, weir.log()
        time.sleep(0.02)


@pytest.mark.parametrize("version", HUB_VERSIONS)
def test_huggingface_hub(weir: Weir, hub: TestHub, tmp_path: Path, version: str) -> None:
    command = [VENVS / f"hub-{version}" / "bin/python", HUB_CALL, "hf_hub_download"]
    arguments = json.dumps({"repo_id": TINY, "filename": WEIGHTS})
    done = run_well([*command, arguments], environment(weir, tmp_path / "home"))
    answer = json.loads(done.stdout.splitlines()[-1])
    assert sha256_of(Path(answer["result"])) == hub.file(TINY, WEIGHTS).sha256
    await_line_of_ann(weir)
    done = run_well([*command, arguments], environment(weir, tmp_path / "other", "wrong"))
    answer = json.loads(done.stdout.splitlines()[-1])
    assert "result" not in answer


def test_git(weir: Weir, hub: TestHub, tmp_path: Path) -> None:
    variables = {**environment(weir, tmp_path / "home"), "GIT_TERMINAL_PROMPT": "0"}
    run_well(["git", "lfs", "install", "--skip-repo"], variables)
    run_well(["git", "clone", "--quiet", f"https://huggingface.co/{TINY}", tmp_path / "clone"], variables)
    assert sha256_of(tmp_path / "clone" / WEIGHTS) == hub.file(TINY, WEIGHTS).sha256
    wrong = {**environment(weir, tmp_path / "home", "wrong"), "GIT_TERMINAL_PROMPT": "0"}
    done = run(["git", "clone", "--quiet", f"https://huggingface.co/{TINY}", tmp_path / "none"], wrong)
    assert done.returncode != 0 and "407" in done.stderr


def test_curl(weir: Weir, hub: TestHub, tmp_path: Path) -> None:
    variables = environment(weir, tmp_path / "home")
    # curl reads no variable for what a proxy's certificate is signed by.
    command = ["curl", "-sSfL", "--proxy-cacert", weir.ca_file(), "--output", tmp_path / "file", URL]
    run_well(command, variables)
    assert sha256_of(tmp_path / "file") == hub.file(TINY, WEIGHTS).sha256
