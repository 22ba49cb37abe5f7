"""The simulation finds mistakes: each of these, built into the production code on purpose, breaks a promise."""

from __future__ import annotations

import pytest

from tests.simulation.mistakes import MISTAKES, MOST_SEEDS, RARE_MISTAKES, Mistake
from tests.simulation.simulation import simulate_seed
from tests.simulation.store import Claims


@pytest.mark.parametrize("mistake", [*MISTAKES, *RARE_MISTAKES], ids=lambda mistake: mistake.name)
def test_a_mistake_is_found(mistake: Mistake) -> None:
    assert mistake.seed < (2000 if mistake in RARE_MISTAKES else MOST_SEEDS)
    assert not simulate_seed(mistake.seed).violation
    assert mistake.found(mistake.seed)


def test_a_mistake_that_does_not_fit_the_code_is_not_found() -> None:
    stale = Mistake("stale", lambda: [(Claims, "claim", lambda self: None)], "I1", 0)
    with stale.built_in():
        assert "TypeError" in simulate_seed(0).violation
    assert not stale.found(0)
