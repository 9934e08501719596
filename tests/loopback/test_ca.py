# SPDX-License-Identifier: Apache-2.0
"""Who signs the leaves: Weir's own CA and its renewal, a company's CA in its place, and the end of either."""

import os
import shutil
import ssl
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from clock import Clock, needs_faketime
from company import Company, SubCa, openssl
from files import TINY, WEIGHTS, resolve, whole
from harness import Connection, Weir
from harness.weir import clean_environment, merged, toml, weir_binary
from hub import TestHub

URL = f"https://huggingface.co{resolve()}"
NOBODY = 65534


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    return Company(tmp_path_factory.mktemp("company"))


def curl_with(root: Path, weir: Weir, out: Path) -> subprocess.CompletedProcess[str]:
    """curl with that root in its trust and nothing else."""
    return subprocess.run(
        ["curl", "-sSfL", "--cacert", root, "--capath", "/nonexistent", "--proxy", weir.url, "--output", out, URL],
        env=clean_environment(out.parent / "home"),
        capture_output=True,
        text=True,
        timeout=60,
    )


def handshake(weir: Weir, host: str = "huggingface.co") -> tuple[bytes, float, float]:
    """The leaf (DER) that Weir shows now, verified or not, and its validity in seconds since 1970."""
    with Connection.plain(("127.0.0.1", weir.port)) as connection:
        assert connection.request("CONNECT", f"{host}:443", {"Host": f"{host}:443"}).status == 200
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with context.wrap_socket(connection.sock, server_hostname=host) as tls:
            der = tls.getpeercert(binary_form=True)
    assert der
    dates = openssl("x509", "-inform", "DER", "-noout", "-dates", stdin=der)
    begin, end = (ssl.cert_time_to_seconds(line.partition("=")[2]) for line in dates.splitlines())
    return der, begin, end


def serve(weir: Weir) -> subprocess.CompletedProcess[str]:
    """weir serve that ends by itself."""
    return weir.run("serve")


def configure(weir: Weir, hub: TestHub, config: dict[str, dict[str, object]]) -> None:
    weir.config_file.write_text(toml(merged(weir._base_config(hub), config)))


@pytest.mark.parametrize("key", ["ec", "rsa"])
def test_a_companys_ca_signs(
    make_weir: Callable[..., Weir], hub: TestHub, company: Company, tmp_path: Path, key: str
) -> None:
    """Who trusts the company's root downloads, curl as Python to the letter of RFC 5280, and openssl verifies it."""
    sub = company.sub_ca(f"signs-{key}", key)
    weir = make_weir(sub.config())
    done = curl_with(company.root, weir, tmp_path / "file")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "file").read_bytes() == whole(hub.file(TINY, WEIGHTS))

    with Connection.through_proxy(("127.0.0.1", weir.port), "huggingface.co", company.root) as connection:
        assert connection.get("/.well-known/meta.json").status == 200

    leaf = tmp_path / "leaf.pem"
    leaf.write_text(ssl.DER_cert_to_PEM_cert(handshake(weir)[0]))
    verify = ("verify", "-x509_strict", "-purpose", "sslserver", "-verify_hostname", "huggingface.co")
    openssl(*verify, "-CAfile", company.root, "-untrusted", sub.certificate, leaf)
    assert not (weir.ca_folder / "ca.key").exists()


def test_the_leaf_comes_with_its_chain_and_without_the_root(make_weir: Callable[..., Weir], company: Company) -> None:
    weir = make_weir(company.sub_ca("chain").config())
    shown = openssl(
        *("s_client", "-proxy", f"127.0.0.1:{weir.port}", "-connect", "huggingface.co:443", "-showcerts"),
        *("-servername", "huggingface.co", "-CAfile", company.root, "-verify_return_error"),
    )
    assert shown.count("BEGIN CERTIFICATE") == 2
    assert "Verify return code: 0" in shown


def test_a_companys_leaf_never_outlives_its_ca(make_weir: Callable[..., Weir], company: Company) -> None:
    sub = company.sub_ca("short", days=20)
    weir = make_weir(sub.config())
    end = openssl("x509", "-in", sub.certificate, "-noout", "-enddate").strip().partition("=")[2]
    assert handshake(weir)[2] == ssl.cert_time_to_seconds(end)


def test_the_end_of_a_ca_is_announced(make_weir: Callable[..., Weir], company: Company) -> None:
    soon, later = make_weir(company.sub_ca("soon", days=20).config()), make_weir(company.sub_ca("later").config())
    for text in (soon.log(), soon.run("status").stdout, soon.run("ca", "info").stdout):
        assert "[ca] cert" in text and "expires on" in text
    for text in (later.log(), later.run("status").stdout, later.run("ca", "info").stdout):
        assert "expires on" not in text


def test_clients_are_given_the_companys_root(make_weir: Callable[..., Weir], company: Company, tmp_path: Path) -> None:
    weir = make_weir(company.sub_ca("given").config())
    root = company.root.read_text()
    assert weir.run("ca", "show").stdout == weir.ca_file().read_text() == weir.admin("/-/ca.pem")[1] == root
    environment = weir.client_environment(tmp_path / "home")
    assert environment["NODE_EXTRA_CA_CERTS"] == str(weir.ca_file())
    bundle = Path(environment["SSL_CERT_FILE"]).read_text()
    assert bundle.endswith(root) and bundle.count("BEGIN CERTIFICATE") > 50
    out = tmp_path / "file"
    subprocess.run(["curl", "-sSfL", "-o", out, URL], env=environment, check=True, timeout=60)


