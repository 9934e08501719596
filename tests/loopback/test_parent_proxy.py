# SPDX-License-Identifier: Apache-2.0
"""Weir behind a company's proxy: its own requests and the tunnels go through it, and never through Weir itself."""

import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from files import TINY, WEIGHTS, resolve
from harness import Connection, Weir
from harness.weir import Config, clean_environment, parse_dotenv, weir_binary
from hub import TestHub
from parent import Forwarder, ParentProxy

USER = "annika:s3cret"
Start = Callable[..., Weir]


@pytest.fixture
def parent(hub: TestHub) -> Iterator[ParentProxy]:
    proxy = ParentProxy(hub.port)
    yield proxy
    proxy.close()


@pytest.fixture
def guarded(hub: TestHub) -> Iterator[ParentProxy]:
    """One that wants a user and a password."""
    proxy = ParentProxy(hub.port, USER)
    yield proxy
    proxy.close()


@pytest.fixture
def start(tmp_path: Path, hub: TestHub) -> Iterator[Start]:
    """Starts a weir that finds the hub through a proxy alone: start(environment, config)."""
    made: list[Weir] = []

    def make(environment: Mapping[str, str] | None = None, config: Config | None = None) -> Weir:
        made.append(configured(tmp_path / f"weir{len(made)}", hub, environment, config))
        made[-1].start()
        return made[-1]

    yield make
    for weir in made:
        weir.stop()


def configured(
    folder: Path, hub: TestHub, environment: Mapping[str, str] | None = None, config: Config | None = None
) -> Weir:
    origin = {"connect_to": None, **(config or {}).get("origin", {})}
    return Weir(folder, hub, {**(config or {}), "origin": origin}, environment)


def hub_answers(weir: Weir) -> bool:
    with weir.connect() as connection:
        return connection.request("GET", "/.well-known/meta.json").status == 200


def fetched(weir: Weir, hub: TestHub) -> None:
    with weir.connect() as connection:
        reply = connection.get(resolve())
    assert reply.status == 200 and len(reply.body) == hub.file(TINY, WEIGHTS).size


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
def test_a_proxy_of_the_environment_is_used(start: Start, parent: ParentProxy, hub: TestHub, variable: str) -> None:
    weir = start({variable: parent.url})
    fetched(weir, hub)
    hosts = {authority.partition(":")[0] for authority in parent.asked}
    assert "huggingface.co" in hosts and len(hosts) > 1  # the hub, and its CDN
    assert variable in weir.log() and parent.url in weir.log()
    assert hub.lfs_bodies(hub.file(TINY, WEIGHTS)) == 1


def test_a_configured_proxy_is_used(start: Start, guarded: ParentProxy, hub: TestHub) -> None:
    weir = start({"HTTPS_PROXY": "http://127.0.0.1:1"}, {"origin": {"proxy": guarded.url_with(USER)}})
    fetched(weir, hub)
    assert "huggingface.co:443" in guarded.asked


def test_the_password_is_shown_nowhere(start: Start, guarded: ParentProxy) -> None:
    url = guarded.url_with(USER)
    weir = start({"HTTPS_PROXY": url}, {"origin": {"proxy": url}, "log": {"level": "debug"}})
    assert hub_answers(weir)
    shown = weir.run("config").stdout
    assert f'proxy = "http://***@127.0.0.1:{guarded.port}"' in shown
    for text in (shown, weir.log(), weir.admin("/-/status")[1], weir.run("status").stdout):
        assert "s3cret" not in text and "annika" not in text


def test_tunnels_go_through_it(start: Start, guarded: ParentProxy, hub: TestHub) -> None:
    weir = start({"HTTPS_PROXY": guarded.url_with(USER)})
    with Connection.through_proxy(("127.0.0.1", weir.port), "example.org", hub.ca_file) as connection:
        assert connection.request("GET", "/", {"Host": "example.org"}).body == b"hello from example.org\n"
    assert guarded.asked == ["example.org:443"]


def test_addresses_are_judged_by_weir(start: Start, parent: ParentProxy) -> None:
    weir = start({"HTTPS_PROXY": parent.url})
    for host in ("10.0.0.1", "169.254.169.254", "127.0.0.1", "localhost", "[fd00::1]"):
        with Connection.plain(("127.0.0.1", weir.port)) as connection:
            reply = connection.request("CONNECT", f"{host}:443", {"Host": host})
        assert (reply.status, b"allow_private" in reply.body) == (403, True), host
    assert parent.asked == []


