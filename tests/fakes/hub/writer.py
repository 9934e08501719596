# SPDX-License-Identifier: Apache-2.0
"""Sends a response over a connection, with the faults that apply to it."""

import gzip
import socket
import ssl
import struct
import time
from collections.abc import Iterator

from .content import Generated, Held, pieces
from .faults import Fault
from .http import Request, Response, Slice, head_bytes, text_response
from .requestlog import Record, RequestLog

PIECE_BYTES = 64 * 1024
PACED_PIECE_BYTES = 16 * 1024
PACED_SEND_BUFFER_BYTES = 64 * 1024


class ConnectionOver(Exception):
    """The connection was closed or reset on purpose.  `notify` tells whether TLS says goodbye."""

    def __init__(self, notify: bool = True) -> None:
        super().__init__()
        self.notify = notify


def send(
    sock: ssl.SSLSocket, request: Request, response: Response, fault: Fault, log: RequestLog, record: Record
) -> None:
    """Sends the answer.  Raises ConnectionOver when the connection ends with it."""
    if fault.send_buffer or fault.rate:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, fault.send_buffer or PACED_SEND_BUFFER_BYTES)
    if fault.hold_head:
        fault.gate.wait()
    if fault.head_delay:
        time.sleep(fault.head_delay)
    if fault.reset_at == -1:
        _reset(sock)
    if fault.raw is not None:
        sock.sendall(fault.raw)
        raise ConnectionOver(not fault.no_close_notify)
    _Sender(sock, request, _with_fault(response, fault), fault, log, record).run()


def _with_fault(response: Response, fault: Fault) -> Response:
    if fault.status is not None:
        response = text_response(fault.status, f"fault {fault.status}\n")
    if fault.retry_after is not None:
        response.headers.set("Retry-After", str(fault.retry_after))
    if fault.redirect is not None:
        response = text_response(302, f"Found. Redirecting to {fault.redirect}", headers=[("Location", fault.redirect)])
    if fault.gzip and isinstance(response.body, Slice):
        _pack(response, response.body)
    if fault.total_off and (part := response.headers.get("Content-Range")):
        asked, _, total = part.partition("/")
        response.headers.set("Content-Range", f"{asked}/{int(total) + fault.total_off}")
    response.interim += (b"HTTP/1.1 102 Processing\r\n\r\n",) * fault.interim
    for name, value in fault.headers.items():
        response.headers.set(name, value)
    return response


def _pack(response: Response, body: Slice) -> None:
    packed = Held(gzip.compress(body.content.read(body.offset, body.length), 1))
    response.headers.set("Content-Encoding", "gzip")
    response.body = Slice(packed, 0, packed.size)


class _Sender:
    def __init__(
        self, sock: ssl.SSLSocket, request: Request, response: Response, fault: Fault, log: RequestLog, record: Record
    ) -> None:
        self._sock = sock
        self._request = request
        self._response = response
        self._fault = fault
        self._log = log
        self._record = record
        self._started = time.monotonic()
        self._paced_bytes = 0
        self._chunked = fault.chunked or not (isinstance(response.body, Slice) or response.close_delimited)

    def run(self) -> None:
        response, fault = self._response, self._fault
        body = response.body
        closing = response.close_delimited or fault.close_delimited or self._request.body.abandoned()
        bare = self._chunked or fault.close_delimited or response.status in (204, 304)
        if isinstance(body, Slice) and not bare:
            response.headers.set(
                "Content-Length", response.headers.get("Content-Length") or str(body.length + fault.extra_bytes)
            )
        if self._chunked:
            response.headers.set("Transfer-Encoding", "chunked")
        if closing or "close" in (self._request.headers.get("Connection") or "").lower():
            closing = True
            response.headers.set("Connection", "close")
        self._log.update(self._record, status=response.status, kind=response.kind, sha256=response.sha256)
        self._sock.sendall(b"".join(response.interim) + head_bytes(response))
        if self._request.method != "HEAD":
            self._send_slice(body) if isinstance(body, Slice) else self._send_stream(body)
            if self._chunked:
                self._send_last_chunk()
        if closing:
            raise ConnectionOver(not fault.no_close_notify)

    def _send_slice(self, body: Slice) -> None:
        offset = body.offset
        piece_bytes = PACED_PIECE_BYTES if self._fault.rate else PIECE_BYTES
        for piece in pieces(body.content, body.offset, body.length, piece_bytes):
            self._send_at(offset, piece)
            offset += len(piece)
        self._at_stop(offset)
        if self._fault.extra_bytes:
            self._send_counted(Generated("extra", self._fault.extra_bytes).read(0, self._fault.extra_bytes))

    def _send_at(self, offset: int, piece: bytes) -> None:
        """Sends a piece of the file; stops, cuts or damages it where the fault says so."""
        flip = self._fault.flip_at
        if flip is not None and offset <= flip < offset + len(piece):
            index = flip - offset
            piece = piece[:index] + bytes([piece[index] ^ 0xFF]) + piece[index + 1 :]
        sent = 0
        for stop in self._stops(offset, offset + len(piece)):
            self._send_counted(piece[sent : stop - offset])
            sent = stop - offset
            self._at_stop(stop)
        self._send_counted(piece[sent:])

    def _stops(self, start: int, end: int) -> list[int]:
        fault = self._fault
        marks = {fault.cut_at, fault.reset_at, fault.stall_at, fault.bad_chunk_at} - {None}
        return sorted(mark for mark in marks if mark is not None and start <= mark < end)

    def _at_stop(self, offset: int) -> None:
        if self._fault.stall_at == offset:
            self._fault.gate.wait()
        if self._fault.reset_at == offset:
            _reset(self._sock)
        if self._fault.bad_chunk_at == offset:
            self._sock.sendall(b"xyz\r\n")
            raise ConnectionOver()
        if self._fault.cut_at == offset:
            raise ConnectionOver(not self._fault.no_close_notify)

    def _send_stream(self, body: Iterator[bytes]) -> None:
        for piece in body:
            self._send_counted(piece)

    def _send_last_chunk(self) -> None:
        trailers = "".join(f"{name}: {value}\r\n" for name, value in self._response.trailers)
        self._sock.sendall(f"0\r\n{trailers}\r\n".encode())

    def _send_counted(self, data: bytes) -> None:
        if not data:
            return
        self._sock.sendall(b"%x\r\n%b\r\n" % (len(data), data) if self._chunked else data)
        self._log.count_body(self._record, len(data))
        if self._fault.rate:
            self._paced_bytes += len(data)
            ahead = self._paced_bytes / self._fault.rate - (time.monotonic() - self._started)
            if ahead > 0:
                time.sleep(ahead)


def _reset(sock: ssl.SSLSocket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raise ConnectionOver(notify=False)
