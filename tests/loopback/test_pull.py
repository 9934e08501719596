# SPDX-License-Identifier: Apache-2.0
"""weir pull fills the store by the requests that clients make."""

import json
import os
import pty
import re
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from files import GATED, MEDIUM, TINY, WEIGHTS, bearer, get, resolve, whole
from harness import Weir
from harness.weir import weir_binary
from hub import ALICE, BOB, File, TestHub
from test_damage import flip_stored
from users import PASSWORD, USER, add_user

TINY_DATA = "acme/tiny-data"


def pull(weir: Weir, *arguments: str | Path, token: str = "", code: int = 0) -> subprocess.CompletedProcess[str]:
    environment = {**weir.environment, **({"HF_TOKEN": token} if token else {})}
    done = weir.run("pull", *arguments, environment=environment, timeout=120)
    assert done.returncode == code, done.stdout + done.stderr
    return done


def files_of(hub: TestHub, repo: str = TINY, kind: str = "model") -> dict[str, File]:
    return dict(hub.repo(repo, kind).main.files)


def expect_written(folder: Path, files: dict[str, File]) -> None:
    there = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    assert set(there) == set(files)
    for name, path in there.items():
        assert path.read_bytes() == whole(files[name]), name
        assert path.stat().st_nlink == 1


def expect_all_held(weir: Weir, files: dict[str, File], repo: str = TINY, headers: dict[str, str] | None = None) -> None:
    for path, file in files.items():
        reply = get(weir, resolve(repo, path), headers)
        if reply.status == 307:
            reply = get(weir, reply.header("Location") or "", headers)
        assert (reply.status, reply.body == whole(file)) == (200, True), path


def body_bytes(hub: TestHub) -> int:
    return sum(record.body_bytes for record in hub.log.find() if record.kind in ("lfs", "regular"))


def test_a_whole_repository_once(weir: Weir, hub: TestHub) -> None:
    files = files_of(hub)
    size = sum(file.size for file in files.values())
    done = pull(weir, TINY)
    assert body_bytes(hub) == size
    assert f"{len(files)} files, 15.7 MB: 15.7 MB from the hub, 0 B already held" in done.stdout
    assert done.stderr == ""
    hub.log.reset()
    done = pull(weir, TINY)
    assert body_bytes(hub) == 0
    assert "0 B from the hub, 15.7 MB already held" in done.stdout


def test_a_proxy_is_started_if_need_be(idle: Weir, hub: TestHub) -> None:
    pull(idle, TINY)
    assert {path.name for path in idle.objects()} == {file.sha256 for file in files_of(hub).values()}
    hub.log.reset()
    pull(idle, TINY)
    assert body_bytes(hub) == 0


def test_a_proxy_with_passwords_and_tls(make_weir: Callable[..., Weir], hub: TestHub, tmp_path: Path) -> None:
    weir = make_weir({"proxy": {"tls": True}})
    weir.stop()
    weir.configure({"proxy": {"tls": True, "users": str(tmp_path / "users")}})
    add_user(weir)
    weir.start()
    assert "WEIR_PROXY_PASSWORD" in pull(weir, TINY, code=2).stderr
    weir.environment |= {"WEIR_PROXY_USER": USER, "WEIR_PROXY_PASSWORD": "wrong"}
    assert "407" in pull(weir, TINY, code=1).stderr
    weir.environment["WEIR_PROXY_PASSWORD"] = PASSWORD
    pull(weir, TINY)
    assert body_bytes(hub) == sum(file.size for file in files_of(hub).values())


def test_it_is_stopped_before_it_knows_the_files(weir: Weir, hub: TestHub) -> None:
    fault = hub.inject(path="*/tree/*", hold_head=True)
    with subprocess.Popen(
        [weir_binary(), "pull", TINY, "--config", weir.config_file],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=weir.environment,
    ) as pulling:
        assert fault.gate.reached.wait(60)
        pulling.send_signal(signal.SIGTERM)
        _, stderr = pulling.communicate(timeout=30)
    assert (pulling.returncode, "run the same command again" in stderr) == (143, True), stderr


def test_the_hub_is_not_needed_afterwards(make_weir: Callable[..., Weir], hub: TestHub) -> None:
    weir = make_weir({"access": {"ttl": 0, "anonymous_ttl": 0}, "metadata": {"revision_ttl": 0}})
    pull(weir, TINY)
    weir.restart()
    hub.server.close()
    try:
        expect_all_held(weir, files_of(hub))
        commit = hub.repo(TINY).main.sha
        assert get(weir, resolve(revision=commit)).status == 200
    finally:
        hub.server.open()


