# SPDX-License-Identifier: Apache-2.0
"""Clients that authenticate: who is asked for a name and a password, who gets in, and where none of it goes."""

import os
import pty
import signal
import ssl
import stat
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import pytest

from files import TINY, WEIGHTS, resolve, whole
from harness import Connection, Weir
from harness.weir import weir_binary
from hub import TestHub
from users import PASSWORD, USER, MakeWeir, add_user, basic, connect, weir_user

URL = "http://huggingface.co/api/models/acme/tiny-model"


@pytest.fixture
def guarded(tmp_path: Path, hub: TestHub) -> Weir:
    """Serves ann alone."""
    weir = Weir(tmp_path / "weir", hub, {"proxy": {"users": str(tmp_path / "users")}})
    add_user(weir)
    weir.start()
    yield weir
    weir.stop()


def plain(weir: Weir) -> Connection:
    return Connection.plain(("127.0.0.1", weir.port))


def curl(weir: Weir, *arguments: str, user: str | None = f"{USER}:{PASSWORD}") -> subprocess.CompletedProcess[bytes]:
    who = ["--proxy-user", user] if user else []
    return subprocess.run(
        ["curl", "-sS", "-m", "60", "--proxy", weir.url, "--cacert", str(weir.ca_file()), *who, *arguments],
        capture_output=True,
        timeout=90,
    )


def test_a_connect_without_a_password_is_asked_for_one_and_may_answer(guarded: Weir, hub: TestHub) -> None:
    with plain(guarded) as connection:
        reply = connect(connection)
        assert reply.status == 407
        assert reply.header("Proxy-Authenticate") == 'Basic realm="Weir", charset="UTF-8"'
        assert b"name and a password" in reply.body and reply.header("X-Error-Message")
        assert connect(connection, **basic(password="wrong")).status == 407
        assert connect(connection, **basic(user="nobody")).status == 407
        assert connect(connection, **basic()).status == 200
        connection.start_tls(guarded.ca_file(), "huggingface.co")
        assert connection.get("/api/models/acme/tiny-model").status == 200
    assert len(hub.log.find(host="huggingface.co")) == 1


@pytest.mark.parametrize("value", ["", "Basic", "Basic !!!", "Bearer abc", "Basic YW5u"])
def test_what_is_no_name_and_password(guarded: Weir, value: str) -> None:
    with plain(guarded) as connection:
        assert connect(connection, **{"Proxy-Authorization": value}).status == 407


def test_two_of_them_are_none(guarded: Weir) -> None:
    with plain(guarded) as connection:
        field = next(iter(basic().items()))
        connection.send_head("CONNECT", "huggingface.co:443", [("Host", "huggingface.co:443"), field, field])
        assert connection.read_reply("CONNECT").status == 407


def test_tunnels_and_refused_hosts_ask_first(guarded: Weir, hub: TestHub) -> None:
    with plain(guarded) as connection:
        assert connect(connection, "example.org:443").status == 407
        assert connect(connection, "example.org:25").status == 407
        assert connect(connection, "example.org:443", **basic()).status == 200
        connection.start_tls(hub.ca_file, "example.org")
        assert connection.request("GET", "/", {"Host": "example.org"}).body == b"hello from example.org\n"
    with plain(guarded) as connection:
        assert connect(connection, "example.org:25", **basic()).status == 403


def test_requests_in_clear_ask_each_time(guarded: Weir, hub: TestHub) -> None:
    with plain(guarded) as connection:
        assert connection.get(URL).status == 407
        assert connection.get(URL, basic()).status == 200
        assert connection.get(URL, basic(password="wrong")).status == 407
        assert connection.get(URL, basic()).status == 200
        body = b"x" * 200_000
        assert connection.request("POST", URL, basic(), body).status == 200
    records = hub.log.find(host="huggingface.co")
    assert len(records) == 2  # what was told a moment ago is remembered
    assert all("Proxy-Authorization" not in record.headers for record in records)


