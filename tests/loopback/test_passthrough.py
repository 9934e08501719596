# SPDX-License-Identifier: Apache-2.0
"""All that is no file passes through: any method and size, streamed both ways, headers as RFC 9110 says."""

import hashlib
import json
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from files import get
from harness import Weir
from hub import Generated, TestHub

SOCKET_BUFFERS_BYTES = 64 << 20  # what the kernel may hold of one direction: the client's, weir's two and the hub's
BODY = Generated("upload", 160 << 20)


def echo(weir: Weir, method: str = "GET", headers: dict[str, str] | None = None, body: bytes = b"") -> dict:
    with weir.connect() as connection:
        reply = connection.request(method, "/api/test/echo?a=1&b=%20", headers, body)
    assert reply.status == 200
    return json.loads(reply.body)


def fields(echoed: dict) -> dict[str, str]:
    return {name.lower(): value for name, value in echoed["headers"]}


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_methods(weir: Weir, method: str) -> None:
    body = b"" if method in ("GET", "DELETE", "OPTIONS") else b"some text"
    echoed = echo(weir, method, {"X-Custom": "yes", "Cookie": "a=b"}, body)
    assert (echoed["method"], echoed["target"], echoed["body"]) == (method, "/api/test/echo?a=1&b=%20", body.decode())
    assert fields(echoed)["x-custom"] == "yes"
    assert fields(echoed)["cookie"] == "a=b"


def test_hop_by_hop_fields_stay(weir: Weir) -> None:
    sent = {
        "Connection": "keep-alive, X-Mine, Upgrade",
        "X-Mine": "1",
        "Keep-Alive": "timeout=1",
        "TE": "trailers",
        "Proxy-Authorization": "Basic eDp5",
        "Proxy-Connection": "keep-alive",
        "Upgrade": "websocket",
    }
    got = fields(echo(weir, headers=sent))
    assert not {"x-mine", "keep-alive", "proxy-authorization", "proxy-connection", "upgrade"} & set(got)
    assert "x-mine" not in got.get("connection", "").lower()


def test_answers_lose_hop_by_hop_fields(weir: Weir) -> None:
    reply = get(weir, "/api/test/hop-by-hop")
    assert reply.header("X-Public") == "1"
    for name in ("X-Private", "Keep-Alive", "Proxy-Authenticate"):
        assert reply.header(name) is None, name


def test_via_is_a_pseudonym_and_a_loop_is_refused(weir: Weir, hub: TestHub) -> None:
    via = fields(echo(weir))["via"]
    assert socket.gethostname() not in via
    assert fields(echo(weir))["via"] == via
    seen = len(hub.log.find())
    reply = get(weir, "/api/test/echo", {"Via": f"1.1 other.example, {via}"})
    assert reply.status == 508
    assert len(hub.log.find()) == seen
    assert fields(echo(weir, headers={"Via": "1.1 other.example"}))["via"] == f"1.1 other.example, {via}"


def test_via_differs_between_installations(make_weir, hub: TestHub) -> None:  # noqa: ANN001
    assert fields(echo(make_weir()))["via"] != fields(echo(make_weir()))["via"]


@pytest.mark.parametrize("status", [200, 201, 204, 301, 304, 400, 401, 403, 404, 409, 429, 500, 503])
def test_statuses_are_relayed(weir: Weir, status: int) -> None:
    reply = get(weir, f"/api/test/status/{status}?Retry-After=3&X-Error-Code=Some")
    assert (reply.status, reply.header("Retry-After"), reply.header("X-Error-Code")) == (status, "3", "Some")
    assert reply.complete
    assert reply.header("Cache-Status")


@pytest.mark.parametrize("framing", ["chunked", "trailers", "close-delimited"])
def test_framings(weir: Weir, framing: str) -> None:
    expected = b"".join(b"%08d" % number for number in range(12_500))
    reply = get(weir, f"/api/test/{framing}")
    assert (reply.complete, reply.body == expected) == (True, True)


