# SPDX-License-Identifier: Apache-2.0
"""The admin surface, origin-form and absolute-form requests on the port."""

import time

import pytest

from files import TINY, WEIGHTS, bearer, get, hold, resolve, whole
from harness import Connection, Weir
from hub import ALICE, TestHub


def ask(weir: Weir, target: str, host: str = "127.0.0.1", method: str = "GET") -> tuple[int, str]:
    with Connection.plain(("127.0.0.1", weir.port)) as connection:
        reply = connection.request(method, target, {"Host": host})
        return reply.status, reply.body.decode()


def test_health(weir: Weir) -> None:
    assert weir.admin("/-/health")[0] == 200


def test_ca(weir: Weir) -> None:
    assert weir.admin("/-/ca.pem") == (200, weir.ca_file().read_text())
    assert "PRIVATE" not in weir.admin("/-/ca.pem")[1]


def test_unknown_pages(weir: Weir) -> None:
    for target in ("/-/nothing", "/", "/-/cdn/example.org/x"):
        status, text = ask(weir, target)
        assert status == 404 and text


def test_metrics_count(weir: Weir, hub: TestHub) -> None:
    file = hold(weir, hub)
    before = weir.metrics()
    get(weir, resolve())
    after = weir.metrics()
    grown = {name: after[name] - before.get(name, 0) for name in after if after[name] != before.get(name, 0)}
    assert any("hit" in name and value == 1 for name, value in grown.items()), grown
    assert any(value >= file.size for value in grown.values()), grown


def test_metrics_are_prometheus_text(weir: Weir) -> None:
    status, text = weir.admin("/-/metrics")
    assert status == 200
    names = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")}
    samples = {line.split("{")[0].split()[0] for line in text.splitlines() if line and not line.startswith("#")}
    assert samples and names
    assert all(any(sample.startswith(name) for name in names) for sample in samples)
    assert weir.metrics()


def test_status(weir: Weir, hub: TestHub) -> None:
    file = hold(weir, hub)
    assert get(weir, resolve()).status == 200
    assert weir.admin("/-/status")[0] == 200
    done = weir.run("status")
    assert done.returncode == 0, done.stderr
    assert str(weir.store) in done.stdout and str(weir.port) in done.stdout
    assert str(file.size) in weir.admin("/-/status")[1]


def test_status_without_a_proxy(weir: Weir) -> None:
    weir.stop()
    done = weir.run("status")
    assert str(weir.store) in done.stdout + done.stderr


def test_ls_names_blobs_and_paths(weir: Weir, hub: TestHub) -> None:
    file = hold(weir, hub)
    deadline = time.monotonic() + 30
    while True:  # names are written behind
        done = weir.run("ls")
        assert done.returncode == 0, done.stderr
        assert file.sha256 in done.stdout
        if TINY in done.stdout and WEIGHTS in done.stdout:
            break
        assert time.monotonic() < deadline, done.stdout


def test_a_page_reached_through_the_proxy_is_not_the_admin_surface(weir: Weir, hub: TestHub) -> None:
    """/-/ of an intercepted host is the host's."""
    assert get(weir, "/-/health").status == 404
    assert hub.log.find(path="/-/health")


def test_absolute_form_is_asked_over_https(weir: Weir, hub: TestHub) -> None:
    status, _ = ask(weir, "http://huggingface.co/.well-known/meta.json", host="huggingface.co")
    assert status == 200
    assert hub.log.find(host="huggingface.co", path="meta.json")


def test_absolute_form_of_a_file(weir: Weir, hub: TestHub) -> None:
    with Connection.plain(("127.0.0.1", weir.port)) as connection:
        reply = connection.request("GET", f"http://huggingface.co{resolve()}", {"Host": "huggingface.co"})
    assert (reply.status, reply.body == whole(hub.file(TINY, WEIGHTS))) == (200, True)


@pytest.mark.parametrize("target", ["http://example.org/", "http://127.0.0.1/", "http://router.huggingface.co/"])
def test_absolute_form_elsewhere_is_refused(weir: Weir, hub: TestHub, target: str) -> None:
    status, text = ask(weir, target, host=target.split("/")[2])
    assert status == 403 and text
    assert hub.log.find() == []


def test_no_page_tells_a_token(weir: Weir, hub: TestHub) -> None:
    hold(weir, hub, "acme/gated-model", headers=bearer(ALICE))
    everything = [
        weir.admin("/-/status")[1],
        weir.admin("/-/metrics")[1],
        weir.run("status").stdout,
        weir.run("ls").stdout,
    ]
    assert all(text and ALICE not in text for text in everything)