def test_a_body_without_a_password_is_not_taken_upstream(guarded: Weir, hub: TestHub) -> None:
    with plain(guarded) as connection:
        reply = connection.request("POST", URL, {}, b"x" * 500_000)
        assert (reply.status, reply.header("Connection")) == (407, "close")
        assert connection.read_to_end() == b""
    assert hub.log.find(host="huggingface.co") == []


def test_own_pages_ask_for_nothing(guarded: Weir) -> None:
    assert guarded.admin("/-/status")[0] == 200
    assert guarded.run("status").returncode == 0


def test_many_questions_in_one_packet(guarded: Weir) -> None:
    count = 100
    with plain(guarded) as connection:
        connection.send(b"CONNECT huggingface.co:443 HTTP/1.1\r\nHost: huggingface.co:443\r\n\r\n" * count)
        for _ in range(count):
            head = connection.read_until(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 407 ")
            connection.read_until(b"HOST:PORT.\n")


def test_a_client_that_says_hello_at_once(guarded: Weir) -> None:
    """Name, password and ClientHello in one go, before any answer."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.create_default_context(cafile=guarded.ca_file())
    tls = context.wrap_bio(incoming, outgoing, server_hostname="huggingface.co")
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    head = ["CONNECT huggingface.co:443 HTTP/1.1", "Host: huggingface.co:443"]
    head += [f"{name}: {value}" for name, value in basic().items()]
    with plain(guarded) as connection:
        connection.send("\r\n".join([*head, "", ""]).encode() + outgoing.read())
        assert connection.read_until(b"\r\n\r\n").startswith(b"HTTP/1.1 200 ")
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                data = connection.sock.recv(65536)
                assert data
                incoming.write(data)


def test_curl_in_all_ways(guarded: Weir, hub: TestHub) -> None:
    url = "https://huggingface.co" + resolve()
    data = whole(hub.file(TINY, WEIGHTS))
    assert curl(guarded, "-L", url).stdout == data
    assert curl(guarded, "-L", "--proxy-anyauth", url).stdout == data
    refused = curl(guarded, "-L", url, user="ann:wrong")
    assert refused.returncode == 56 and b"407" in refused.stderr
    refused = curl(guarded, "-L", url, user=None)
    assert refused.returncode == 56 and b"407" in refused.stderr


def test_the_log_knows_the_name_and_nobody_the_password(guarded: Weir, hub: TestHub) -> None:
    with plain(guarded) as connection:
        connect(connection, **basic(password="another-secret"))
        connect(connection, **basic())
        connection.start_tls(guarded.ca_file(), "huggingface.co")
        connection.get(resolve(), basic(user="inside"))
    with plain(guarded) as connection:
        connection.get(URL, basic())
    guarded.stop()
    lines = [line for line in guarded.log().splitlines() if " access " in line and "user=ann" in line]
    assert [resolve() in line or "/api/models" in line for line in lines] == [True, True]
    assert all("Proxy-Authorization" not in record.headers for record in hub.log.find())
    secrets = [PASSWORD, "another-secret", *(value[6:] for value in basic().values())]
    for path in guarded.folder.parent.rglob("*"):
        if path.is_file():
            assert not any(secret.encode() in path.read_bytes() for secret in secrets), path


def test_users_come_and_go_with_a_reload(guarded: Weir) -> None:
    assert weir_user(guarded, "ls").stdout == "ann\n"
    done = weir_user(guarded, "add", "ben", "--stdin", password="b\n")
    assert done.stdout.startswith("added ben in ") and f"kill -HUP {guarded.pid}" in done.stderr
    assert weir_user(guarded, "rm", "ann").returncode == 0
    assert weir_user(guarded, "ls").stdout == "ben\n"
    with plain(guarded) as before:
        assert connect(before, **basic("ben", "b")).status == 407  # not yet
        guarded.reload()
        assert "changed: nothing in the configuration; users and certificates of the port were" in guarded.log()
        with plain(guarded) as connection:
            assert connect(connection, **basic()).status == 407
            assert connect(connection, **basic("ben", "b")).status == 200
    add_user(guarded, "ben", "c")
    guarded.reload()
    with plain(guarded) as connection:
        assert connect(connection, **basic("ben", "b")).status == 407
        assert connect(connection, **basic("ben", "c")).status == 200


def test_a_flood_of_wrong_passwords(tmp_path: Path, hub: TestHub) -> None:
    """More than may wait are sent away at once; who was let in before does not feel it."""
    weir = Weir(
        tmp_path / "weir", hub, {"proxy": {"users": str(tmp_path / "users")}, "limits": {"password_checks": 2}}
    )
    add_user(weir)
    with weir, plain(weir) as known:
        assert connect(known, **basic()).status == 200
        statuses: list[int] = []

        def knock(number: int) -> None:
            with plain(weir) as connection:
                statuses.append(connect(connection, **basic(password=f"wrong{number}")).status)

        threads = [threading.Thread(target=knock, args=(number,)) for number in range(30)]
        for thread in threads:
            thread.start()
        with plain(weir) as connection:
            assert connect(connection, **basic()).status == 200
        for thread in threads:
            thread.join(60)
        assert set(statuses) == {407, 503} and len(statuses) == 30
        with plain(weir) as connection:
            assert connect(connection, **basic(password="wrong again")).status == 407


@pytest.mark.parametrize(
    ("mode", "text", "says"),
    [
        (0o644, None, "chmod 600"),
        (0o600, "ann:secret\n", "weir user add ann"),
        (0o600, "nonsense\n", ":1: expected NAME:HASH"),
        (None, None, "weir user add NAME makes it"),
    ],
)
def test_a_file_that_will_not_do(
    tmp_path: Path, hub: TestHub, mode: int | None, text: str | None, says: str
) -> None:
    users = tmp_path / "users"
    weir = Weir(tmp_path / "weir", hub, {"proxy": {"users": str(users)}})
    add_user(weir)
    assert stat.S_IMODE(users.stat().st_mode) == 0o600
    if text is not None:
        users.write_text(text)
    if mode is None:
        users.unlink()
    else:
        users.chmod(mode)
    done = weir.run("serve")
    assert done.returncode != 0
    assert str(users) in done.stderr and says in done.stderr
    assert "secret" not in done.stderr


def test_passwords_do_not_travel_in_clear(tmp_path: Path, hub: TestHub) -> None:
    weir = Weir(
        tmp_path / "weir",
        hub,
        {"proxy": {"users": str(tmp_path / "users"), "listen": "0.0.0.0:0", "allow": ["10.0.0.0/8"]}},
    )
    done = weir.run("serve")
    assert done.returncode == 2
    assert "proxy.tls = true" in done.stderr and "in clear" in done.stderr


def test_the_environment_carries_name_and_password(guarded: Weir, hub: TestHub) -> None:
    done = guarded.run("env", "--shell", "dotenv")
    assert done.returncode == 0 and "WEIR_PROXY_USER" in done.stderr
    assert f"HTTPS_PROXY={guarded.url}" in done.stdout.replace('"', "").replace("'", "")
    who = {**guarded.environment, "WEIR_PROXY_USER": USER, "WEIR_PROXY_PASSWORD": PASSWORD}
    done = guarded.run("env", "--shell", "dotenv", environment=who)
    assert f"http://ann:{quote(PASSWORD, safe='')}@127.0.0.1:{guarded.port}" in done.stdout

    command = ["--", "curl", "-sSL", "-m", "60", "https://huggingface.co" + resolve()]
    run = [weir_binary(), "run", "--config", guarded.config_file, *command]
    done = subprocess.run(run, capture_output=True, env=guarded.environment, timeout=90)
    assert done.returncode == 2 and b"WEIR_PROXY_PASSWORD" in done.stderr
    done = subprocess.run(run, capture_output=True, env=who, timeout=90)
    assert done.stdout == whole(hub.file(TINY, WEIGHTS)), done.stderr


class Terminal:
    """`weir user add ben` at a terminal of its own."""

    def __init__(self, weir: Weir) -> None:
        self.shown = b""
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            os.execve(
                weir_binary(), ["weir", "user", "add", "ben", "--config", str(weir.config_file)], weir.environment
            )

    def answer(self, question: bytes, answer: bytes) -> None:
        while question not in self.shown:
            self.shown += os.read(self._fd, 1024)
        # The question comes before the echo is off, and what is typed before that is dropped.
        while self._echoes():
            time.sleep(0.01)
        os.write(self._fd, answer)

    def _echoes(self) -> bool:
        import termios

        return bool(termios.tcgetattr(self._fd)[3] & termios.ECHO)

    def end(self) -> int:
        try:
            while data := os.read(self._fd, 1024):
                self.shown += data
        except OSError:
            pass
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def test_a_password_is_asked_for_twice_without_echo(guarded: Weir) -> None:
    terminal = Terminal(guarded)
    terminal.answer(b"Password for ben: ", b"hush\n")
    terminal.answer(b"Once more: ", b"hush\n")
    assert terminal.end() == 0
    assert b"hush" not in terminal.shown and b"added ben" in terminal.shown
    guarded.reload()
    with plain(guarded) as connection:
        assert connect(connection, **basic("ben", "hush")).status == 200


def test_two_that_differ_change_nothing(guarded: Weir) -> None:
    terminal = Terminal(guarded)
    terminal.answer(b"Password for ben: ", b"hush\n")
    terminal.answer(b"Once more: ", b"hash\n")
    assert terminal.end() == 2
    assert b"differ" in terminal.shown
    assert weir_user(guarded, "ls").stdout == "ann\n"


def test_interrupting_the_question(guarded: Weir) -> None:
    terminal = Terminal(guarded)
    terminal.answer(b"Password for ben: ", b"\x03")
    assert terminal.end() == -signal.SIGINT
    assert weir_user(guarded, "ls").stdout == "ann\n"


def test_names_and_passwords_that_will_not_do(guarded: Weir) -> None:
    for name, password in [("a b", "x\n"), ("a:b", "x\n"), ("ben", "\n"), ("ben", ""), ("ben", "x" * 2000), ("ben", "wörd\n"), ("ben", "a\tb\n")]:
        done = weir_user(guarded, "add", name, "--stdin", password=password)
        assert done.returncode == 2 and "expected" in done.stderr
    assert weir_user(guarded, "add", "ben").returncode == 2  # neither terminal nor --stdin
    assert weir_user(guarded, "rm", "ben").returncode == 2
    assert weir_user(guarded, "ls").stdout == "ann\n"


def test_several_change_the_file_at_once(guarded: Weir) -> None:
    """None of them loses what another one did."""
    names = [f"u{number}" for number in range(6)]
    with ThreadPoolExecutor(len(names) + 1) as pool:
        gone = pool.submit(weir_user, guarded, "rm", "ann")
        added = pool.map(lambda name: weir_user(guarded, "add", name, "--stdin", password="x\n"), names)
        assert [done.returncode for done in [gone.result(), *added]] == [0] * 7
    assert sorted(weir_user(guarded, "ls").stdout.split()) == names


def test_without_the_key_there_is_no_file(idle: Weir) -> None:
    done = weir_user(idle, "add", "ann", "--stdin", password="x\n")
    assert done.returncode == 2 and "[proxy]" in done.stderr


def test_make_weir_is_not_asked(make_weir: MakeWeir) -> None:
    """Without users nobody is asked, and what a client sends all the same is dropped."""
    with plain(make_weir()) as connection:
        assert connect(connection, **basic()).status == 200
