# SPDX-License-Identifier: Apache-2.0
"""What a warm download costs the hub in requests, with the real client and twenty files."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness import Weir
from hub import ALICE, Generated, Held, Repo, TestHub, large, regular
from hub.catalog import standard_repos
from programs import HUB_VERSIONS, files_in, hub_call
from states import sha256_of
from ways import EACH, Way

NAME = "acme/twenty-files"
FILES = {
    **{f"part-{number:02}.safetensors": large(Generated(f"part {number}", 300_000)) for number in range(12)},
    **{f"part-{number:02}.json": regular(Held(b'{"part": %d}' % number)) for number in range(8)},
}

each_way = pytest.mark.parametrize("way_name", EACH)
each_version = pytest.mark.parametrize("version", HUB_VERSIONS)


@pytest.fixture(scope="session")
def shared_hub() -> Iterator[TestHub]:
    with TestHub(repos=[*standard_repos(), Repo("model", NAME, FILES)]) as hub:
        yield hub


class Client:
    """Downloads into a home of its own each time, and counts what the hub was asked."""

    def __init__(self, version: str, way: Way, hub: TestHub, folder: Path) -> None:
        self._version, self._way, self._hub, self._folder = version, way, hub, folder
        self._homes = 0

    def __call__(self, function: str, **arguments: Any) -> tuple[Path, list[str]]:
        self._homes += 1
        self._hub.log.reset()
        environment = self._way.client_environment(self._folder / f"home{self._homes}")
        answer = hub_call(self._version, function, environment, **arguments)
        assert "result" in answer, answer
        # Once in a new home huggingface_hub 2.x fetches a list of coding agents, which is no matter of downloads.
        asked = [each for each in self._hub.log.find() if each.path != "/api/agent-harnesses"]
        return Path(answer["result"]), [f"{each.method} {each.host}{each.path} {each.status}" for each in asked]

    def snapshot(self, **arguments: Any) -> list[str]:
        path, asked = self("snapshot_download", repo_id=NAME, **arguments)
        got = {name: sha256_of(file) for name, file in files_in(path).items()}
        assert got == {name: file.sha256 for name, file in self._hub.repo(NAME).main.files.items()}
        return asked


@pytest.fixture
def client(weir: Weir, version: str, way_name: str, hub: TestHub, tmp_path: Path) -> Client:
    return Client(version, Way(weir, way_name), hub, tmp_path)


@each_way
@each_version
def test_within_the_times_to_live_nothing_is_asked(client: Client, hub: TestHub) -> None:
    client.snapshot()
    client.snapshot()  # what is stored behind its answer is there now
    assert client.snapshot() == []
    assert client.snapshot(revision=hub.repo(NAME).main.sha) is not None
    assert client.snapshot(revision=hub.repo(NAME).main.sha) == []


@each_way
@each_version
def test_a_warm_snapshot_costs_two_requests(client: Client, weir: Weir) -> None:
    """And one more when the yes has run out: nothing that was said before the restart counts as one."""
    weir.configure({"metadata": {"revision_ttl": 0}})
    weir.restart()
    client.snapshot()
    client.snapshot()
    asked = client.snapshot()
    assert len(asked) <= 2, asked
    weir.restart()
    asked = client.snapshot()
    assert len(asked) <= 3, asked


@each_way
@each_version
def test_a_warm_file_costs_one_request(client: Client, weir: Weir) -> None:
    for path in ("part-00.safetensors", "part-00.json"):
        for _ in range(2):
            client("hf_hub_download", repo_id=NAME, filename=path)
        weir.restart()
        got, asked = client("hf_hub_download", repo_id=NAME, filename=path)
        assert sha256_of(got) == FILES[path].sha256
        assert len(asked) <= 1, asked


@each_way
@each_version
def test_credentials_have_a_yes_of_their_own(client: Client) -> None:
    client.snapshot()
    client.snapshot(token=ALICE)
    client.snapshot(token=ALICE)
    assert client.snapshot(token=ALICE) == []
