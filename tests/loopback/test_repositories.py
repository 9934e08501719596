# SPDX-License-Identifier: Apache-2.0
"""What the store holds of one repository, and how that is removed."""

import hashlib
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from files import GATED, TINY, WEIGHTS, bearer, get, hold, resolve, whole
from harness import Connection, Weir
from hub import Generated, Repo, TestHub, large


def test_the_files_of_a_repository(weir: Weir, hub: TestHub) -> None:
    file = hold(weir, hub)
    commit = json.loads(get(weir, f"/api/models/{TINY}/revision/main").body)["sha"]
    weir.stop()
    listed = json.loads(weir.run("ls", "--json", "--repo", TINY).stdout)
    assert [(each["path"], each["revision"], each["commit"]) for each in listed] == [
        (WEIGHTS, "main", commit)
    ]
    for each in listed:
        blob = Path(each["blob"]).read_bytes()
        assert (each["size"], each["sha256"]) == (file.size, file.sha256)
        assert hashlib.sha256(blob).hexdigest() == file.sha256
    assert json.loads(weir.run("ls", "--json", "--repo", f"{TINY}@{commit}").stdout) == listed
    lines = weir.run("ls", "--repo", f"models/{TINY}@main", WEIGHTS).stdout
    assert all(text in lines for text in (WEIGHTS, commit, file.sha256, listed[0]["blob"], "1 file, "))


def test_a_file_is_listed_as_soon_as_it_is_held(weir: Weir, hub: TestHub) -> None:
    file = hold(weir, hub)
    listed = json.loads(weir.run("ls", "--json", "--repo", TINY).stdout)
    assert [(each["path"], each["sha256"]) for each in listed] == [(WEIGHTS, file.sha256)]


def test_what_is_not_held_is_not_listed(weir: Weir, hub: TestHub) -> None:
    hold(weir, hub)
    assert get(weir, resolve(GATED), method="HEAD", headers=bearer("hf_reader")).status in (200, 401, 403)
    weir.stop()
    for arguments in ([TINY, "other.bin"], [f"{TINY}@v9"], ["acme/nothing"], [f"datasets/{TINY}"], [GATED]):
        assert weir.run("ls", "--repo", *arguments).stdout == "0 files, 0 B\n"
    assert weir.run("ls", "--repo", "a/b/c").returncode == 2
    assert weir.run("ls", WEIGHTS).returncode == 2


def regular(weir: Weir, path: str = "config.json", repo: str = TINY) -> bytes:
    """A regular file by way of its redirect; a store that takes it does so behind the answer."""
    with weir.connect() as connection:
        return connection.get(connection.get(resolve(repo, path)).header("Location") or "").body


def wait_until_listed(weir: Weir, count: int) -> None:
    """A file has its name a moment after it stands among the objects."""
    deadline = time.monotonic() + 30
    while len(json.loads(weir.run("ls", "--json", "--repo", TINY).stdout)) < count:
        assert time.monotonic() < deadline


@pytest.mark.parametrize("running", [True, False])
def test_a_repository_is_removed(weir: Weir, hub: TestHub, running: bool) -> None:
    file = hold(weir, hub)
    config = hub.file(TINY, "config.json")
    assert regular(weir) == whole(config)
    wait_until_listed(weir, 2)
    if not running:
        weir.stop()
    done = weir.run("rm", TINY)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert f"removed 2 names of {TINY}: 2 blobs, " in done.stdout
    assert weir.objects() == []
    again = weir.run("rm", TINY)
    assert again.returncode == 1 and f"no such file of {TINY} is known" in again.stderr
    if not running:
        weir.start()
    assert weir.status()["store"]["blobs"] == 0
    # It comes back as if it had never been here, names too.
    hold(weir, hub)
    assert regular(weir) == whole(config)
    wait_until_listed(weir, 2)
    weir.stop()
    listed = json.loads(weir.run("ls", "--json", "--repo", TINY).stdout)
    assert {each["sha256"] for each in listed} == {file.sha256, config.sha256}


def test_one_file_is_removed(weir: Weir, hub: TestHub) -> None:
    file = hold(weir, hub)
    regular(weir)
    wait_until_listed(weir, 2)
    answer = json.loads(weir.run("rm", "--json", TINY, WEIGHTS, "other").stdout)
    assert answer == {
        "names": 1,
        "count": 1,
        "bytes": file.size,
        "blobs": [{"sha256": file.sha256, "size": file.size}],
        "kept": [],
    }
    assert [path.name for path in weir.objects()] == [hub.file(TINY, "config.json").sha256]


@pytest.fixture
def twins(tmp_path: Path) -> Iterator[TestHub]:
    """Two repositories with the same file."""
    content = Generated("same", 100_000)
    with TestHub(repos=[Repo("model", f"acme/{name}", {WEIGHTS: large(content)}) for name in "ab"]) as hub:
        yield hub


def test_a_blob_stays_as_long_as_it_has_a_name(tmp_path: Path, twins: TestHub) -> None:
    with Weir(tmp_path / "weir", twins) as weir:
        for name in "ab":
            file = hold(weir, twins, f"acme/{name}")
        done = weir.run("rm", "acme/a@main")
        assert done.stdout == (
            f"stays: {file.sha256}, for acme/b@main {WEIGHTS}\nremoved 1 name of acme/a@main: 0 blobs, 0 B\n"
        )
        twins.log.reset()
        assert get(weir, resolve("acme/b", WEIGHTS)).body == whole(file)
        assert twins.lfs_bytes() == 0
        assert "1 blob, 100.0 kB" in weir.run("rm", "acme/b").stdout
        assert weir.objects() == []


@pytest.mark.parametrize("running", [True, False])
def test_a_pinned_repository_is_not_removed(weir: Weir, hub: TestHub, running: bool) -> None:
    hold(weir, hub)
    assert weir.run("pin", f"{TINY}@main").returncode == 0
    if not running:
        weir.stop()
    refused = weir.run("rm", TINY)
    assert refused.returncode == 1 and f"weir unpin {TINY}@main lets it go" in refused.stderr
    assert len(weir.objects()) == 1
    assert weir.run("unpin", f"{TINY}@main").returncode == 0
    assert weir.run("rm", TINY).returncode == 0
    assert weir.objects() == []


def test_a_file_that_is_being_sent_is_sent_to_its_end(tmp_path: Path) -> None:
    size = 16 << 20  # more than sockets swallow of an answer that nobody reads
    with TestHub(repos=[Repo("model", TINY, {WEIGHTS: large(Generated("wide", size))})]) as hub:
        with Weir(tmp_path / "weir", hub) as weir, weir.connect() as connection:
            file = hold(weir, hub)
            connection.send_head("GET", resolve(), {"Host": "huggingface.co"})
            response = connection.begin()
            begin = response.read(1000)
            assert weir.run("rm", TINY).returncode == 0 and weir.objects() == []
            assert begin + response.read() == whole(file)


def test_no_web_page_can_remove_a_file(weir: Weir, hub: TestHub) -> None:
    hold(weir, hub)
    with Connection.plain(("127.0.0.1", weir.port)) as connection:
        assert connection.request("POST", f"/-/rm?repo={TINY}", {"Host": "127.0.0.1"}).status == 403
    assert len(weir.objects()) == 1
