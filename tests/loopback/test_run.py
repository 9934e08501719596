# SPDX-License-Identifier: Apache-2.0
"""`weir run -- COMMAND`: a proxy when none serves the store, the environment, the command's exit code."""

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from files import TINY, WEIGHTS, resolve
from harness import Weir
from harness.weir import clean_environment, weir_binary
from hub import TestHub

URL = f"https://huggingface.co{resolve()}"


def command(weir: Weir, *words: str | Path) -> list[str | Path]:
    return [weir_binary(), "run", "--config", weir.config_file, "--", *words]


def run(
    weir: Weir, *words: str | Path, environment: dict[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command(weir, *words),
        capture_output=True,
        text=True,
        timeout=120,
        stdin=subprocess.DEVNULL,
        env={**clean_environment(weir.folder / "home"), **(environment or {})},
    )


def fetch(path: Path) -> Sequence[str]:
    return ["curl", "--silent", "--show-error", "--fail", "--location", "--output", str(path), URL]


def wait_until_gone(weir: Weir) -> None:
    deadline = time.monotonic() + 60
    while weir.healthy():
        assert time.monotonic() < deadline, "the proxy did not end"
        time.sleep(0.05)


def test_it_starts_a_proxy_and_ends_it(idle: Weir, hub: TestHub, tmp_path: Path) -> None:
    done = run(idle, *fetch(tmp_path / "file"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "file").stat().st_size == hub.file(TINY, WEIGHTS).size
    assert len(idle.objects()) == 1
    wait_until_gone(idle)
    again = run(idle, *fetch(tmp_path / "again"))
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "again").read_bytes() == (tmp_path / "file").read_bytes()
    assert hub.lfs_bodies(hub.file(TINY, WEIGHTS)) == 1


def test_it_uses_the_proxy_that_runs(weir: Weir, hub: TestHub, tmp_path: Path) -> None:
    assert run(weir, *fetch(tmp_path / "file")).returncode == 0
    assert weir.admin("/-/health")[0] == 200
    assert len(weir.objects()) == 1


@pytest.mark.parametrize("code", [0, 1, 7, 130])
def test_exit_code(weir: Weir, code: int) -> None:
    assert run(weir, "sh", "-c", f"exit {code}").returncode == code


def test_a_command_that_a_signal_ends(weir: Weir) -> None:
    assert run(weir, "sh", "-c", "kill -TERM $$").returncode in (128 + signal.SIGTERM, -signal.SIGTERM)


def test_a_command_that_does_not_exist(weir: Weir) -> None:
    done = run(weir, "no-such-command-at-all")
    assert done.returncode == 127
    assert "no-such-command-at-all" in done.stderr


def test_arguments_output_and_environment_reach_the_command(weir: Weir) -> None:
    done = run(
        weir,
        "sh",
        "-c",
        'printf "%s|" "$0" "$@"; echo "$HTTPS_PROXY"',
        "a b",
        "--flag",
        "",
        environment={"MINE": "kept"},
    )
    assert done.stdout == f"a b|--flag||{weir.url}\n"
    assert run(weir, "sh", "-c", 'echo "$MINE"', environment={"MINE": "kept"}).stdout == "kept\n"


def test_a_taken_port_means_another_one(idle: Weir, tmp_path: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", idle.port)):
        done = run(idle, "sh", "-c", 'echo "$HTTPS_PROXY"')
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("http://127.0.0.1:") and done.stdout.strip() != idle.url
        assert run(idle, *fetch(tmp_path / "file")).returncode == 0


def test_the_proxy_stays_for_the_last_of_them(idle: Weir, hub: TestHub, tmp_path: Path) -> None:
    environment = clean_environment(tmp_path / "home")
    first = subprocess.Popen(command(idle, "cat"), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, env=environment)
    wait_until_healthy(idle)
    second = subprocess.Popen(command(idle, "cat"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
    assert second.stdin and second.stdout and first.stdin
    second.stdin.write(b"started\n")
    second.stdin.flush()
    assert second.stdout.readline() == b"started\n"
    first.stdin.close()
    assert first.wait(60) == 0
    assert run(idle, *fetch(tmp_path / "file")).returncode == 0
    assert idle.healthy()
    second.stdin.close()
    assert second.wait(60) == 0
    wait_until_gone(idle)


def test_the_proxy_ends_when_its_user_is_killed(idle: Weir, tmp_path: Path) -> None:
    process = subprocess.Popen(
        command(idle, "cat"),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env=clean_environment(tmp_path / "home"),
        start_new_session=True,
    )
    wait_until_healthy(idle)
    os.kill(process.pid, signal.SIGKILL)
    process.wait(60)
    assert process.stdin
    process.stdin.close()
    wait_until_gone(idle)


def wait_until_healthy(weir: Weir) -> None:
    deadline = time.monotonic() + 60
    while not weir.healthy():
        assert time.monotonic() < deadline, "the proxy did not start"
        time.sleep(0.05)


def test_many_at_once(idle: Weir, hub: TestHub, tmp_path: Path) -> None:
    """They agree on one proxy; one download serves all."""
    environment = clean_environment(tmp_path / "home")
    running = [
        subprocess.Popen(
            command(idle, *fetch(tmp_path / f"file{number}")),
            env=environment,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        for number in range(4)
    ]
    for process in running:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors.decode()
    assert len({(tmp_path / f"file{number}").read_bytes() for number in range(4)}) == 1
    assert hub.lfs_bodies(hub.file(TINY, WEIGHTS)) == 1
    wait_until_gone(idle)
