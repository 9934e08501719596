# SPDX-License-Identifier: Apache-2.0
"""Clients that are told of the proxy alone and take the CA from the system's store, after `weir ca install`."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from harness import Weir
from harness.weir import clean_environment
from hub import TestHub
from programs import run, run_well
from states import States
from system_trust import SystemTrust

URL = "https://huggingface.co/acme/tiny-model/resolve/main/model.safetensors"
WEIGHTS = "model.safetensors"
CURL = ["curl", "--silent", "--show-error", "--fail", "--location"]


def proxied(weir: Weir, home: Path) -> dict[str, str]:
    return {**clean_environment(home), "https_proxy": weir.url}


def test_curl(weir: Weir, hub: TestHub, states: States, system_trust: SystemTrust) -> None:
    system_trust.install(weir)

    def download(home: Path) -> Mapping[str, Path]:
        run_well([*CURL, "--output", home / "file", URL], proxied(weir, home))
        return {WEIGHTS: home / "file"}

    states.check("curl, weir ca install", download, {WEIGHTS: hub.file("acme/tiny-model", WEIGHTS)})


def test_wget_resumes(weir: Weir, hub: TestHub, states: States, system_trust: SystemTrust) -> None:
    system_trust.install(weir)
    file = hub.file("acme/tiny-model", WEIGHTS)

    def download(home: Path) -> Mapping[str, Path]:
        environment = proxied(weir, home)
        (home / "file").write_bytes(file.content.read(0, 3_000_000))
        run_well(["wget", "--quiet", "--continue", "-O", home / "file", URL], environment)
        return {WEIGHTS: home / "file"}

    states.check("wget -c, weir ca install", download, {WEIGHTS: file})


def test_wget_from_nothing(weir: Weir, hub: TestHub, states: States, system_trust: SystemTrust) -> None:
    system_trust.install(weir)

    def download(home: Path) -> Mapping[str, Path]:
        environment = proxied(weir, home)
        run_well(["wget", "--quiet", "--continue", URL], environment, home)
        return {WEIGHTS: home / WEIGHTS}

    states.check("wget, weir ca install", download, {WEIGHTS: hub.file("acme/tiny-model", WEIGHTS)})


def test_what_was_installed_goes_and_nothing_else(weir: Weir, tmp_path: Path, system_trust: SystemTrust) -> None:
    before = system_trust.state()
    command = [*CURL, "--output", tmp_path / "file", URL]
    assert run(command, proxied(weir, tmp_path / "home")).returncode == 60  # an unknown issuer

    system_trust.install(weir)
    system_trust.install(weir)
    assert len(system_trust.state().anchors - before.anchors) == 1
    assert run(command, proxied(weir, tmp_path / "home")).returncode == 0

    assert weir.run("ca", "renew").returncode == 0
    weir.restart()
    assert run(command, proxied(weir, tmp_path / "home")).returncode == 60
    system_trust.install(weir)
    assert len(system_trust.state().anchors - before.anchors) == 2
    assert run(command, proxied(weir, tmp_path / "home")).returncode == 0

    system_trust.uninstall(weir)
    assert system_trust.state() == before
    assert run(command, proxied(weir, tmp_path / "home")).returncode == 60


@pytest.mark.parametrize("words", [["path"], ["show"], ["info"]])
def test_looking_at_the_ca_installs_nothing(weir: Weir, words: list[str], system_trust: SystemTrust) -> None:
    before = system_trust.state()
    assert weir.run("ca", *words).returncode == 0
    assert system_trust.state() == before
