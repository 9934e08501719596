# SPDX-License-Identifier: Apache-2.0
"""weir import takes in what the real huggingface_hub has downloaded without Weir."""

from collections.abc import Callable
from pathlib import Path

import pytest

from harness import Weir
from hub import TestHub
from programs import files_in, hub_call
from states import sha256_of

TINY = "acme/tiny-model"
VERSIONS = ["2.4.0"]
Make = Callable[..., Weir]


def snapshot(version: str, environment: dict[str, str], hub: TestHub) -> None:
    """Downloads it and compares it with what the hub has."""
    answer = hub_call(version, "snapshot_download", environment, repo_id=TINY)
    assert "result" in answer, answer
    files = {path: sha256_of(file) for path, file in files_in(Path(answer["result"])).items()}
    assert files == {path: file.sha256 for path, file in hub.repo(TINY).main.files.items()}


@pytest.fixture
def direct(make_weir: Make, hub: TestHub) -> Callable[[Path], dict[str, str]]:
    """The environment of a client that speaks TLS with the hub itself: nothing is intercepted on its way."""
    tunnel = make_weir({"intercept": {"hosts": ["example.org"]}})

    def environment(home: Path) -> dict[str, str]:
        mine = tunnel.client_environment(home)
        trust = {name: str(hub.ca_file) for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")}
        return {**mine, **trust, "HF_HUB_DISABLE_XET": "1"}

    return environment


@pytest.mark.parametrize("version", VERSIONS)
def test_an_imported_snapshot_is_not_fetched_again(
    version: str, direct: Callable[[Path], dict[str, str]], make_weir: Make, hub: TestHub, home: Callable[[str], Path]
) -> None:
    environment = direct(home("before"))
    snapshot(version, environment, hub)
    files = hub.repo(TINY).main.files.values()
    assert all(hub.lfs_bodies(file) + hub.regular_bodies(file) >= 1 for file in files if file.size > 0)
    weir = make_weir()
    weir.stop()
    before = {**weir.environment, "HOME": environment["HOME"]}
    if home_of_hub := environment.get("HF_HOME"):
        before["HF_HOME"] = home_of_hub
    imported = weir.run("import", environment=before)
    assert imported.returncode == 0, imported.stderr
    assert f"{len(files)} files named" in imported.stdout and "skipped" not in imported.stdout
    weir.start()
    hub.log.reset()
    for name in ("first", "second"):
        snapshot(version, weir.client_environment(home(name)), hub)
        assert sum(hub.lfs_bodies(file) + hub.regular_bodies(file) for file in files) == 0
    assert hub.lfs_bytes() == 0 and weir.status()["bytes"]["from_store"] > 0
