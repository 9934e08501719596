# SPDX-License-Identifier: Apache-2.0
"""Weirs that are paired give each other what they hold, and nobody else learns anything."""

import base64
import hashlib
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from files import CDN, GATED, MEDIUM, TINY, WEIGHTS, bearer, get, hold, resolve, whole
from harness import Connection, Reply, Weir
from hub import ALICE, TestHub
from hub.certs import Authority
from pairs import add, invite, pair, peers

MakeWeir = Callable[..., Weir]
PROTOCOL = "weir-peer/1"
NOT_GOOD = "This join code is not good: it is wrong, or was tried before, or is older than 10 minutes"


def openssl(*arguments: object, data: bytes = b"") -> bytes:
    return subprocess.run(
        ["openssl", *map(str, arguments)], input=data, capture_output=True, check=True, timeout=30
    ).stdout


def spki_of(certificate: bytes) -> str:
    """The SHA-256 of a certificate's SubjectPublicKeyInfo."""
    pem = openssl("x509", "-inform", "DER", "-pubkey", "-noout", data=certificate)
    return hashlib.sha256(openssl("pkey", "-pubin", "-outform", "DER", data=pem)).hexdigest()


def certificate_for(key: Path) -> Path:
    """A self-signed certificate of a peer's key, as the peer would show."""
    file = key.with_suffix(".test.pem")
    openssl("req", "-x509", "-key", key, "-out", file, "-days", "30", "-subj", "/CN=peer")
    return file


def new_key(folder: Path) -> Path:
    key = folder / "stranger.key"
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key)
    return key


def client_context(key: Path | None, protocol: str = PROTOCOL) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols([protocol])
    if key:
        context.load_cert_chain(certificate_for(key), key)
    return context


def connect(weir: Weir, key: Path | None) -> Connection:
    """A connection of a peer with that key, whose own key is the one that `weir` shows."""
    sock = client_context(key).wrap_socket(
        socket.create_connection(("127.0.0.1", weir.port), 60), suppress_ragged_eofs=False
    )
    assert sock.selected_alpn_protocol() == PROTOCOL and sock.version() == "TLSv1.3"
    assert spki_of(sock.getpeercert(binary_form=True) or b"") == peers(weir)["key"]
    return Connection(sock)


def key_of(weir: Weir) -> Path:
    return weir.ca_folder / "peer.key"


def blob(digest: str) -> str:
    return f"/-/blob/sha256/{digest}"


def ask(weir: Weir, key: Path, target: str, method: str = "GET", **fields: str) -> Reply:
    with connect(weir, key) as connection:
        return connection.request(method, target, fields)


@pytest.fixture
def host(make_weir: MakeWeir) -> Weir:
    return make_weir()


@pytest.fixture
def guest(make_weir: MakeWeir) -> Weir:
    return make_weir()


def test_what_is_held_is_given(host: Weir, guest: Weir, hub: TestHub) -> None:
    file = hold(host, hub)
    data = whole(file)
    pair(host, guest)
    with connect(host, key_of(guest)) as connection:
        there = connection.request("HEAD", blob(file.sha256))
        assert (there.status, there.header("Content-Length")) == (200, str(file.size))
        assert there.header("Weir-Ranges") == f"0-{file.size - 1}"
        assert there.header("ETag") == f'"{file.sha256}"'
        assert connection.get(blob(file.sha256)).body == data
        part = connection.get(blob(file.sha256), {"Range": "bytes=100-199"})
        assert (part.status, part.body) == (206, data[100:200])
        assert part.header("Content-Range") == f"bytes 100-199/{file.size}"
        assert connection.get(blob(file.sha256), {"Range": f"bytes={file.size}-"}).status == 416
        assert connection.get(blob("0" * 64)).status == 404
        for wrong in ("0" * 63, "A" * 64, "..", ""):
            assert connection.get(blob(wrong)).status == 400
        assert connection.get("/-/status").status == 404
        assert connection.get("/api/models/" + TINY).status == 404
        assert connection.request("POST", blob(file.sha256)).status == 405
    assert not hub.log.find()
    assert ask(guest, key_of(host), blob(file.sha256)).status == 404  # paired in both directions


