# SPDX-License-Identifier: Apache-2.0
"""Somebody sets the clock while Weir runs."""

import pytest

from clock import Clock, needs_faketime
from files import CDN, MEDIUM, WEIGHTS, get, hold, resolve, whole
from harness import Weir
from hub import TestHub

JUMPS = [400, -1, 0]


@pytest.fixture
def clock(idle: Weir) -> Clock:
    return Clock(idle)


@needs_faketime
def test_what_runs_does_not_feel_it(idle: Weir, clock: Clock, hub: TestHub) -> None:
    """Neither a transfer that stands still nor a connection that waits for its next request is taken for a dead one."""
    file = hub.file(MEDIUM, WEIGHTS)
    with idle, idle.connect() as kept, idle.connect() as reader:
        held = hold(idle, hub)
        assert kept.get(resolve()).body == whole(held)
        stall = hub.inject(host=CDN, stall_at=5_000_000)
        reader.send_head("GET", resolve(MEDIUM), {"Host": "huggingface.co"})
        response = reader.begin()
        assert stall.reached.wait(30)
        for days in JUMPS:
            clock.set(days)
            assert idle.admin("/-/health")[0] == 200
        stall.release()
        assert response.read() == whole(file)
        assert kept.get(resolve()).body == whole(held)
    assert hub.lfs_bodies(file) == 1
