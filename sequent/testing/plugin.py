"""Fixtures for pytest, found by itself if Sequent is installed; they do not affect tests that do not use them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from sequent.testing.simulation import Simulation


@pytest.fixture
def sequent_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file of the test's own store, which its runs use by default."""
    store = tmp_path / "sequent.db"
    monkeypatch.setenv("SEQUENT_STORE", str(store))
    return store


@pytest.fixture
def simulate() -> Callable[..., Simulation]:
    """Return ``sequent.testing.simulate``, which then also prints the events: pytest shows them if the test fails."""

    def simulate_and_print(flow: object, **options: Any) -> Simulation:
        # Pytest loads this plugin wherever Sequent is installed.
        from sequent.testing.world import simulate

        simulation = simulate(flow, **options)
        print(simulation)  # noqa: T201 - captured, and shown where it helps
        return simulation

    return simulate_and_print