@pytest.mark.parametrize("variable", ["NO_PROXY", "no_proxy"])
@pytest.mark.parametrize(
    ("entry", "direct"),
    [
        ("hub.invalid", True),
        (".invalid:443", True),
        ("other.example, *.hub.invalid", True),
        ("*", True),
        ("b.invalid,hub.invalid:80", False),
    ],
)
def test_no_proxy_goes_directly(start: Start, parent: ParentProxy, variable: str, entry: str, direct: bool) -> None:
    """Directly, there is no such host; the parent leads all names to the test hub."""
    weir = start({"HTTPS_PROXY": parent.url, variable: entry}, {"intercept": {"hosts": ["hub.invalid"], "except": []}})
    with weir.connect("hub.invalid") as connection:
        connection.request("GET", "/", {"Host": "hub.invalid"})
    assert parent.asked == ([] if direct else ["hub.invalid:443"])


def test_no_proxy_counts_for_tunnels(start: Start, parent: ParentProxy) -> None:
    weir = start({"HTTPS_PROXY": parent.url, "NO_PROXY": "direct.invalid"})
    for host, status in (("direct.invalid", 502), ("indirect.invalid", 200)):
        with Connection.plain(("127.0.0.1", weir.port)) as connection:
            assert connection.request("CONNECT", f"{host}:443", {"Host": host}).status == status
    assert parent.asked == ["indirect.invalid:443"]


def test_connect_to_goes_directly(start: Start, parent: ParentProxy, hub: TestHub) -> None:
    weir = start({"HTTPS_PROXY": parent.url}, {"origin": {"connect_to": [hub.connect_to]}})
    fetched(weir, hub)
    assert parent.asked == []


def test_none_means_none(start: Start, parent: ParentProxy, hub: TestHub) -> None:
    detour = [hub.connect_to.replace("::", "huggingface.co::", 1)]
    weir = start({"HTTPS_PROXY": parent.url}, {"origin": {"proxy": "none", "connect_to": detour}})
    assert hub_answers(weir)
    assert parent.asked == []


@pytest.mark.parametrize(("user", "told"), [("annika:gu3ss", "does not take"), (None, "asks for")])
def test_a_wrong_password_is_a_clear_502(start: Start, guarded: ParentProxy, user: str | None, told: str) -> None:
    weir = start({"HTTPS_PROXY": guarded.url_with(user) if user else guarded.url})
    with weir.connect() as connection:
        reply = connection.get(resolve())
    message = reply.header("X-Error-Message") or ""
    assert reply.status == 502
    assert "407" in message and told in message and guarded.url in message and "[origin] proxy" in message
    assert guarded.asked == ["huggingface.co:443"]
    with Connection.plain(("127.0.0.1", weir.port)) as connection:
        reply = connection.request("CONNECT", "example.org:443", {"Host": "example.org:443"})
    assert reply.status == 502 and told in (reply.header("X-Error-Message") or "")
    assert "gu3ss" not in weir.log() + message


def test_a_dead_proxy_is_a_clear_502(start: Start, parent: ParentProxy) -> None:
    parent.close()
    with start({"HTTPS_PROXY": parent.url}).connect() as connection:
        reply = connection.get(resolve())
    assert reply.status == 502 and parent.url in (reply.header("X-Error-Message") or "")


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:{}", "http://localhost:{}/", "http://ann:s3cret@[::1]:{}", "127.0.0.1:{}"]
)
def test_weir_is_not_its_own_parent(tmp_path: Path, hub: TestHub, url: str) -> None:
    weir = configured(tmp_path / "weir", hub, config={"origin": {"connect_to": [hub.connect_to]}})
    weir.environment.update(HTTPS_PROXY=url.format(weir.port), https_proxy=url.format(weir.port))
    with weir:
        assert hub_answers(weir)
        lines = [line for line in weir.log().splitlines() if "names this very Weir" in line]
    assert len(lines) == 1 and "s3cret" not in lines[0]


def test_a_configured_parent_that_is_weir_is_refused(tmp_path: Path, hub: TestHub) -> None:
    weir = configured(tmp_path / "weir", hub)
    weir.config_file.write_text(weir.config_file.read_text().replace("[origin]", f'[origin]\nproxy = "{weir.url}"'))
    done = weir.run("serve")
    assert done.returncode == 2 and "origin.proxy" in done.stderr


def test_a_circle_through_another_proxy_ends(tmp_path: Path, hub: TestHub) -> None:
    """The parent leads back to Weir, which knows itself by its Via."""
    weir = configured(tmp_path / "weir", hub)
    circle = Forwarder(weir.port)
    weir.environment["HTTPS_PROXY"] = circle.url
    with weir:
        with weir.connect() as connection:
            reply = connection.get(resolve())
        assert reply.status == 502 and "508" in (reply.header("X-Error-Message") or "")
        with Connection.plain(("127.0.0.1", weir.port)) as connection:
            assert connection.request("CONNECT", "example.org:443", {"Host": "example.org:443"}).status == 502
    circle.close()