def test_both_sides_list_each_other(host: Weir, guest: Weir) -> None:
    pair(host, guest)
    of_host, of_guest = peers(host), peers(guest)
    for mine, other, weir in ((of_host, of_guest, guest), (of_guest, of_host, host)):
        (peer,) = mine["peers"]
        assert peer["spki_sha256"] == other["key"]
        assert (peer["address"], peer["state"]) == (f"127.0.0.1:{weir.port}", "answers")
    line = guest.run("peer", "ls").stdout
    assert f"127.0.0.1:{host.port}" in line and of_host["key"] in line
    host.restart()
    assert peers(guest)["peers"][0]["state"] == "answers"
    done = host.run("peer", "rm", f"127.0.0.1:{guest.port}")
    assert done.returncode == 0 and "removed" in done.stdout, done.stderr
    assert peers(host)["peers"] == []
    assert peers(guest)["peers"][0]["state"] == "does not know this Weir"
    assert host.run("peer", "rm", f"127.0.0.1:{guest.port}").returncode != 0
    host.stop()
    assert peers(guest)["peers"][0]["state"] == "does not answer"


def test_a_removed_peer_is_refused_on_its_open_connection(host: Weir, guest: Weir, hub: TestHub) -> None:
    file = hold(host, hub)
    pair(host, guest)
    with connect(host, key_of(guest)) as connection:
        assert connection.get(blob(file.sha256)).status == 200
        assert host.run("peer", "rm", "127.0.0.1").returncode == 0
        assert connection.get(blob(file.sha256)).status == 403


