# SPDX-License-Identifier: Apache-2.0
"""Runs a client in the states of the table and holds it against what the hub has and what it served."""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path

import table
from harness import Weir
from hub import File, TestHub

# Downloads into an empty home folder and returns where each file of the repository now is.
Download = Callable[[Path], Mapping[str, Path]]


class States:
    """One client against one weir that starts with an empty store."""

    def __init__(self, folder: Path, hub: TestHub, weir: Weir) -> None:
        self._folder = folder
        self._hub = hub
        self._weir = weir
        self._regular_probe_bytes = 0
        self._needs_hub = False

    def check(
        self,
        client: str,
        download: Download,
        expected: Mapping[str, File],
        cold_bodies: float = 1,
        regular_probe_bytes: int = 0,
        needs_hub: bool = False,
    ) -> None:
        """Runs it cold, warm, warm after a restart of weir, and, unless it needs what Weir does not keep (git's smart
        HTTP), without the hub.  Each time all files must be equal by sha256; the hub may serve each LFS body
        cold_bodies times in all, each regular one once (and before it as many bytes of it as the client probes for),
        and never again.  No client may reach the Xet servers."""
        self._regular_probe_bytes = regular_probe_bytes
        self._needs_hub = needs_hub
        rows = [self._run(client, "cold", download, expected, cold_bodies)]
        rows.append(self._run(client, "warm", download, expected, 0))
        self._weir.restart()
        rows.append(self._run(client, "restart", download, expected, 0))
        if not needs_hub:
            rows.append(self._run_without_hub(client, download, expected))
        for row, requests in rows:
            assert row.good, "\n".join([str(row), *requests])

    def _run_without_hub(
        self, client: str, download: Download, expected: Mapping[str, File]
    ) -> tuple[table.Row, list[str]]:
        self._hub.server.close()
        try:
            self._weir.restart()
            return self._run(client, "hub down", download, expected, 0)
        finally:
            self._hub.server.open()

    def _run(
        self, client: str, state: str, download: Download, expected: Mapping[str, File], allowed: float
    ) -> tuple[table.Row, list[str]]:
        self._hub.log.reset()
        found = download(self._folder / "homes" / state)
        self._weir.rest()  # regular files are stored behind the answer
        different = [
            path for path, file in expected.items() if path not in found or sha256_of(found[path]) != file.sha256
        ]
        served = [self._hub.lfs_bodies(file) for file in expected.values() if file.lfs and file.size]
        complaints = [f"differs: {path}" for path in different] + self._complaints(state, expected, served)
        bodies = round(max(served, default=0), 3)
        row = table.Row(client, state, not different, bodies, allowed, ", ".join(complaints), self._needs_hub)
        table.add(row)
        return row, self._hub.log.lines()

    def _complaints(self, state: str, expected: Mapping[str, File], served: list[float]) -> list[str]:
        complaints = []
        if state == "cold" and any(times < 1 for times in served):
            complaints.append("a body did not come from the hub in full")
        regular = self._hub.log.body_bytes("regular")
        complaints += [
            f"from the hub too often: {path}"
            for path, file in expected.items()
            if not file.lfs and regular.get(file.sha256, 0) > self._most_bytes(state, file)
        ]
        if self._hub.cas_requests() or self._hub.log.find(path="xet-read-token"):
            complaints.append("the client went to the Xet servers")
        return complaints

    def _most_bytes(self, state: str, file: File) -> int:
        return file.size + self._regular_probe_bytes if state == "cold" else 0


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