@pytest.mark.parametrize(
    ("arguments", "chosen"),
    [
        (["--include", "*.json"], {"config.json"}),
        (["--include", "nested/", "--include", "README.??"], {"nested/part-00001.bin", "README.md"}),
        (["--include", "*.bin", "--include", "*.md", "--exclude", "*part*"], {"README.md"}),
        (["config.json", "nested/part-00001.bin"], {"config.json", "nested/part-00001.bin"}),
    ],
)
def test_some_files(weir: Weir, hub: TestHub, tmp_path: Path, arguments: list[str], chosen: set[str]) -> None:
    pull(weir, TINY, *arguments, "--to", tmp_path / "out")
    files = {path: file for path, file in files_of(hub).items() if path in chosen}
    expect_written(tmp_path / "out", files)
    assert body_bytes(hub) == sum(file.size for file in files.values())


def test_a_wrong_choice(weir: Weir) -> None:
    assert "no file 'nothing.bin'" in pull(weir, TINY, "nothing.bin", code=2).stderr
    assert "--include and --exclude" in pull(weir, TINY, "--include", "*.nothing", code=2).stderr
    assert "not both" in pull(weir, TINY, "config.json", "--include", "*", code=2).stderr
    assert "--revision" in pull(weir, TINY, "--revision", "..", code=2).stderr
    assert "expected a repository" in pull(weir, "../x", code=2).stderr
    assert "--repo-type" in pull(weir, TINY, "--repo-type", "thing", code=2).stderr
    assert "--min-free" in pull(weir, TINY, "--min-free", "much", code=2).stderr
    assert "Invalid rev id" in pull(weir, TINY, "--revision", "nothing", code=1).stderr


def test_a_data_set_and_another_revision(weir: Weir, hub: TestHub, tmp_path: Path) -> None:
    pull(weir, "--repo-type", "dataset", TINY_DATA, "--to", tmp_path / "data")
    expect_written(tmp_path / "data", files_of(hub, TINY_DATA, "dataset"))
    pull(weir, f"datasets/{TINY_DATA}@main")
    pull(weir, TINY, "--revision", "refs/pr/1", "pr.txt", "--to", tmp_path / "pr")
    assert (tmp_path / "pr/pr.txt").read_text() == "proposed\n"


def test_odd_names_and_pages(weir: Weir, hub: TestHub, tmp_path: Path) -> None:
    pull(weir, "acme/odd-names", "--to", tmp_path / "odd")
    expect_written(tmp_path / "odd", files_of(hub, "acme/odd-names"))
    done = pull(weir, "acme/many-files", "--include", "shard-0229?.*")
    assert done.stdout.startswith("10 files, ")
    assert len(hub.log.find(path="/tree/")) == 1 + 3


def test_a_gated_repository(weir: Weir, hub: TestHub) -> None:
    for token in ("", BOB):
        done = pull(weir, GATED, token=token, code=1)
        assert "set HF_TOKEN" in done.stderr and "3 failed" in done.stdout
    assert body_bytes(hub) == 0
    done = pull(weir, GATED, token=ALICE)
    expect_all_held(weir, files_of(hub, GATED), GATED, bearer(ALICE))
    assert get(weir, resolve(GATED)).status == 401
    assert ALICE not in weir.log() + done.stdout + done.stderr
    for path in weir.store.rglob("*"):
        assert not path.is_file() or ALICE.encode() not in path.read_bytes(), path


def test_the_token_file_of_the_hub_s_tools(weir: Weir) -> None:
    file = Path(weir.environment["HOME"]) / ".cache/huggingface/token"
    file.parent.mkdir(parents=True)
    file.write_text(ALICE + "\n")
    pull(weir, GATED)
    done = pull(weir, GATED, token="hf nothing", code=2)
    assert "no token in HF_TOKEN" in done.stderr and "hf nothing" not in done.stderr


