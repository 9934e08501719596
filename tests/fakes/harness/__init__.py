# SPDX-License-Identifier: Apache-2.0
"""What tests need to run the real weir against the simulated hub."""

from .connection import Connection, Reply
from .weir import Weir

__all__ = ["Connection", "Reply", "Weir"]
