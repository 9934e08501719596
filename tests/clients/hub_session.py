# SPDX-License-Identifier: Apache-2.0
"""A huggingface_hub that stays loaded: many calls at the price of one start."""

import json
import subprocess
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from programs import HUB_CALL, VENVS


class HubSession:
    """One process of that version of the library with that environment."""

    def __init__(self, version: str, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [VENVS / f"hub-{version}" / "bin/python", HUB_CALL],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**environment, "HF_HUB_DISABLE_PROGRESS_BARS": "1"},
        )

    def __enter__(self) -> "HubSession":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()

    def call(self, function: str, **arguments: Any) -> dict[str, str]:
        """{"result": text} or {"error": class, "message": text}."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps([function, arguments]) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())