def test_strangers_learn_nothing(host: Weir, guest: Weir, hub: TestHub, tmp_path: Path) -> None:
    file = hold(host, hub)
    pair(host, guest)
    key = new_key(tmp_path)
    held, unknown, nonsense = (ask(host, key, blob(digest)) for digest in (file.sha256, "0" * 64, "x"))
    assert held.status == unknown.status == nonsense.status == 403
    assert held.body == unknown.body == nonsense.body
    assert [name for name, _ in held.headers.items()] == [name for name, _ in unknown.headers.items()]
    assert ask(host, key, blob(file.sha256), "HEAD").status == 403
    # Without a certificate, with a key of another kind, with an older TLS: no request is ever read.
    company = Authority(tmp_path / "company").leaf("leaf")
    signed = client_context(None)
    signed.load_cert_chain(company.certificate, company.key)
    old = client_context(key)
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    for context in (client_context(None), signed, old, client_context(key, "http/1.1")):
        with pytest.raises((ssl.SSLError, ConnectionError)):
            with context.wrap_socket(socket.create_connection(("127.0.0.1", host.port), 60)) as sock:
                sock.sendall(f"GET {blob(file.sha256)} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                assert not sock.recv(1)
                raise ssl.SSLError
    # In clear.
    with Connection.plain(("127.0.0.1", host.port)) as connection:
        for digest in (file.sha256, "0" * 64):
            assert connection.request("GET", blob(digest), {"Host": "127.0.0.1"}).status == 403


def test_a_code_is_good_for_one_attempt(host: Weir, guest: Weir, make_weir: MakeWeir) -> None:
    code = invite(host)
    assert add(guest, f"127.0.0.1:{host.port}", code.lower().replace("-", " ")).returncode == 0
    third = make_weir()
    again = add(third, f"127.0.0.1:{host.port}", code)
    assert again.returncode != 0 and f"403: {NOT_GOOD}" in again.stderr
    assert peers(third)["peers"] == [] and len(peers(host)["peers"]) == 1
    # A wrong secret uses the code up too.
    code = invite(host)
    wrong = add(third, f"127.0.0.1:{host.port}", code[:-1] + ("A" if code[-1] != "A" else "B"))
    assert wrong.returncode != 0 and f"403: {NOT_GOOD}" in wrong.stderr
    assert add(third, f"127.0.0.1:{host.port}", code).returncode != 0
    assert peers(third)["peers"] == [] and len(peers(host)["peers"]) == 1
    # The code of another one, and none.
    first, second = invite(host), invite(host)
    assert add(third, f"127.0.0.1:{host.port}", first).returncode != 0
    assert add(third, f"127.0.0.1:{host.port}", second).returncode != 0
    assert add(third, f"127.0.0.1:{host.port}", "MZXW").returncode == 2
    pair(host, third)


def test_who_is_there_now_takes_the_place_of_who_was(host: Weir, guest: Weir, hub: TestHub) -> None:
    """The host was set up anew."""
    pair(host, guest)
    before = peers(guest)["peers"]
    host.stop()
    key_of(host).unlink()
    host.start()
    done = add(guest, f"127.0.0.1:{host.port}", invite(host))
    assert done.returncode == 0, done.stderr
    assert f"forgot the key that was at 127.0.0.1:{host.port} before, {before[0]['spki_sha256']}" in done.stdout
    assert [peer["spki_sha256"] for peer in peers(guest)["peers"]] == [peers(host)["key"]] != [before[0]["spki_sha256"]]


def test_an_invitation_is_for_this_machine(host: Weir, idle: Weir) -> None:
    own = add(host, f"127.0.0.1:{host.port}", invite(host))
    assert own.returncode == 2 and "type it on the other machine" in own.stderr
    done = idle.run("peer", "invite")
    assert done.returncode != 0 and "weir serve" in done.stderr
    fields = {"Host": "127.0.0.1"}
    with Connection.plain(("127.0.0.1", host.port)) as connection:
        assert connection.request("POST", "/-/peers/invite", fields).status == 403
        command = {**fields, "Weir-Command": "1"}
        assert connection.request("POST", "/-/peers/invite", {**command, "Origin": "https://e.example"}).status == 403
        assert connection.request("GET", "/-/peers/invite", command).status == 405
        assert connection.request("POST", "/-/peers/invite", command).status == 200


class Relay:
    """A man in the middle: TLS with the guest under a key of its own, TLS with the host, requests carried over."""

    def __init__(self, folder: Path, host: Weir) -> None:
        self.key = new_key(folder)
        self.certificate = certificate_for(self.key)
        self.handshakes = 0
        self.carried: list[bytes] = []
        self._host = host
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def spki(self) -> str:
        return spki_of(openssl("x509", "-in", self.certificate, "-outform", "DER"))

    def _run(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        context.set_alpn_protocols([PROTOCOL])
        sock, _ = self._listener.accept()
        sock.settimeout(60)
        try:
            with context.wrap_socket(sock, server_side=True) as guest:
                self.handshakes += 1
                head = Connection(guest).read_until(b"\r\n\r\n")
                self.carried.append(head)
                with connect(self._host, self.key) as host:
                    host.send(head)
                    answer = host.read_to_end()
                self.carried.append(answer)
                guest.sendall(answer)
                guest.unwrap()
        except OSError:
            pass
        finally:
            sock.close()

    def join(self) -> None:
        self._thread.join(60)
        self._listener.close()


def test_a_relay_gets_nothing_from_a_guest(host: Weir, guest: Weir, tmp_path: Path) -> None:
    """The code names the host's key, so the guest goes away before it has shown its certificate."""
    code = invite(host)
    relay = Relay(tmp_path, host)
    done = add(guest, f"127.0.0.1:{relay.port}", code)
    relay.join()
    assert done.returncode != 0 and "another key" in done.stderr
    assert relay.handshakes == 0 and relay.carried == []
    assert add(guest, f"127.0.0.1:{host.port}", code).returncode == 0  # it was no attempt


def test_a_relayed_proof_is_refused(host: Weir, guest: Weir, tmp_path: Path) -> None:
    """A relay whose key the code names, as if it had found one with the same 80 bits: the guest proves to it that it
    knows the secret, and the host does not take that proof on another connection."""
    code = invite(host).replace("-", "")
    relay = Relay(tmp_path, host)
    forged = base64.b32encode(bytes.fromhex(relay.spki)[:10]).decode() + code[16:]
    done = add(guest, f"127.0.0.1:{relay.port}", forged)
    relay.join()
    request, answer = relay.carried
    assert relay.handshakes == 1 and b"Weir-Proof: " in request
    assert answer.startswith(b"HTTP/1.1 403") and NOT_GOOD.encode() in answer
    assert done.returncode != 0 and NOT_GOOD in done.stderr
    assert peers(host)["peers"] == [] and peers(guest)["peers"] == []


def test_what_is_not_public_stays(make_weir: MakeWeir, host: Weir, guest: Weir, hub: TestHub) -> None:
    file = hold(host, hub, GATED, headers=bearer(ALICE))
    pair(host, guest)
    assert ask(host, key_of(guest), blob(file.sha256), "HEAD").status == 404
    answer = ask(host, key_of(guest), blob(file.sha256))
    assert (answer.status, answer.body) == (404, ask(host, key_of(guest), blob("0" * 64)).body)
    host.configure({"peer": {"share_private": True}})
    host.reload()
    assert ask(host, key_of(guest), blob(file.sha256)).body == whole(file)


def test_a_file_in_progress(host: Weir, guest: Weir, hub: TestHub) -> None:
    """What has come of it is given, and nothing is asked of the hub for the rest."""
    file = hub.file(MEDIUM, WEIGHTS)
    data = whole(file)
    pair(host, guest)
    stall = hub.inject(host=CDN, stall_at=3_000_000)
    with ThreadPoolExecutor(1) as pool, connect(host, key_of(guest)) as connection:
        client = pool.submit(get, host, resolve(MEDIUM))
        assert stall.reached.wait(30)
        last = 0
        deadline = time.monotonic() + 30
        while last < 1_000_000:  # the last bytes may still be on their way to the disk
            assert time.monotonic() < deadline
            there = connection.request("HEAD", blob(file.sha256))
            assert (there.status, there.header("Content-Length")) == (200, str(file.size))
            runs = there.header("Weir-Ranges") or "0-0"
            first, last = map(int, runs.split("-"))
            assert first == 0 and last < 3_000_000
        asked = len(hub.log.find())
        for begin, end in ((0, last), (500_000, 600_000), (last, last)):
            part = connection.get(blob(file.sha256), {"Range": f"bytes={begin}-{end}"})
            assert (part.status, part.body == data[begin : end + 1]) == (206, True)
            assert part.header("Content-Range") == f"bytes {begin}-{end}/{file.size}"
        for fields in ({}, {"Range": "bytes=3500000-3500009"}, {"Range": f"bytes={last}-3500000"}, {"Range": "bytes=0-"}):
            refused = connection.get(blob(file.sha256), fields)
            assert (refused.status, refused.header("Content-Range")) == (416, f"bytes */{file.size}")
            assert (refused.header("Weir-Ranges") or "").startswith("0-")
        assert len(hub.log.find()) == asked
        stall.release()
        assert client.result().body == data
        assert connection.get(blob(file.sha256)).body == data
    assert hub.lfs_bodies(file) == 1


@pytest.mark.parametrize("config", [{"proxy": {"tls": True}}, {"endpoint": {"names": ["localhost"]}}], ids=["proxy", "endpoint"])
def test_beside_the_other_tls_of_the_port(make_weir: MakeWeir, guest: Weir, hub: TestHub, config: dict) -> None:
    host = make_weir(config)
    pair(host, guest)
    assert [peer["state"] for peer in peers(guest)["peers"]] == ["answers"]
    # A session of the other TLS, which is resumed there, opens nothing for a peer without a certificate.
    trusted = ssl.create_default_context(cafile=host.ca_file())
    with trusted.wrap_socket(
        socket.create_connection(("127.0.0.1", host.port), 60), server_hostname="localhost"
    ) as sock:
        reply = Connection(sock).request("GET", "/-/health", {"Host": f"localhost:{host.port}"})
        assert reply.status == 200 and sock.selected_alpn_protocol() is None
        session = sock.session
    trusted.set_alpn_protocols([PROTOCOL])
    with pytest.raises((ssl.SSLError, ConnectionError)):
        with trusted.wrap_socket(
            socket.create_connection(("127.0.0.1", host.port), 60), server_hostname="localhost", session=session
        ) as sock:
            Connection(sock).get(blob("0" * 64))
    if "endpoint" in config:  # and HTTP in clear goes on
        assert host.admin("/-/health")[0] == 200
