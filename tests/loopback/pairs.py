# SPDX-License-Identifier: Apache-2.0
"""Weirs that are paired with each other."""

import json
import re
import subprocess

from harness import Weir


def invite(weir: Weir) -> str:
    done = weir.run("peer", "invite")
    assert done.returncode == 0, done.stderr
    found = re.search(r"weir peer add \S+ ((?:[A-Z2-7]{4}-){7}[A-Z2-7]{4})\n", done.stdout)
    assert found, done.stdout
    return found[1]


def add(guest: Weir, place: str, code: str) -> subprocess.CompletedProcess[str]:
    return guest.run("peer", "add", place, code)


def pair(host: Weir, guest: Weir) -> None:
    done = add(guest, f"{host.address}:{host.port}", invite(host))
    assert done.returncode == 0, done.stderr


def peers(weir: Weir) -> dict:
    done = weir.run("peer", "ls", "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
