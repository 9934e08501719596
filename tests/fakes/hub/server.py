# SPDX-License-Identifier: Apache-2.0
"""The hub's listener: TLS on one loopback port for all hosts, a thread for each connection, HTTP/1.1 keep-alive."""

import contextlib
import itertools
import socket
import ssl
import threading
from collections.abc import Callable

from . import writer
from .certs import Pair
from .faults import FaultTable
from .http import Malformed, Request, Response, read_request, text_response
from .requestlog import RequestLog

Handler = Callable[[Request], Response]
IDLE_SECONDS = 300.0


class Server:
    """Listens on `address`.  `handler` answers requests; it runs on the connection's thread."""

    def __init__(self, handler: Handler, certificate: Pair, log: RequestLog, faults: FaultTable, port: int = 0,
                 address: str = "127.0.0.1") -> None:
        self._handler = handler
        self._log = log
        self._faults = faults
        self._lock = threading.Lock()
        self._connections: set[socket.socket] = set()
        self._numbers = itertools.count(1)
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._default = _context(certificate)
        self._default.sni_callback = self._choose_certificate
        self._listener: socket.socket | None = None
        self.address = address
        self.port = port
        self.accepted = 0

    def open(self) -> None:
        """Starts to listen, on the same port as before when there was one."""
        listener = socket.create_server((self.address, self.port), backlog=512)
        self.port = listener.getsockname()[1]
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), name="hub accept", daemon=True).start()

    def close(self) -> None:
        """Stops listening (connections are refused) and drops every connection."""
        listener, self._listener = self._listener, None
        if listener:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        self.drop_connections()

    def drop_connections(self) -> None:
        with self._lock:
            for connection in self._connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def present(self, host: str, certificate: Pair | None) -> None:
        """Shows that certificate to clients that ask for the host (SNI) from now on; None: the usual one."""
        self._contexts.pop(host, None)
        if certificate:
            self._contexts[host] = _context(certificate)

    def _choose_certificate(self, sock: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> None:
        sock.hub_server_name = name  # type: ignore[attr-defined]
        if name in self._contexts:
            sock.context = self._contexts[name]

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with self._lock:
                self._connections.add(connection)
                self.accepted += 1
            threading.Thread(target=self._serve, args=(connection,), name="hub connection", daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        number = next(self._numbers)
        secured: ssl.SSLSocket | None = None
        try:
            connection.settimeout(IDLE_SECONDS)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._connections.discard(connection)
                secured = self._default.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
                self._connections.add(secured)
            secured.do_handshake()
            self._exchange_all(secured, number)
        except (OSError, Malformed, ValueError):
            pass  # the peer went away or spoke nonsense: the next connection is not concerned
        finally:
            with self._lock:
                self._connections.discard(secured or connection)
            (secured or connection).close()

    def _exchange_all(self, sock: ssl.SSLSocket, number: int) -> None:
        stream = sock.makefile("rb")
        try:
            while request := read_request(stream, lambda: sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")):
                request.server_name = getattr(sock, "hub_server_name", None)
                self._exchange(sock, request, number)
        except writer.ConnectionOver as over:
            if over.notify:
                request.body.discard()
                _say_goodbye(sock)
            return
        finally:
            stream.close()
        _say_goodbye(sock)

    def _exchange(self, sock: ssl.SSLSocket, request: Request, number: int) -> None:
        record = self._log.begin(request, number)
        request.body.on_piece = lambda count: self._log.update(record, request_bytes=record.request_bytes + count)
        fault = self._faults.take(request)
        try:
            fault.confuse(request)
            writer.send(sock, request, self._answer(request), fault, self._log, record)
        finally:
            self._log.update(record, done=True)

    def _answer(self, request: Request) -> Response:
        try:
            return self._handler(request)
        except (OSError, Malformed):
            raise
        except Exception as error:  # a defect of the hub: show it to the test rather than cut the connection
            return text_response(500, f"the test hub failed: {error!r}")


def _context(certificate: Pair) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.certificate, certificate.key)
    context.set_alpn_protocols(["http/1.1"])
    return context


def _say_goodbye(sock: ssl.SSLSocket) -> None:
    """Sends close_notify without waiting for the peer's."""
    with contextlib.suppress(OSError, ValueError):
        sock.settimeout(0)
        sock.unwrap()
