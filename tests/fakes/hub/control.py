# SPDX-License-Identifier: Apache-2.0
"""The control port: drives a hub that runs in another process, by JSON over plain HTTP on loopback.

GET /info, /counts, /requests; POST /reset, /faults (members of Fault; answers {"id": N}), /faults/N/release,
/events/NAME ({"data": ...}), /listener ({"open": bool}), /revoke-urls.
"""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from .faults import Fault
from .testhub import TestHub


class Control:
    """Serves the control port of a hub on 127.0.0.1."""

    def __init__(self, hub: TestHub, port: int = 0) -> None:
        self._hub = hub
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]

    def start(self) -> None:
        threading.Thread(target=self._server.serve_forever, name="hub control", daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, method: str, path: str, body: dict[str, Any]) -> Any:
        """The answer to a command; None when there is no such command."""
        hub, parts = self._hub, path.strip("/").split("/")
        if method == "GET":
            queries = {"info": self._info, "counts": self._counts, "requests": hub.log.as_json}
            return queries[parts[0]]() if parts[0] in queries else None
        if parts[0] == "faults" and len(parts) == 1:
            return {"id": hub.faults.add(_fault(body))}
        if parts[0] == "faults" and (fault := hub.faults.get(int(parts[1]))):
            fault.release()
        elif parts[0] == "reset":
            hub.reset()
        elif parts[0] == "events":
            hub.endpoints.emit(parts[1], body.get("data"))
        elif parts[0] == "listener":
            hub.server.open() if body["open"] else hub.server.close()
        elif parts[0] == "revoke-urls":
            hub.world.signer.revoke()
        else:
            return None
        return {}

    def _info(self) -> dict[str, Any]:
        return {
            "port": self._hub.port,
            "control_port": self.port,
            "ca_file": str(self._hub.ca_file),
            "connect_to": self._hub.connect_to,
        }

    def _counts(self) -> dict[str, Any]:
        hub = self._hub
        return {
            "lfs_bytes": hub.lfs_bytes(),
            "regular_bytes": sum(hub.log.body_bytes("regular").values()),
            "lfs_bodies": hub.log.body_bytes("lfs"),
            "requests": len(hub.log.find()),
            "cas_requests": hub.cas_requests(),
        }

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        control = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._reply("GET", {})

            def do_POST(self) -> None:
                text = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                self._reply("POST", json.loads(text or b"{}"))

            def log_message(self, format: str, *args: Any) -> None:
                pass

            def _reply(self, method: str, body: dict[str, Any]) -> None:
                value = control.answer(method, self.path, body)
                text = json.dumps({"error": "no such command"} if value is None else value).encode()
                self.send_response(404 if value is None else 200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

        return Handler


def _fault(members: dict[str, Any]) -> Fault:
    if "methods" in members:
        members["methods"] = tuple(members["methods"])
    if isinstance(members.get("raw"), str):
        members["raw"] = members["raw"].encode("latin-1")
    return Fault(**members)
