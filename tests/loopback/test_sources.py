# SPDX-License-Identifier: Apache-2.0
"""[[source]]: what is shown of them, with and without a running proxy, and that their secrets are not."""

import json
import subprocess

from harness import Weir

SECRET = "jwaccessgrant"
STORJ = f"""
[[source]]
kind = "storj"
prefix = "https://link.storjshare.io/raw/{SECRET}/bucket"
"""
NAS = f"""
[[source]]
name = "nas"
kind = "storj"
prefix = "https://nas.example.com/{SECRET}"
template = "{{prefix}}/{{sha256:0:2}}/{{sha256}}"
trusted = true
"""
MIRROR = f"""
[[source]]
kind = "mirror"
endpoint = "https://mirror.example.com/{SECRET}"
enabled = false
"""


def add(weir: Weir, text: str) -> None:
    weir.config_file.write_text(weir.config_file.read_text() + text)


def output(done: "subprocess.CompletedProcess[str]") -> str:
    assert done.returncode == 0, done.stderr
    assert SECRET not in done.stdout + done.stderr
    return done.stdout


def test_a_running_proxy_shows_its_sources(idle: Weir) -> None:
    add(idle, STORJ + NAS + MIRROR)
    with idle:
        lines = output(idle.run("source", "ls")).splitlines()
        assert [line.split()[0] for line in lines] == [
            "NAME",
            "origin",
            "link.storjshare.io",
            "nas",
            "mirror.example.com",
        ]
        assert "unused, trusted" in lines[3] and " off " in lines[4]
        told = json.loads(output(idle.run("source", "ls", "--json")))
        status, page = idle.admin("/-/sources")
        assert status == 200 and json.loads(page) == told
        assert {source["name"]: source["host"] for source in told["sources"]} == {
            "origin": None,
            "link.storjshare.io": "link.storjshare.io",
            "nas": "nas.example.com",
            "mirror.example.com": "mirror.example.com",
        }
        metrics = idle.admin("/-/metrics")[1]
        assert 'weir_source_bytes_received_total{source="nas"} 0\n' in metrics
        assert SECRET not in page + metrics + idle.log() + output(idle.run("config"))


def test_without_a_proxy_the_configured_ones_are_listed(idle: Weir) -> None:
    add(idle, STORJ + MIRROR)
    text = output(idle.run("source", "ls"))
    assert text.startswith("no proxy runs on this store")
    assert "link.storjshare.io" in text and "mirror.example.com" in text
    told = json.loads(output(idle.run("source", "ls", "--json")))
    assert [(source["name"], source["enabled"]) for source in told["sources"]] == [
        ("origin", True),
        ("link.storjshare.io", True),
        ("mirror.example.com", False),
    ]


def test_the_environment_switches_storj_off(idle: Weir) -> None:
    add(idle, STORJ + NAS)
    idle.environment["WEIR_NO_STORJ"] = "true"
    with idle:
        told = json.loads(output(idle.run("source", "ls", "--json")))
        assert [source["state"] for source in told["sources"]] == ["unused", "off", "off"]
    idle.environment["WEIR_NO_STORJ"] = "on"
    done = idle.run("source", "ls")
    assert done.returncode == 2 and "WEIR_NO_STORJ: expected true or false" in done.stderr


def test_a_reload_takes_up_sources(idle: Weir) -> None:
    add(idle, STORJ)
    with idle:
        before = idle.config_file.read_text()
        add(idle, NAS)
        idle.reload()
        assert "changed: source" in idle.log()
        assert "nas" in output(idle.run("source", "ls"))
        idle.config_file.write_text(before + '[[source]]\nkind = "mirror"\n')
        idle.reload(until="the configuration stays as it was")
        names = [source["name"] for source in json.loads(idle.admin("/-/sources")[1])["sources"]]
        assert names == ["origin", "link.storjshare.io", "nas"]


def test_a_wrong_source_is_told_with_its_line_and_without_its_url(idle: Weir) -> None:
    lines = len(idle.config_file.read_text().splitlines())
    add(idle, f'\n[[source]]\nkind = "storj"\nprefix = "http://nas.example.com/{SECRET}"\n')
    done = idle.run("config")
    assert done.returncode == 2
    assert f"weir.toml:{lines + 4}: source.prefix: expected https://" in done.stderr
    assert SECRET not in done.stderr
