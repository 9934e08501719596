# SPDX-License-Identifier: Apache-2.0
"""`weir env`: one environment for every client, starting from the one that it finds."""

import subprocess
from pathlib import Path

import pytest

from harness import Weir
from harness.weir import clean_environment, parse_dotenv, weir_binary
from hub.certs import Authority

BUNDLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO", "GIT_PROXY_SSL_CAINFO")


def env_of(weir: Weir, home: Path, found: dict[str, str] | None = None) -> dict[str, str]:
    done = weir.run("env", "--shell", "dotenv", environment={**clean_environment(home), **(found or {})})
    assert done.returncode == 0, done.stderr
    return parse_dotenv(done.stdout)


def test_what_it_sets(idle: Weir, tmp_path: Path) -> None:
    variables = env_of(idle, tmp_path / "home")
    assert variables["HTTPS_PROXY"] == variables["https_proxy"] == idle.url
    assert "HTTP_PROXY" not in variables and "http_proxy" not in variables
    for name in ("NO_PROXY", "no_proxy"):
        assert {"localhost", "127.0.0.1"} <= set(variables[name].split(","))
    assert len({variables[name] for name in BUNDLES}) == 1
    assert variables["NODE_EXTRA_CA_CERTS"] == str(idle.ca_file())
    assert variables["NODE_USE_ENV_PROXY"] == "1"


def test_the_bundle_is_the_systems_and_weirs(idle: Weir, tmp_path: Path) -> None:
    bundle = Path(env_of(idle, tmp_path / "home")["SSL_CERT_FILE"]).read_text()
    assert idle.ca_file().read_text().strip() in bundle
    assert bundle.count("BEGIN CERTIFICATE") > 50
    assert "PRIVATE" not in bundle


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_a_companys_bundle_is_the_base(idle: Weir, tmp_path: Path, name: str) -> None:
    company = Authority(tmp_path / "company", "Some company").file
    bundle = Path(env_of(idle, tmp_path / "home", {name: str(company)})["SSL_CERT_FILE"]).read_text()
    assert company.read_text().strip() in bundle
    assert idle.ca_file().read_text().strip() in bundle


def test_no_proxy_entries_are_kept(idle: Weir, tmp_path: Path) -> None:
    variables = env_of(idle, tmp_path / "home", {"NO_PROXY": "intra.example,10.0.0.0/8"})
    assert {"intra.example", "10.0.0.0/8", "localhost"} <= set(variables["NO_PROXY"].split(","))


@pytest.mark.parametrize("entry", ["huggingface.co", ".huggingface.co", ".hf.co", "*"])
def test_no_proxy_that_covers_the_hub_is_warned_about(idle: Weir, tmp_path: Path, entry: str) -> None:
    found = {**clean_environment(tmp_path / "home"), "NO_PROXY": f"intra.example,{entry}"}
    done = idle.run("env", environment=found)
    assert "NO_PROXY" in done.stderr and entry in done.stderr
    assert "NO_PROXY" not in idle.run("env", environment=clean_environment(tmp_path / "home")).stderr


def test_it_warns_when_no_proxy_answers(weir: Weir, tmp_path: Path) -> None:
    assert weir.run("env", environment=clean_environment(tmp_path)).stderr == ""
    weir.stop()
    done = weir.run("env", environment=clean_environment(tmp_path))
    assert done.returncode == 0
    assert weir.url.removeprefix("http://") in done.stderr


def test_it_makes_what_is_missing(idle: Weir, tmp_path: Path) -> None:
    assert not idle.ca_folder.exists()
    variables = env_of(idle, tmp_path / "home")
    assert Path(variables["SSL_CERT_FILE"]).exists() and Path(variables["NODE_EXTRA_CA_CERTS"]).exists()


SHELL = r"""
set -eu
export SSL_CERT_FILE="$COMPANY" NO_PROXY="intra.example" HTTPS_PROXY="http://old.example:3128"
env | sort > before
eval "$("$WEIR" env --config "$CONFIG" 2>/dev/null)"
env | sort > once
eval "$("$WEIR" env --config "$CONFIG" 2>/dev/null)"
env | sort > twice
eval "$("$WEIR" env --config "$CONFIG" --unset 2>/dev/null)"
env | sort > after
"""


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_in_a_shell_it_is_idempotent_and_taken_back(idle: Weir, tmp_path: Path, shell: str) -> None:
    company = Authority(tmp_path / "company with space", "Some company").file
    environment = {
        **clean_environment(tmp_path / "home"),
        "COMPANY": str(company),
        "WEIR": str(weir_binary()),
        "CONFIG": str(idle.config_file),
    }
    subprocess.run([shell, "-c", SHELL], cwd=tmp_path, env=environment, check=True, timeout=60)
    before, once, twice, after = ((tmp_path / name).read_text() for name in ("before", "once", "twice", "after"))
    assert f"HTTPS_PROXY={idle.url}\n" in once
    assert twice == once
    assert [line for line in after.splitlines() if not line.startswith("_=")] == [
        line for line in before.splitlines() if not line.startswith("_=")
    ]


def test_weir_does_not_use_itself(weir: Weir, tmp_path: Path) -> None:
    """Started in its own environment, it goes to the origin all the same."""
    weir.stop()
    weir.environment.update(env_of(weir, tmp_path / "home"))
    weir.start()
    with weir.connect() as connection:
        assert connection.request("GET", "/.well-known/meta.json").status == 200


def test_ca_show_and_path(idle: Weir) -> None:
    assert idle.run("ca", "show").stdout == idle.ca_file().read_text()
