# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the client tests, and the table at their end."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import table
from data_sets import hub_of_data
from harness import Weir
from hub import TestHub
from states import States
from ways import EACH, Way

pytest_plugins = ["harness.fixtures", "system_trust"]


@pytest.fixture
def states(tmp_path: Path, hub: TestHub, weir: Weir) -> States:
    """Runs a client cold, warm and after a restart."""
    return States(tmp_path, hub, weir)


@pytest.fixture(params=EACH)
def way(request: pytest.FixtureRequest, weir: Weir) -> Way:
    """Each of the ways to a weir with an empty store."""
    return Way(weir, request.param)


@pytest.fixture(scope="session")
def data_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestHub]:
    """The hub of data_sets.py; a module that reads from it makes it its shared_hub."""
    with hub_of_data(tmp_path_factory.mktemp("data")) as hub:
        yield hub


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
