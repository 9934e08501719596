# SPDX-License-Identifier: Apache-2.0
"""A web server that holds blobs under their sha256, as a folder behind nginx or Storj's linksharing does: ranges, no
ETag, errors as pages."""

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from hub import TestHub

HOST = "blobs.example.org"
MIB = 1 << 20


def flipped(blob: bytes) -> bytes:
    """One byte of each MiB is another."""
    wrong = bytearray(blob)
    for at in range(1000, len(wrong), MIB):
        wrong[at] ^= 1
    return bytes(wrong)


class BlobServer:
    """TLS on 127.0.0.1, as blobs.example.org.  `status` other than 0 is the answer to everything; behind `reset_at` bytes
    of a body the connection is reset."""

    def __init__(self, hub: TestHub, blobs: Mapping[str, bytes]) -> None:
        self.blobs = dict(blobs)
        self.status = 0
        self.headers: dict[str, str] = {}
        self.reset_at: int | None = None
        self.sent = 0
        self.requests: list[Mapping[str, str]] = []
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        pair = hub.authority.leaf("hub")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pair.certificate, pair.key)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def __enter__(self) -> "BlobServer":
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def connect_to(self) -> str:
        return f"{HOST}:443:127.0.0.1:{self._server.server_address[1]}"

    def note(self, headers: Mapping[str, str]) -> None:
        with self._lock:
            self.requests.append(headers)

    def count(self, sent: int) -> None:
        with self._lock:
            self.sent += sent


def _handler(blobs: BlobServer) -> Callable[..., BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            blobs.note(dict(self.headers.items()))
            blob = blobs.blobs.get(self.path.rpartition("/")[2])
            if blobs.status or blob is None:
                return self._page(blobs.status or 404)
            begin, end = self._range(len(blob))
            self.send_response(206 if "Range" in self.headers else 200)
            if "Range" in self.headers:
                self.send_header("Content-Range", f"bytes {begin}-{end - 1}/{len(blob)}")
            self.send_header("Content-Length", str(end - begin))
            self.end_headers()
            with contextlib.suppress(OSError):
                self._body(memoryview(blob)[begin:end])

        def _range(self, size: int) -> tuple[int, int]:
            first, _, last = self.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")
            return int(first), int(last) + 1 if last else size

        def _body(self, body: memoryview) -> None:
            if blobs.reset_at is not None and blobs.reset_at < len(body):
                self.wfile.write(body[: blobs.reset_at])
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.close_connection = True
                self.connection.close()
                return
            for at in range(0, len(body), 65536):
                piece = body[at : at + 65536]
                self.wfile.write(piece)
                blobs.count(len(piece))

        def _page(self, status: int) -> None:
            page = b"<!DOCTYPE html><title>Oops</title>"
            self.send_response(status)
            for name, value in {"Content-Type": "text/html; charset=utf-8", **blobs.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler
