# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the client tests, and the table at their end."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import table
from harness import Weir
from hub import TestHub
from states import States

pytest_plugins = ["harness.fixtures"]


@pytest.fixture
def states(tmp_path: Path, hub: TestHub, weir: Weir) -> States:
    """Runs a client cold, warm and after a restart."""
    return States(tmp_path, hub, weir)


@pytest.fixture
def home(tmp_path: Path) -> Callable[[str], Path]:
    """A fresh home folder of that name."""
    return lambda name: tmp_path / "homes" / name


def pytest_sessionstart(session: pytest.Session) -> None:
    table.begin()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Iterator[None] | None:
    rows = table.rows()
    if rows:
        terminalreporter.section("clients")
        terminalreporter.write_line(table.text(rows))
    return None