def test_files_are_written_out_once(weir: Weir, hub: TestHub, tmp_path: Path) -> None:
    out = tmp_path / "out"
    pull(weir, TINY, "--to", out)
    expect_written(out, files_of(hub))
    (out / "config.json").write_bytes(b"x" * (out / "config.json").stat().st_size)
    before = (out / WEIGHTS).stat()
    pull(weir, TINY, "--to", out)
    expect_written(out, files_of(hub))
    assert ((out / WEIGHTS).stat().st_ino, (out / WEIGHTS).stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    # The store trusts its own still.
    hub.log.reset()
    pull(weir, TINY)
    assert body_bytes(hub) == 0


def test_it_is_stopped_and_goes_on(weir: Weir, hub: TestHub, tmp_path: Path) -> None:
    file = hub.file(MEDIUM, WEIGHTS)
    fault = hub.inject(host="*.cdn.hf.co", stall_at=20_000_000)
    pulling = subprocess.Popen(
        [weir_binary(), "pull", MEDIUM, "--to", tmp_path / "out", "--config", weir.config_file],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=weir.environment,
    )
    assert fault.gate.reached.wait(60)
    pulling.send_signal(signal.SIGINT)
    stdout, stderr = pulling.communicate(timeout=30)
    assert pulling.returncode == 130, stdout + stderr
    assert "run the same command again and it goes on" in stderr
    assert not (tmp_path / "out" / WEIGHTS).exists() and list((tmp_path / "out").rglob(".weir-*")) == []
    fault.gate.release()
    pull(weir, MEDIUM, "--to", tmp_path / "out")
    expect_written(tmp_path / "out", files_of(hub, MEDIUM))
    assert hub.lfs_bytes() < 1.5 * file.size


def test_a_terminal_shows_how_far_it_is(weir: Weir, hub: TestHub) -> None:
    hub.inject(host="*.cdn.hf.co", rate=4_000_000)
    ours, theirs = pty.openpty()
    shown = b""
    with subprocess.Popen(
        [weir_binary(), "pull", TINY, WEIGHTS, "--config", weir.config_file],
        stdout=subprocess.DEVNULL, stderr=theirs, env=weir.environment,
    ) as pulling:
        os.close(theirs)
        try:
            while piece := os.read(ours, 4096):
                shown += piece
        except OSError:
            pass  # the other side has closed
        assert pulling.wait(60) == 0
    os.close(ours)
    lines = shown.decode().split("\r\x1b[K")
    assert len(lines) > 2 and re.fullmatch(
        r"0 of 1 file, [\d.]+ MB of 12.6 MB, [\d.]+ MB/s, \d+ s left, from the hub", lines[-2]
    ), lines


@pytest.mark.parametrize("path", ["*/revision/*", "*/resolve/*"])
def test_a_pause_that_the_hub_wants_is_waited_out(weir: Weir, hub: TestHub, path: str) -> None:
    hub.inject(path=path, status=429, retry_after=1)
    done = pull(weir, TINY)
    assert done.stderr == "weir: the hub asks for a pause: it goes on in 2 s\n"
    assert "failed" not in done.stdout
    assert body_bytes(hub) == sum(file.size for file in files_of(hub).values())


def test_one_file_that_fails(weir: Weir, hub: TestHub) -> None:
    hub.inject(path="*resolve*README.md*", status=410, count=None)
    done = pull(weir, TINY, code=1)
    assert "failed  README.md: the answer is 410" in done.stderr
    assert "1 failed" in done.stdout
    hub.faults.clear()
    pull(weir, TINY)


def test_room_is_left(weir: Weir, hub: TestHub) -> None:
    done = pull(weir, TINY, "--min-free", "1000000TB", code=1)
    assert "--min-free is to leave" in done.stderr
    assert body_bytes(hub) == 0
    pull(weir, TINY, "--min-free", "1KB")


def test_damage_is_found_and_mended(weir: Weir, hub: TestHub) -> None:
    pull(weir, TINY)
    assert pull(weir, TINY, "--verify").stderr == ""
    for path in (WEIGHTS, "config.json"):
        flip_stored(weir, hub.file(TINY, path))
    done = pull(weir, TINY, "--verify", code=1)
    # The small file's change was noticed when it was asked for, and it came again.
    assert done.stderr == f"failed  {WEIGHTS}: its stored bytes were wrong; --fix downloads it again\n"
    pull(weir, TINY)
    flip_stored(weir, hub.file(TINY, WEIGHTS))
    hub.log.reset()
    pull(weir, TINY, "--fix")
    assert hub.lfs_bytes() == hub.file(TINY, WEIGHTS).size
    assert pull(weir, TINY, "--verify").stderr == ""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<html>Log in to the guest network</html>", "HTML where JSON is due"),
        ('[{"type":"file","path":"a","size":1,"oid":"', "damaged or cut short"),
        ('{"error":"no"}', "no list of files"),
        ('[{"type":"file","path":"../a","size":1,"oid":"%s"}]' % ("0" * 40), "no path below a folder"),
        ('[{"type":"file","path":"/etc/a","size":1,"oid":"%s"}]' % ("0" * 40), "no path below a folder"),
        ('[{"type":"file","path":"a","size":1,"oid":"x"}]', "no size or no digest"),
    ],
)
def test_lists_that_cannot_be_believed(weir: Weir, hub: TestHub, tmp_path: Path, text: str, said: str) -> None:
    inject_list(hub, text)
    done = pull(weir, TINY, "--to", tmp_path / "out", code=1)
    assert said in done.stderr
    assert not (tmp_path / "out").exists() and weir.objects() == []


def test_pages_that_lead_in_a_circle(weir: Weir, hub: TestHub) -> None:
    link = 'Link: <https://huggingface.co/api/models/acme/tiny-model/tree/x?cursor=1>; rel="next"\r\n'
    inject_list(hub, "[]", link, count=None)
    assert "lead in a circle" in pull(weir, TINY, code=1).stderr


def inject_list(hub: TestHub, text: str, fields: str = "", count: int | None = 1) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{fields}Content-Length: {len(text)}\r\n\r\n"
    hub.inject(path="*/tree/*", raw=(head + text).encode(), count=count)


def test_an_info_that_is_none(weir: Weir, hub: TestHub) -> None:
    text = json.dumps({"sha": "main"})
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n"
    hub.inject(path="*/revision/*", raw=(head + text).encode())
    assert "it names no commit" in pull(weir, TINY, code=1).stderr
