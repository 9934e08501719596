# SPDX-License-Identifier: Apache-2.0
"""The table client x state: were the bytes right, and how often did the hub serve each LFS body.

Each test run writes its rows as JSON lines to a file of its own in a folder (WEIR_CLIENT_TABLE); run as a program, this
prints the table of all of them: table.py FOLDER.  It fails when a row is wrong, or a state is missing.
"""

import json
import os
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

STATES = ("cold", "warm", "restart", "hub down")
WITHOUT_HUB = "hub down"
GROUP = os.environ.get("WEIR_CLIENT_GROUP", "all")


@dataclass(frozen=True)
class Row:
    """One client in one state.  `bodies`: the most often that the hub served one file's bytes; `allowed`: at most.
    `complaint`: what else was wrong.  `needs_hub`: the client cannot do without the hub."""

    client: str
    state: str
    equal: bool
    bodies: float
    allowed: float
    complaint: str = ""
    needs_hub: bool = False

    @property
    def good(self) -> bool:
        return self.equal and self.bodies <= self.allowed and not self.complaint


def folder() -> Path:
    return Path(os.environ.get("WEIR_CLIENT_TABLE") or Path(tempfile.gettempdir()) / f"weir-clients-{os.getuid()}")


def begin() -> None:
    """Forgets the rows of this group's last run."""
    folder().mkdir(parents=True, exist_ok=True)
    _file().write_text("")


def add(row: Row) -> None:
    with _file().open("a") as out:
        out.write(json.dumps(asdict(row)) + "\n")


def rows(files: Iterable[Path] | None = None) -> list[Row]:
    found = [_file()] if files is None else files
    return [Row(**json.loads(line)) for file in found for line in file.read_text().splitlines()]


def text(all_rows: Iterable[Row]) -> str:
    """The table: a line for each client, in each state whether the sha256 was equal and the number of LFS bodies."""
    clients: dict[str, dict[str, Row]] = defaultdict(dict)
    for row in all_rows:
        clients[row.client][row.state] = row
    width = max((len(client) for client in clients), default=6)
    lines = [f"{'client':{width}}  " + "  ".join(f"{state:>18}" for state in STATES), "-" * (width + 20 * len(STATES))]
    for client, states in clients.items():
        cells = "  ".join(f"{_cell(states.get(state)):>18}" for state in STATES)
        lines.append(f"{client:{width}}  {cells}")
    lines.append("sha256 equal, and how many times the hub served the LFS body")
    return "\n".join(lines)


def missing(all_rows: Iterable[Row]) -> list[str]:
    seen = defaultdict(set)
    for row in all_rows:
        seen[row.client].add(row.state)
        if row.needs_hub:
            seen[row.client].add(WITHOUT_HUB)
    return [f"{client}: {state}" for client, states in seen.items() for state in STATES if state not in states]


def _file() -> Path:
    return folder() / f"{GROUP}.jsonl"


def _cell(row: Row | None) -> str:
    if row is None:
        return "not run"
    return f"{'equal' if row.equal else 'DIFFERS'} {row.bodies:.2f}{'' if row.good else ' !'}"


def main(where: Path) -> int:
    found = rows(sorted(where.glob("*.jsonl")))
    print(text(found))
    wrong = [f"{row.client}: {row.state}" for row in found if not row.good] + missing(found)
    if wrong or not found:
        print("not as it should be: " + (", ".join(wrong) or "no client was run"))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])) if len(sys.argv) == 2 else __doc__)
