# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the loopback tests."""

pytest_plugins = ["harness.fixtures"]
