# SPDX-License-Identifier: Apache-2.0
"""The pytest fixtures that tests/clients and tests/loopback share."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hub import TestHub

from .weir import Config, Weir, weir_binary


@pytest.fixture(scope="session")
def shared_hub() -> Iterator[TestHub]:
    with TestHub() as hub:
        yield hub


@pytest.fixture
def hub(shared_hub: TestHub) -> Iterator[TestHub]:
    """The hub, without faults and with an empty log.  Tests must not change its repositories; those that do start a
    hub of their own."""
    lifetime_s = shared_hub.world.signer.lifetime_s
    shared_hub.reset()
    yield shared_hub
    shared_hub.reset()
    shared_hub.endpoints.release_all()
    shared_hub.world.signer.lifetime_s = lifetime_s


@pytest.fixture
def make_weir(tmp_path: Path, hub: TestHub) -> Iterator[Callable[..., Weir]]:
    """Starts a weir with additions to the configuration: make_weir({"tunnel": {"policy": "deny"}})."""
    if not weir_binary().exists():
        pytest.fail(f"there is no {weir_binary()}: build it, or name it in WEIR_BIN")
    made: list[Weir] = []

    def make(config: Config | None = None) -> Weir:
        weir = Weir(tmp_path / f"weir{len(made)}", hub, config)
        made.append(weir)
        weir.start()
        return weir

    yield make
    hub.faults.clear()  # a weir that waits for the hub must not hold up its own end
    for weir in made:
        weir.stop()


@pytest.fixture
def weir(make_weir: Callable[..., Weir]) -> Weir:
    """A weir with an empty store."""
    return make_weir()


@pytest.fixture
def idle(tmp_path: Path, hub: TestHub) -> Weir:
    """A configured weir that nobody has started."""
    return Weir(tmp_path / "weir", hub)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Shows the logs of every weir of a failed test."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    folder = getattr(item, "funcargs", {}).get("tmp_path")
    if report.when == "call" and report.failed and folder:
        for log in sorted(folder.glob("weir*/weir.log")):
            report.sections.append((f"{log.parent.name} log", log.read_text(errors="replace")[-8000:]))
