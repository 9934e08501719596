# SPDX-License-Identifier: Apache-2.0
"""A bad configuration is told by file, line, key and what was expected; exit code 2."""

import subprocess
import time
from pathlib import Path

import pytest

from harness import Weir
from harness.weir import clean_environment, free_port, weir_binary


def serve(folder: Path, text: str, *options: str) -> "subprocess.CompletedProcess[str]":
    """Runs `weir serve` with that configuration; for configurations that end it at once."""
    file = folder / "weir.toml"
    file.write_text(text)
    return subprocess.run(
        [weir_binary(), "serve", "--config", file, *options],
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
        env=clean_environment(folder / "home"),
    )


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("[proxy]\nlisten = \n", 2, "weir.toml"),
        ("[proxy]\nlisten = 9347\n", 2, "listen"),
        ('[proxy]\nlisten = "localhost"\n', 2, "listen"),
        ('[proxy]\n\nallow = ["10.0.0.0/33"]\n', 3, "allow"),
        ('[proxy]\nlistne = "127.0.0.1:1"\n', 2, "listne"),
        ('[porxy]\nlisten = "127.0.0.1:1"\n', 1, "porxy"),
        ('[tunnel]\npolicy = "maybe"\n', 2, "policy"),
        ("[tunnel]\nports = [443, 0]\n", 2, "ports"),
        ('[origin]\nconnect_to = ["huggingface.co"]\n', 2, "connect_to"),
        ('[xet]\nmode = "bridge"\n', 2, "mode"),
        ('[intercept]\nhosts = ["https://huggingface.co"]\n', 2, "hosts"),
        ('[fetch]\nfinish_after_disconnect = "yes"\n', 2, "finish_after_disconnect"),
        ('[origin]\nfirst_byte_timeout = "60 parsecs"\n', 2, "first_byte_timeout"),
        ('[[source]]\nkind = "mirror"\nendpoint = "mirror.example.com"\n', 3, "source.endpoint"),
        ('[source]\nkind = "mirror"\n', 1, "[[source]]"),
    ],
)
def test_errors_name_the_place(tmp_path: Path, text: str, line: int, told: str) -> None:
    done = serve(tmp_path, text)
    assert done.returncode == 2
    assert str(tmp_path / "weir.toml") in done.stderr
    assert str(line) in done.stderr.replace(str(tmp_path), "")
    assert told in done.stderr


def test_a_missing_file(tmp_path: Path) -> None:
    done = subprocess.run(
        [weir_binary(), "serve", "--config", tmp_path / "absent.toml"],
        capture_output=True,
        text=True,
        timeout=60,
        env=clean_environment(tmp_path / "home"),
    )
    assert (done.returncode, "absent.toml" in done.stderr) == (2, True)


def test_a_public_address_needs_a_list(tmp_path: Path) -> None:
    done = serve(tmp_path, f'[proxy]\nlisten = "0.0.0.0:{free_port()}"\n[store]\npath = "{tmp_path}/store"\n')
    assert done.returncode == 2
    assert "allow" in done.stderr


def test_a_missing_origin_ca_file(tmp_path: Path) -> None:
    done = serve(
        tmp_path,
        f'[proxy]\nlisten = "127.0.0.1:{free_port()}"\n[store]\npath = "{tmp_path}/store"\n'
        f'[ca]\npath = "{tmp_path}/ca"\n[origin]\nca_file = "{tmp_path}/absent.pem"\n',
    )
    assert done.returncode != 0
    assert "absent.pem" in done.stderr


def test_unknown_options(tmp_path: Path) -> None:
    done = serve(tmp_path, "", "--no-such-option")
    assert done.returncode != 0 and "--no-such-option" in done.stderr


@pytest.mark.parametrize("option", ["--config", "--store"])
def test_an_empty_option_is_none(tmp_path: Path, option: str) -> None:
    """As from a script whose variable is not set: another configuration would be taken for it."""
    for command in (["serve"], ["ls"], ["config"]):
        done = subprocess.run(
            [weir_binary(), *command, option, ""],
            capture_output=True,
            text=True,
            timeout=60,
            env=clean_environment(tmp_path / "home"),
        )
        assert (done.returncode, f"{option}: expected a value that is not empty" in done.stderr) == (2, True), command


def test_command_line_wins(weir: Weir, tmp_path: Path) -> None:
    weir.stop()
    port = free_port()
    process = subprocess.Popen(
        [
            weir_binary(),
            "serve",
            "--config",
            weir.config_file,
            "--listen",
            f"127.0.0.1:{port}",
            "--store",
            tmp_path / "elsewhere",
        ],
        env=weir.environment,
        stderr=subprocess.DEVNULL,
    )
    weir.port = port
    try:
        deadline = time.monotonic() + 60
        while not weir.healthy() and time.monotonic() < deadline:
            assert process.poll() is None
            time.sleep(0.02)
        assert (tmp_path / "elsewhere").is_dir()
    finally:
        process.terminate()
        assert process.wait(60) == 0


def test_a_second_weir_on_the_same_store(weir: Weir) -> None:
    done = weir.run("serve", "--listen", f"127.0.0.1:{free_port()}")
    assert done.returncode != 0
    assert str(weir.pid) in done.stderr and str(weir.store) in done.stderr
    assert weir.admin("/-/health")[0] == 200


def test_a_taken_port(weir: Weir, tmp_path: Path) -> None:
    done = weir.run("serve", "--store", tmp_path / "other")
    assert done.returncode != 0
    assert str(weir.port) in done.stderr


def test_a_newer_store_is_refused(weir: Weir) -> None:
    weir.stop()
    (version,) = [path for path in weir.store.iterdir() if path.is_file() and "version" in path.name.lower()]
    version.write_text("weir-store 999\n")
    done = weir.run("serve")
    assert done.returncode not in (0, None)
    assert "999" in done.stderr and str(weir.store) in done.stderr