def test_two_weirs_that_are_each_others_parent(tmp_path: Path, hub: TestHub) -> None:
    """Each hands on through whom a CONNECT came, so that the first knows it again."""
    weirs = [configured(tmp_path / f"weir{number}", hub, config={"limits": {"tunnels": 20}}) for number in range(2)]
    for weir, other in zip(weirs, reversed(weirs), strict=True):
        weir.environment["HTTPS_PROXY"] = other.url
    with weirs[0] as first, weirs[1]:
        with Connection.plain(("127.0.0.1", first.port)) as connection:
            reply = connection.request("CONNECT", "example.org:443", {"Host": "example.org:443"})
        assert reply.status == 502
        with first.connect() as connection:
            assert connection.get(resolve()).status in (502, 508)
    statuses = [sorted(re.findall(r" CONNECT \S+ example\.org:443 (\d+) ", weir.log())) for weir in weirs]
    assert statuses == [["502", "508"], ["502"]]


def test_whom_a_connect_came_through_is_told(start: Start, parent: ParentProxy) -> None:
    weir = start({"HTTPS_PROXY": parent.url})
    with Connection.plain(("127.0.0.1", weir.port)) as connection:
        host = {"Host": "example.org:443", "Via": "1.1 other.example"}
        assert connection.request("CONNECT", "example.org:443", host).status == 200
    assert b"\r\nVia: 1.1 other.example, 1.1 weir-" in parent.heads


def test_a_percent_that_encodes_nothing(start: Start, hub: TestHub) -> None:
    proxy = ParentProxy(hub.port, "ann:p%w")
    weir = start({"HTTPS_PROXY": proxy.url_with("ann:p%w")})
    assert hub_answers(weir)
    assert proxy.asked == ["huggingface.co:443"]
    proxy.close()


@pytest.mark.parametrize("sign", ["#", "/"])
def test_a_password_that_has_to_be_encoded(start: Start, guarded: ParentProxy, sign: str) -> None:
    url = guarded.url_with(f"ann:31{sign}s3cret")
    weir = start({"HTTPS_PROXY": url})
    (line,) = [line for line in weir.log().splitlines() if "Weir does without it" in line]
    assert "HTTPS_PROXY" in line and "%23 for #, %2F for /" in line
    told = weir.run("env", environment={**weir.environment, "HTTPS_PROXY": url}).stderr
    assert "HTTPS_PROXY named another proxy" in told and "does without it" in told
    for text in (weir.log(), told):
        assert "s3cret" not in text and "goes through" not in text
    weir.stop()
    weir.config_file.write_text(weir.config_file.read_text().replace("[origin]", f'[origin]\nproxy = "{url}"'))
    done = weir.run("serve")
    assert done.returncode == 2 and "origin.proxy" in done.stderr and "%23 for #, %2F for /" in done.stderr
    assert "s3cret" not in done.stderr


def test_an_environment_that_is_weirs_already(start: Start, parent: ParentProxy, tmp_path: Path, hub: TestHub) -> None:
    """In a shell after `weir env`, the user's own proxy is the parent, not Weir."""
    weir = start()
    found = {**clean_environment(tmp_path / "home"), "HTTPS_PROXY": parent.url}
    done = weir.run("env", "--shell", "dotenv", environment=found)
    weir.stop()
    weir.environment.update(found)
    weir.environment.update(parse_dotenv(done.stdout))
    assert weir.environment["HTTPS_PROXY"] == weir.url
    weir.start()
    fetched(weir, hub)
    assert "huggingface.co:443" in parent.asked


def test_weir_run_finds_the_parent(guarded: ParentProxy, tmp_path: Path, hub: TestHub) -> None:
    weir = configured(tmp_path / "weir", hub)
    fetch = ["curl", "-sSfL", "-o", tmp_path / "file", f"https://huggingface.co{resolve()}"]
    done = subprocess.run(
        [weir_binary(), "run", "--config", weir.config_file, "--", *fetch],
        env={**weir.environment, "HTTPS_PROXY": guarded.url_with(USER), "https_proxy": guarded.url_with(USER)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "file").stat().st_size == hub.file(TINY, WEIGHTS).size
    assert "huggingface.co:443" in guarded.asked
    assert b"Via: 1.1 weir-" in guarded.heads
