# SPDX-License-Identifier: Apache-2.0
"""A company's proxy: CONNECT alone, with or without a password, every tunnel led to one port."""

import base64
import contextlib
import socket
import threading


class ParentProxy:
    """Listens on 127.0.0.1.  `user` ("ann:secret") is asked for by 407 when it is set."""

    def __init__(self, target: int, user: str | None = None) -> None:
        self._target = target
        self._wanted = user and "Basic " + base64.b64encode(user.encode()).decode()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self._heads: list[bytes] = []
        self._sockets: list[socket.socket] = []
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._run, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def url_with(self, user: str) -> str:
        return f"http://{user}@127.0.0.1:{self.port}"

    @property
    def asked(self) -> list[str]:
        """The authorities of all CONNECT requests, those that were refused too."""
        with self._lock:
            return [head.split()[1].decode() for head in self._heads]

    @property
    def heads(self) -> bytes:
        with self._lock:
            return b"".join(self._heads)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for sock in self._sockets:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

    def _run(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self._sockets.append(client)
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client:
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                byte = client.recv(1)
                if not byte:
                    return
                head += byte
            with self._lock:
                self._heads.append(head)
            if self._wanted and f"\r\nproxy-authorization: {self._wanted}\r\n".lower() not in head.decode().lower():
                client.sendall(
                    b"HTTP/1.1 407 Proxy Authentication Required\r\n"
                    b'Proxy-Authenticate: Basic realm="company"\r\nContent-Length: 0\r\n\r\n'
                )
                return
            with socket.create_connection(("127.0.0.1", self._target)) as target:
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                _carry(client, target)


class Forwarder(ParentProxy):
    """Hands each connection to another proxy, CONNECT and all."""

    def _serve(self, client: socket.socket) -> None:
        with client, socket.create_connection(("127.0.0.1", self._target)) as target:
            _carry(client, target)


def _carry(client: socket.socket, target: socket.socket) -> None:
    back = threading.Thread(target=_copy, args=(target, client), daemon=True)
    back.start()
    _copy(client, target)
    back.join()


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
