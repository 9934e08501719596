# SPDX-License-Identifier: Apache-2.0
"""HTTP/1.1 messages: requests as they are read from a connection, responses as values."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, BinaryIO
from urllib.parse import unquote

from .content import Content, Held

LINE_BYTES = 64 * 1024


class Malformed(Exception):
    """The peer did not speak HTTP."""


class Headers:
    """Header fields in order; names compare without case."""

    def __init__(self, items: Iterable[tuple[str, str]] = ()) -> None:
        self.items = list(items)

    def get(self, name: str, default: str | None = None) -> str | None:
        return next((value for key, value in self.items if key.lower() == name.lower()), default)

    def add(self, name: str, value: str) -> None:
        self.items.append((name, value))

    def set(self, name: str, value: str | None) -> None:
        """Replaces every field of that name; None only removes them."""
        self.items = [item for item in self.items if item[0].lower() != name.lower()]
        if value is not None:
            self.items.append((name, value))

    def __contains__(self, name: str) -> bool:
        return self.get(name) is not None


class RequestBody:
    """The body of a request, read from the connection as the handler asks for it.  The first read answers an
    `Expect: 100-continue`."""

    def __init__(self, stream: BinaryIO, headers: Headers, send_continue: Callable[[], None]) -> None:
        self._stream = stream
        self._chunked = "chunked" in (headers.get("Transfer-Encoding") or "").lower()
        self._left = 0 if self._chunked else int(headers.get("Content-Length") or 0)
        self._continue = send_continue if "100-continue" in (headers.get("Expect") or "").lower() else None
        self.finished = not self._chunked and self._left == 0
        self.on_piece: Callable[[int], None] = lambda count: None

    def pieces(self, piece_bytes: int = 64 * 1024) -> Iterator[bytes]:
        if self.finished:
            return
        if self._continue:
            self._continue()
            self._continue = None
        for piece in self._chunks() if self._chunked else self._counted(piece_bytes):
            self.on_piece(len(piece))
            yield piece
        self.finished = True

    def read(self) -> bytes:
        return b"".join(self.pieces())

    def discard(self) -> None:
        """Reads what is left and drops it: an answer that was sent is lost when a connection is closed before."""
        self._continue = None  # the answer has been given
        for _ in self.pieces():
            pass

    def abandoned(self) -> bool:
        """Whether bytes may follow that nobody will read: the connection cannot be used again."""
        return not self.finished

    def _counted(self, piece_bytes: int) -> Iterator[bytes]:
        while self._left > 0:
            piece = self._stream.read1(min(piece_bytes, self._left))  # type: ignore[attr-defined]
            if not piece:
                raise Malformed("the body ended early")
            self._left -= len(piece)
            yield piece

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self._stream.readline(LINE_BYTES).split(b";")[0], 16):
            data = self._stream.read(size)
            if len(data) < size or self._stream.readline(LINE_BYTES) != b"\r\n":
                raise Malformed("a chunk ended early")
            yield data
        while self._stream.readline(LINE_BYTES) not in (b"\r\n", b""):
            pass


@dataclass
class Request:
    method: str
    target: str
    headers: Headers
    body: RequestBody
    server_name: str | None = None
    scheme: str = "https"

    @property
    def host(self) -> str:
        return (self.headers.get("Host") or "").lower().removesuffix(":443")

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]

    @property
    def segments(self) -> list[str]:
        return [unquote(segment) for segment in self.path.strip("/").split("/")]


@dataclass
class Slice:
    """A part of a content as a response's body."""

    content: Content
    offset: int
    length: int


@dataclass
class Response:
    """What the hub answers.  The body is a slice (sent with its length) or a stream of pieces (sent chunked, or until
    the connection closes when `close_delimited`).  `kind` files its bytes under lfs, regular or other in the log."""

    status: int
    headers: Headers = field(default_factory=Headers)
    body: Slice | Iterator[bytes] = field(default_factory=lambda: Slice(Held(b""), 0, 0))
    close_delimited: bool = False
    kind: str = "other"
    sha256: str | None = None
    trailers: tuple[tuple[str, str], ...] = ()
    interim: tuple[bytes, ...] = ()

    @staticmethod
    def json(status: int, value: Any, headers: Iterable[tuple[str, str]] = ()) -> "Response":
        text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
        return text_response(status, text, "application/json; charset=utf-8", headers)


def text_response(
    status: int,
    text: str | bytes,
    content_type: str = "text/plain; charset=utf-8",
    headers: Iterable[tuple[str, str]] = (),
) -> Response:
    held = Held(text)
    return Response(status, Headers([("Content-Type", content_type), *headers]), Slice(held, 0, held.size))


def read_request(stream: BinaryIO, send_continue: Callable[[], None]) -> Request | None:
    """The next request of a connection; None when the peer closed it."""
    line = stream.readline(LINE_BYTES)
    if not line:
        return None
    parts = line.decode("latin-1").split()
    if len(parts) != 3:
        raise Malformed(f"bad request line {line[:100]!r}")
    headers = Headers()
    while (line := stream.readline(LINE_BYTES)) not in (b"\r\n", b"\n"):
        if not line:
            raise Malformed("the head ended early")
        name, _, value = line.decode("latin-1").partition(":")
        headers.add(name, value.strip())
    return Request(parts[0], parts[1], headers, RequestBody(stream, headers, send_continue))


def head_bytes(response: Response) -> bytes:
    reason = HTTPStatus(response.status).phrase if response.status in HTTPStatus._value2member_map_ else "Unknown"
    lines = [f"HTTP/1.1 {response.status} {reason}", *(f"{name}: {value}" for name, value in response.headers.items)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")
