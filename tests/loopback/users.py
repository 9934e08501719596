# SPDX-License-Identifier: Apache-2.0
"""A weir that asks for names and passwords, and how clients give them."""

import base64
import subprocess
from collections.abc import Callable

from harness import Connection, Reply, Weir
from harness.weir import weir_binary

USER = "ann"
PASSWORD = "pass:word/@%"


def basic(user: str = USER, password: str = PASSWORD) -> dict[str, str]:
    return {"Proxy-Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def weir_user(weir: Weir, *arguments: str, password: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [weir_binary(), "user", *arguments, "--config", weir.config_file],
        input=password,
        stdin=subprocess.DEVNULL if password is None else None,
        text=True,
        capture_output=True,
        timeout=60,
        env=weir.environment,
    )


def add_user(weir: Weir, user: str = USER, password: str = PASSWORD) -> None:
    done = weir_user(weir, "add", user, "--stdin", password=password + "\n")
    assert done.returncode == 0, done.stderr


def connect(connection: Connection, authority: str = "huggingface.co:443", **headers: str) -> Reply:
    return connection.request("CONNECT", authority, {"Host": authority, **headers})


MakeWeir = Callable[..., Weir]
