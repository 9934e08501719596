# SPDX-License-Identifier: Apache-2.0
"""A client's connection to Weir whose every byte the test decides."""

import http.client
import socket
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

Address = tuple[str, int]


@dataclass
class Reply:
    """An answer.  `complete` is false when the body ended before its announced end."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes
    complete: bool = True

    def header(self, name: str) -> str | None:
        return self.headers.get(name)


class Connection:
    """A socket, plain or inside TLS, with requests and answers on top."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock

    @staticmethod
    def plain(address: Address, timeout: float = 60) -> "Connection":
        return Connection(socket.create_connection(address, timeout))

    @staticmethod
    def through_proxy(
        address: Address, host: str, ca_file: Path, timeout: float = 60, server_name: str | None = None
    ) -> "Connection":
        """CONNECT, then TLS that trusts that CA alone."""
        connection = Connection.plain(address, timeout)
        reply = connection.request("CONNECT", f"{host}:443", {"Host": f"{host}:443"})
        if reply.status != 200:
            connection.close()
            raise ConnectionRefusedError(f"CONNECT {host} was answered {reply.status}")
        connection.start_tls(ca_file, server_name or host)
        return connection

    def start_tls(self, ca_file: Path, server_name: str) -> None:
        context = ssl.create_default_context(cafile=ca_file)
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        context.set_alpn_protocols(["h2", "http/1.1"])
        self.sock = context.wrap_socket(self.sock, server_hostname=server_name, suppress_ragged_eofs=False)

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.sock.close()

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def send_head(self, method: str, target: str, headers: Mapping[str, str] | Iterable[tuple[str, str]] = ()) -> None:
        items = headers.items() if isinstance(headers, Mapping) else headers
        lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in items)]
        self.send("\r\n".join([*lines, "", ""]).encode("latin-1"))

    def request(self, method: str, target: str, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Reply:
        """Sends a request and reads the whole answer.  Host (huggingface.co) and Content-Length are added."""
        fields = {"Host": "huggingface.co", **(headers or {})}
        if body:
            fields["Content-Length"] = str(len(body))
        self.send_head(method, target, fields)
        self.send(body)
        return self.read_reply(method)

    def get(self, target: str, headers: Mapping[str, str] | None = None) -> Reply:
        return self.request("GET", target, headers)

    def begin(self, method: str = "GET") -> http.client.HTTPResponse:
        """Reads the head of the answer; the body is read by the test."""
        response = http.client.HTTPResponse(self.sock, method=method)
        response.begin()
        return response

    def read_reply(self, method: str = "GET") -> Reply:
        response = self.begin(method)
        if method == "CONNECT" and response.status == 200:
            return Reply(200, response.headers, b"")
        return self.read_rest(response)

    def read_rest(self, response: http.client.HTTPResponse, begun: bytes = b"") -> Reply:
        """The answer whose head, and so much of its body, was read already."""
        body = bytearray(begun)
        try:
            while piece := response.read(65536):
                body += piece
        except (http.client.IncompleteRead, ConnectionError, ssl.SSLError) as error:
            body += getattr(error, "partial", b"")
            return Reply(response.status, response.headers, bytes(body), complete=False)
        return Reply(response.status, response.headers, bytes(body), complete=not response.length)

    def read_until(self, mark: bytes) -> bytes:
        """Raw bytes up to and with the mark, or to the end of the connection."""
        data = b""
        while mark not in data and (piece := self.sock.recv(1)):
            data += piece
        return data

    def read_to_end(self) -> bytes:
        """Raw bytes until the peer closes."""
        data = b""
        try:
            while piece := self.sock.recv(65536):
                data += piece
        except (ConnectionResetError, ssl.SSLEOFError):
            pass
        return data
