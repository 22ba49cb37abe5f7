"""The simulation finds mistakes: each of these, built into the production code on purpose, breaks a promise."""

from __future__ import annotations

import pytest

from tests.simulation.mistakes import MISTAKES, MOST_SEEDS, Mistake
from tests.simulation.simulation import simulate_seed


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_a_mistake_is_found(mistake: Mistake) -> None:
    assert mistake.seed < MOST_SEEDS
    assert not simulate_seed(mistake.seed).violation
    with mistake.built_in():
        assert simulate_seed(mistake.seed).violation