def test_a_company_that_trusts_its_root_alone(make_weir: Callable[..., Weir], company: Company, tmp_path: Path) -> None:
    """Where all TLS is inspected, the root is the whole bundle."""
    weir = make_weir(company.sub_ca("alone").config())
    found = {**clean_environment(tmp_path / "home"), "SSL_CERT_FILE": str(company.root)}
    done = weir.run("env", "--shell", "dotenv", environment=found)
    assert done.returncode == 0, done.stderr


def constrained(company: Company) -> SubCa:
    return company.sub_ca("narrow", extra="nameConstraints = critical,permitted;DNS:hf.co\n")


def test_a_companys_ca_must_cover_the_hosts(idle: Weir, hub: TestHub, company: Company) -> None:
    configure(idle, hub, constrained(company).config())
    done = serve(idle)
    assert done.returncode == 2
    assert "huggingface.co, huggingface.com" in done.stderr and "intercept.hosts" in done.stderr
    configure(idle, hub, {**constrained(company).config(), "intercept": {"hosts": ["hf.co"], "except": []}})
    with idle:
        assert idle.healthy()


def test_a_companys_key_is_its_owners_alone(idle: Weir, hub: TestHub, company: Company) -> None:
    sub = company.sub_ca("open-key")
    sub.key.chmod(0o640)
    configure(idle, hub, sub.config())
    done = serve(idle)
    assert done.returncode != 0 and "chmod 600" in done.stderr


def test_cert_and_key_go_together(idle: Weir, hub: TestHub, company: Company) -> None:
    configure(idle, hub, {"ca": {"cert": str(company.root)}})
    done = idle.run("config")
    assert done.returncode == 2 and "ca.cert and ca.key" in done.stderr


def test_new_hosts_need_a_renewed_ca(idle: Weir, hub: TestHub, tmp_path: Path) -> None:
    with idle:
        first = idle.ca_file().read_text()
        key = (idle.ca_folder / "ca.key").read_bytes()
    configure(idle, hub, {"intercept": {"hosts": ["huggingface.co", "hf.co", "hub.example"], "except": []}})
    done = serve(idle)
    assert done.returncode == 2
    assert "hub.example" in done.stderr and "weir ca renew" in done.stderr

    done = idle.run("ca", "renew")
    assert done.returncode == 0, done.stderr
    assert "hub.example" in done.stdout and "start it again" not in done.stdout
    second = idle.ca_file().read_text()
    assert second != first
    kept = {path.suffix: path.read_bytes() for path in (idle.ca_folder / "old").iterdir()}
    assert kept == {".pem": first.encode(), ".key": key}
    with idle:
        done = curl_with(idle.ca_file(), idle, tmp_path / "file")
        assert done.returncode == 0, done.stderr
        assert "start it again" in idle.run("ca", "renew").stdout


def test_info_says_what_people_ask(idle: Weir) -> None:
    text = idle.run("ca", "info").stdout
    fingerprint = openssl("x509", "-in", idle.ca_file(), "-noout", "-fingerprint", "-sha256").partition("=")[2].strip()
    for words in (fingerprint, "huggingface.co, hf.co", str(idle.ca_file())):
        assert words in text


@needs_faketime
def test_leaves_follow_the_clock(idle: Weir) -> None:
    """A leaf outside its validity is minted anew, whichever way the clock jumps."""
    clock = Clock(idle)
    day = 86_400
    with idle:
        leaf, begin, end = handshake(idle)
        now = begin + 1.5 * day  # what Weir backdates a leaf by
        assert handshake(idle)[0] == leaf
        for jump in (400, -1, 0):
            clock.set(jump)
            leaf, begin, end = handshake(idle)
            assert begin <= now + jump * day < end


@pytest.fixture
def nobody(hub: TestHub) -> Iterator[Callable[..., subprocess.CompletedProcess[str]]]:
    """Runs weir in an empty home folder, as a user without rights: nobody, when the tests run as root."""
    with tempfile.TemporaryDirectory(prefix="weir-nobody-") as name:
        folder = Path(name)
        weir = Weir(folder / "home", hub)
        program = shutil.copy(weir_binary(), folder / "weir")
        user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
        if user:
            for path in (folder, *folder.rglob("*")):
                os.chown(path, NOBODY, NOBODY)

        def run(*command: object) -> subprocess.CompletedProcess[str]:
            words = [program, *command, "--config", weir.config_file] if command[0] == "ca" else command
            environment = clean_environment(folder / "home")
            return subprocess.run(
                list(map(str, words)), env=environment, capture_output=True, text=True, timeout=60, cwd=folder, **user
            )

        yield run


def test_without_root_browsers_are_served_and_the_rest_is_told(nobody: Callable[..., Any]) -> None:
    database = "home/.pki/nssdb"
    assert nobody("mkdir", "-p", database).returncode == 0
    assert nobody("certutil", "-N", "--empty-password", "-d", f"sql:{database}").returncode == 0
    done = nobody("ca", "install")
    assert done.returncode == 1
    assert "added to" in done.stdout and database in done.stdout
    assert "sudo " in done.stderr and "ca install --ca " in done.stderr
    listed = nobody("certutil", "-L", "-d", f"sql:{database}").stdout
    assert listed.count("weir-") == 1 and "C,," in listed

    assert nobody("ca", "renew").returncode == 0
    assert nobody("ca", "install").returncode == 1
    done = nobody("ca", "uninstall")
    assert done.returncode == 0 and done.stdout.count("removed from") == 2
    assert "weir-" not in nobody("certutil", "-L", "-d", f"sql:{database}").stdout
