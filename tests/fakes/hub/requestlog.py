# SPDX-License-Identifier: Apache-2.0
"""Every request that the hub saw, and what it sent for each: the oracle of the tests."""

import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from .http import Request

KEPT_HEADERS = (
    "Range",
    "If-None-Match",
    "If-Range",
    "Accept",
    "Accept-Encoding",
    "User-Agent",
    "Via",
    "Connection",
    "Expect",
    "Cookie",
)


@dataclass
class Record:
    """One request.  `body_bytes` counts what was handed to the connection of the answer's body."""

    host: str
    method: str
    path: str
    query: str
    authorization: str | None
    headers: dict[str, str]
    server_name: str | None = None
    connection: int = 0
    status: int = 0
    body_bytes: int = 0
    request_bytes: int = 0
    kind: str = "other"
    sha256: str | None = None
    done: bool = False

    @property
    def range(self) -> str | None:
        return self.headers.get("Range")


class RequestLog:
    """Thread-safe.  Each change wakes those who wait."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._records: list[Record] = []

    def begin(self, request: Request, connection: int) -> Record:
        kept = {name: value for name in KEPT_HEADERS if (value := request.headers.get(name)) is not None}
        record = Record(
            request.host,
            request.method,
            request.path,
            request.query,
            request.headers.get("Authorization"),
            kept,
            request.server_name,
            connection,
        )
        with self._changed:
            self._records.append(record)
            self._changed.notify_all()
        return record

    def update(self, record: Record, **changes: Any) -> None:
        with self._changed:
            for name, value in changes.items():
                setattr(record, name, value)
            self._changed.notify_all()

    def count_body(self, record: Record, sent: int) -> None:
        with self._changed:
            record.body_bytes += sent
            self._changed.notify_all()

    def reset(self) -> None:
        with self._changed:
            self._records = []

    def find(
        self,
        *,
        host: str | None = None,
        path: str | None = None,
        method: str | None = None,
        kind: str | None = None,
        status: int | None = None,
    ) -> list[Record]:
        """The records that match; `path` may be a part of the path."""
        with self._changed:
            return [
                record
                for record in self._records
                if (host is None or record.host == host)
                and (path is None or path in record.path)
                and (method is None or record.method == method)
                and (kind is None or record.kind == kind)
                and (status is None or record.status == status)
            ]

    def wait_for(self, condition: Callable[["RequestLog"], Any], timeout: float = 30) -> Any:
        """Waits until the condition, asked again at each change, holds; its value.  TimeoutError otherwise."""
        with self._changed:
            value = self._changed.wait_for(lambda: condition(self), timeout)
        if not value:
            raise TimeoutError(f"the hub did not see it within {timeout} s; it saw {self.lines()}")
        return value

    def body_bytes(self, kind: str) -> dict[str, int]:
        """Bytes of bodies of that kind that were sent, for each sha256."""
        sums: dict[str, int] = defaultdict(int)
        for record in self.find(kind=kind):
            if record.body_bytes and record.sha256:
                sums[record.sha256] += record.body_bytes
        return dict(sums)

    def lines(self) -> list[str]:
        return [f"{r.method} {r.host}{r.path} -> {r.status} {r.kind} {r.body_bytes}" for r in self.find()]

    def as_json(self) -> list[dict[str, Any]]:
        return [asdict(record) for record in self.find()]


# A condition asks the log while its lock is held by the waiting thread: the lock is re-entrant (threading.Condition's
# default is an RLock).
