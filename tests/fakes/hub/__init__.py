# SPDX-License-Identifier: Apache-2.0
"""A simulated model hub with TLS, a CDN, git and faults on demand.  See tests/fakes/README.md."""

from .accounts import ALICE, BOB
from .content import Content, Generated, Held, Zeros
from .faults import Fault, Gate
from .repos import File, Repo, large, regular
from .requestlog import Record
from .testhub import TestHub

__all__ = [
    "ALICE",
    "BOB",
    "Content",
    "Fault",
    "File",
    "Gate",
    "Generated",
    "Held",
    "Record",
    "Repo",
    "TestHub",
    "Zeros",
    "large",
    "regular",
]