@pytest.mark.parametrize("framing", ["chunked", "trailers", "close-delimited"])
def test_http_1_0_clients_get_no_chunks(weir: Weir, framing: str) -> None:
    with weir.connect() as connection:
        connection.send(f"GET /api/test/{framing} HTTP/1.0\r\nHost: huggingface.co\r\n\r\n".encode())
        head, _, body = connection.read_to_end().partition(b"\r\n\r\n")
    assert b"chunked" not in head.lower()
    assert body == b"".join(b"%08d" % number for number in range(12_500))


def test_interim_answers_do_not_hide_the_final_one(weir: Weir) -> None:
    with weir.connect() as connection:
        connection.send_head("GET", "/api/test/interim", {"Host": "huggingface.co", "Connection": "close"})
        assert b"after two interim answers" in connection.read_to_end()


def test_upload_with_length(weir: Weir) -> None:
    body = BODY.read(0, 20 << 20)
    with weir.connect() as connection:
        reply = connection.request("PUT", "/api/test/swallow/file", {}, body)
    assert json.loads(reply.body) == {"bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}


def test_upload_in_chunks(weir: Weir) -> None:
    body = BODY.read(0, 3 << 20)
    with weir.connect() as connection:
        connection.send_head(
            "POST", "/api/test/swallow/file", {"Host": "huggingface.co", "Transfer-Encoding": "chunked"}
        )
        for start in range(0, len(body), 70_000):
            piece = body[start : start + 70_000]
            connection.send(b"%x;ext=1\r\n%b\r\n" % (len(piece), piece))
        connection.send(b"0\r\n\r\n")
        reply = connection.read_reply()
    assert json.loads(reply.body)["sha256"] == hashlib.sha256(body).hexdigest()


def test_an_upload_waits_for_the_origin(weir: Weir, hub: TestHub) -> None:
    """The origin does not read: weir takes little more than the sockets hold, then all of it arrives."""
    gate = hub.endpoints.gate("upload")
    with weir.connect() as connection:
        connection.send_head(
            "PUT", "/api/test/gated-swallow/upload", {"Host": "huggingface.co", "Content-Length": str(BODY.size)}
        )
        assert gate.reached.wait(30)
        sent = send_until_blocked(connection.sock, BODY)
        assert sent < SOCKET_BUFFERS_BYTES
        gate.release()
        connection.sock.settimeout(60)
        connection.send(BODY.read(sent, BODY.size))
        reply = connection.read_reply()
    assert json.loads(reply.body) == {"bytes": BODY.size, "sha256": BODY.sha256}


def send_until_blocked(sock: socket.socket, content: Generated) -> int:
    """Sends pieces until the socket has taken nothing for two seconds; how many bytes went.  A piece of a TLS socket
    goes whole or not at all, so what could not be sent is sent again."""
    sent = 0
    sock.settimeout(2)
    while sent < content.size:
        try:
            sent += sock.send(content.read(sent, 16 * 1024))
        except TimeoutError:
            break
    return sent


def test_a_download_waits_for_the_client(weir: Weir, hub: TestHub) -> None:
    with weir.connect() as connection:
        connection.send_head("GET", "/api/test/bulk/300000000", {"Host": "huggingface.co"})
        response = connection.begin()
        sent = steady_count(lambda: hub.log.find(path="/bulk/")[0].body_bytes)
        assert sent < SOCKET_BUFFERS_BYTES
        digest = hashlib.sha256()
        while piece := response.read(1 << 20):
            digest.update(piece)
    assert digest.hexdigest() == Generated("bulk", 300_000_000).sha256


def steady_count(count) -> int:  # noqa: ANN001 - a function without arguments
    """The count once it has not changed for a second."""
    value, since = count(), time.monotonic()
    while time.monotonic() - since < 1:
        time.sleep(0.05)
        if count() != value:
            value, since = count(), time.monotonic()
    return value


def test_expect_is_answered_when_the_origin_agrees(weir: Weir) -> None:
    with weir.connect() as connection:
        connection.send_head(
            "PUT", "/api/test/swallow/x", {"Host": "huggingface.co", "Content-Length": "4", "Expect": "100-continue"}
        )
        assert connection.read_until(b"\r\n\r\n").startswith(b"HTTP/1.1 100 ")
        connection.send(b"body")
        assert json.loads(connection.read_reply().body)["bytes"] == 4


def test_expect_without_an_origin(weir: Weir, hub: TestHub) -> None:
    hub.server.close()
    try:
        with weir.connect() as connection:
            connection.send_head(
                "PUT",
                "/api/test/swallow/x",
                {"Host": "huggingface.co", "Content-Length": "4", "Expect": "100-continue"},
            )
            assert connection.read_until(b"\r\n\r\n").startswith(b"HTTP/1.1 502 ")
    finally:
        hub.server.open()


def test_an_early_answer_closes_the_connection(weir: Weir) -> None:
    with weir.connect() as connection:
        connection.send_head("PUT", "/api/test/early", {"Host": "huggingface.co", "Content-Length": "1000000000"})
        connection.send(bytes(100_000))
        reply = connection.read_reply()
        assert reply.status == 413
        assert "close" in (reply.header("Connection") or "")
        assert connection.read_to_end() == b""


def test_an_aborted_upload_reaches_the_origin_as_one(weir: Weir, hub: TestHub) -> None:
    with weir.connect() as connection:
        connection.send_head("PUT", "/api/test/swallow/x", {"Host": "huggingface.co", "Content-Length": "1000000"})
        connection.send(bytes(1000))
        hub.log.wait_for(lambda log: [r for r in log.find(path="/swallow/") if r.request_bytes])
    (record,) = hub.log.wait_for(lambda log: [r for r in log.find(path="/swallow/") if r.done])
    assert record.status == 0


def test_events_arrive_at_once(weir: Weir, hub: TestHub) -> None:
    """Each event of a stream is with the client within 100 ms."""
    with weir.connect() as connection:
        connection.send_head("GET", "/api/test/events/live", {"Host": "huggingface.co"})
        response = connection.begin()
        assert response.headers["Content-Type"] == "text/event-stream"
        for number in range(10):
            started = time.monotonic()
            hub.endpoints.emit("live", f"event {number}")
            expected = f"data: event {number}\n\n".encode()
            assert response.read(len(expected)) == expected
            assert time.monotonic() - started < 0.1
        hub.endpoints.emit("live", None)
        assert response.read() == b""


def test_an_event_stream_may_be_silent_for_long(make_weir: Callable[..., Weir], hub: TestHub) -> None:
    """Also for a client that does not say what it accepts; a body of any other type would have stalled."""
    weir = make_weir({"origin": {"stall_timeout": "1s"}})
    with weir.connect() as connection:
        connection.send_head("GET", "/api/test/events/quiet", {"Host": "huggingface.co"})
        response = connection.begin()
        time.sleep(2)
        hub.endpoints.emit("quiet", "at last")
        hub.endpoints.emit("quiet", None)
        assert response.read() == b"data: at last\n\n"


def test_set_cookie_is_relayed(weir: Weir) -> None:
    assert get(weir, "/api/test/echo").header("Set-Cookie") == "session=1"


def test_many_at_once(weir: Weir) -> None:
    bodies = [BODY.read(number << 20, 1 << 20) for number in range(16)]

    def upload(body: bytes) -> str:
        with weir.connect() as connection:
            return json.loads(connection.request("POST", "/api/test/swallow/x", {}, body).body)["sha256"]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(upload, bodies)) == [hashlib.sha256(body).hexdigest() for body in bodies]


def test_other_hosts_of_the_hub_pass(weir: Weir, hub: TestHub) -> None:
    for host in ("datasets-server.huggingface.co", "a.b.c.hf.co", "cas-server.xethub.hf.co"):
        with weir.connect(host) as connection:
            reply = connection.request("GET", "/api/test/echo", {"Host": host, "Authorization": "Bearer x"})
        assert fields(json.loads(reply.body))["host"] == host
        assert fields(json.loads(reply.body))["authorization"] == "Bearer x"
