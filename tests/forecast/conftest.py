"""Earlier runs in simulated time."""

from __future__ import annotations

import pytest

from tests.forecast.simulated_runs import SimulatedRuns


@pytest.fixture
def runs():
    made = SimulatedRuns()
    yield made
    made.store.close()
