# SPDX-License-Identifier: Apache-2.0
"""HF_ENDPOINT=https://...: TLS for those who have Weir for their hub, and what `weir env --endpoint` says."""

import socket
import ssl
import subprocess
from pathlib import Path

import pytest

from files import TINY, WEIGHTS, get, resolve, whole
from harness import Connection, Weir
from harness.weir import parse_dotenv, weir_binary
from hub import TestHub
from hub.certs import Authority
from users import MakeWeir, add_user

NAME = "weir.example.net"
NAMED = {"endpoint": {"names": [NAME, "localhost"]}}


def secured(weir: Weir, ca_file: Path, name: str = NAME) -> Connection:
    """A connection to the port, inside TLS."""
    connection = Connection.plain(("127.0.0.1", weir.port))
    connection.start_tls(ca_file, name)
    return connection


def check(weir: Weir, hub: TestHub, ca_file: Path, name: str = NAME) -> None:
    """The file and the URLs in answers, over TLS."""
    host = {"Host": f"{name}:{weir.port}"}
    with secured(weir, ca_file, name) as connection:
        assert connection.get(resolve(), host).body == whole(hub.file(TINY, WEIGHTS))
        link = connection.get("/api/models/acme/many-files/tree/main", host).header("Link") or ""
        assert link.startswith(f"<https://{name}:{weir.port}/api/")


def endpoint_environment(weir: Weir, found: dict[str, str] | None = None) -> dict[str, str]:
    done = weir.run("env", "--endpoint", "--shell", "dotenv", environment={**weir.environment, **(found or {})})
    assert done.returncode == 0, done.stderr
    return parse_dotenv(done.stdout)


def test_one_port_speaks_both(make_weir: MakeWeir, hub: TestHub) -> None:
    weir = make_weir(NAMED)
    for name in (NAME, "localhost"):
        check(weir, hub, weir.ca_file(), name)
    assert get(weir, resolve()).body == whole(hub.file(TINY, WEIGHTS))
    with Connection.plain(("127.0.0.1", weir.port)) as connection:
        assert connection.get(resolve(), {"Host": f"127.0.0.1:{weir.port}"}).status == 200
    with secured(weir, weir.ca_file()) as connection:
        assert connection.request("GET", "/-/health", {"Host": f"{NAME}:{weir.port}"}).status == 200
        assert connection.request("GET", "/-/health", {"Host": "evil.example"}).status == 403
    assert hub.lfs_bodies(hub.file(TINY, WEIGHTS)) == 1


def test_beside_a_proxy_that_speaks_tls(make_weir: MakeWeir, hub: TestHub) -> None:
    weir = make_weir({**NAMED, "proxy": {"tls": True}})
    check(weir, hub, weir.ca_file())
    assert endpoint_environment(weir)["HF_ENDPOINT"] == f"https://{NAME}:{weir.port}"
    assert weir.run("status").returncode == 0


def test_the_operators_certificate(make_weir: MakeWeir, hub: TestHub, tmp_path: Path) -> None:
    company = Authority(tmp_path / "company")
    pair = company.leaf("weir", (NAME,))
    weir = make_weir({"endpoint": {"names": [NAME], "cert": str(pair.certificate), "key": str(pair.key)}})
    check(weir, hub, company.file)
    found = endpoint_environment(weir)
    assert found["HF_ENDPOINT"] == f"https://{NAME}:{weir.port}"
    assert "SSL_CERT_FILE" not in found


def test_a_new_name_needs_a_new_ca(make_weir: MakeWeir) -> None:
    weir = make_weir({})
    weir.stop()
    weir.configure(NAMED)
    done = weir.run("serve")
    assert done.returncode != 0 and NAME in done.stderr


def test_a_client_that_is_silent_costs_nothing(make_weir: MakeWeir) -> None:
    weir = make_weir({**NAMED, "limits": {"head_timeout": "1s"}})
    with socket.create_connection(("127.0.0.1", weir.port), 30) as silent:
        assert silent.recv(1) == b""
    with pytest.raises(ssl.SSLError):
        secured(weir, Path(ssl.get_default_verify_paths().cafile or ""))
    assert weir.admin("/-/health")[0] == 200


def test_the_environment_in_clear(weir: Weir, hub: TestHub) -> None:
    done = weir.run("env", "--endpoint", "--shell", "dotenv")
    found = parse_dotenv(done.stdout)
    assert (done.stderr, found["HF_ENDPOINT"]) == ("", f"http://127.0.0.1:{weir.port}")
    assert not {"HTTPS_PROXY", "https_proxy", "SSL_CERT_FILE"} & set(found)
    assert "127.0.0.1" in found["NO_PROXY"] and "127.0.0.1" in found["no_proxy"]
    url = found["HF_ENDPOINT"] + resolve()
    done = subprocess.run(["curl", "-sSf", "-m", "60", url], env={**weir.environment, **found}, capture_output=True)
    assert done.stdout == whole(hub.file(TINY, WEIGHTS))


def test_the_environment_with_tls(make_weir: MakeWeir, hub: TestHub) -> None:
    weir = make_weir({"endpoint": {"names": ["localhost"]}})
    found = endpoint_environment(weir)
    url = found["HF_ENDPOINT"] + resolve()
    assert url.startswith("https://localhost:")
    done = subprocess.run(["curl", "-sSf", "-m", "60", url], env={**weir.environment, **found}, capture_output=True)
    assert done.stdout == whole(hub.file(TINY, WEIGHTS)), done.stderr


def test_a_shell_changes_over_and_back(weir: Weir) -> None:
    script = """
        is() { [ "$1" = "$2" ] || { echo "$1 is not $2" >&2; exit 1; }; }
        mirror=https://mirror.example company=http://company.example:3128
        export HTTPS_PROXY=$company HF_ENDPOINT=$mirror
        for turn in 1 2; do
            eval "$($WEIR env --config $FILE 2>/dev/null)"
            is "$HF_ENDPOINT" $mirror; is "$HTTPS_PROXY" "$URL"
            eval "$($WEIR env --endpoint --config $FILE)"
            is "$HF_ENDPOINT" "$URL"; is "$HTTPS_PROXY" $company; is "${https_proxy-}" ""
        done
        eval "$($WEIR env --unset --config $FILE)"
        is "$HF_ENDPOINT" $mirror; is "$HTTPS_PROXY" $company
        is "$(env | grep -e WEIR_SAVED -e WEIR_ENDPOINT -e NO_PROXY -e SSL_CERT_FILE)" ""
    """
    names = {"WEIR": str(weir_binary()), "FILE": str(weir.config_file), "URL": weir.url}
    done = subprocess.run(
        ["sh", "-c", script], env={**weir.environment, **names}, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr


def test_it_warns_of_tokens_in_clear(idle: Weir) -> None:
    listen = {"listen": f"0.0.0.0:{idle.port}", "allow": ["10.0.0.0/8"]}
    idle.configure({"proxy": listen})
    with idle:
        assert "clear" in idle.run("env", "--endpoint").stderr
    idle.configure({"proxy": listen, "endpoint": {"names": [NAME]}})
    assert "clear" not in idle.run("env", "--endpoint").stderr


def test_a_weir_with_users_has_no_endpoint(idle: Weir) -> None:
    idle.configure({"proxy": {"users": str(idle.folder / "users")}})
    add_user(idle)
    with idle:
        done = idle.run("env", "--endpoint")
    assert done.returncode != 0 and "proxy.users" in done.stderr
