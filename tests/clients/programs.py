# SPDX-License-Identifier: Apache-2.0
"""The clients as commands."""

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness import Weir

VENVS = Path(os.environ.get("WEIR_VENVS") or Path(__file__).resolve().parents[2] / "build/venvs")
HUB_CALL = Path(__file__).parent / "scripts/hub_call.py"
HUB_VERSIONS = ("2.4.0", "1.33.0", "0.36.2")
TIMEOUT_SECONDS = 240.0


def run(
    command: list[str | Path],
    environment: Mapping[str, str],
    folder: Path | None = None,
    timeout: float = TIMEOUT_SECONDS,
) -> subprocess.CompletedProcess[str]:
    """Runs a client; its exit code is for the caller to judge."""
    return subprocess.run(
        [str(word) for word in command],
        env=dict(environment),
        cwd=folder,
        text=True,
        capture_output=True,
        timeout=timeout,
        stdin=subprocess.DEVNULL,
    )


def run_well(
    command: list[str | Path], environment: Mapping[str, str], folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs a client that must succeed."""
    done = run(command, environment, folder)
    assert done.returncode == 0, f"{command}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def hub_call(version: str, function: str, environment: Mapping[str, str], **arguments: Any) -> dict[str, str]:
    """Calls a function of that huggingface_hub: {"result": path} or {"error": class, "message": text}."""
    python = VENVS / f"hub-{version}" / "bin/python"
    done = run_well([python, HUB_CALL, function, json.dumps(arguments)], environment)
    return json.loads(done.stdout.splitlines()[-1])


def hf(version: str) -> Path:
    return VENVS / f"hub-{version}" / "bin/hf"


def with_ca(weir: Weir) -> list[str]:
    """For wget and aria2, which read no variable for it."""
    return [f"--ca-certificate={weir.ca_file()}"]


def files_in(folder: Path) -> dict[str, Path]:
    """The files below a folder by their path in it."""
    return {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
