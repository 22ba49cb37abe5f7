"""Simulated processes are killed in the middle of their work, so here tests may leave descriptors open."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="module", autouse=True)
def descriptors() -> None:
    """Take the place of the check of all other tests."""
