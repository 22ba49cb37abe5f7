"""A pickled result decides nothing in a simulation, so that none is needed, and any is accepted."""

from __future__ import annotations

import pytest

from sequent import Pickled, Sequent
from sequent.errors import UsageError
from sequent.testing import simulate
from tests.testing.simulated_flows import never


class Model:
    """No data."""


def make() -> Model:
    raise AssertionError("a simulation calls no step")


@pytest.fixture
def flow():
    flow = Sequent("f")
    model = flow.add_step("model", func=make, result=Pickled)
    flow.add_step("use", func=never, args=[model.result], retries=1)
    return flow


def test_steps_with_pickled_results_run_in_a_simulation_and_in_a_recovery_of_it(flow):
    simulation = simulate(flow, failing=["use"], results={"model": Model()})
    assert not simulation
    recovered = simulation.recover(failing=())
    assert recovered
    assert recovered.attempts("model") == 0
    assert simulate(flow)


def test_a_result_that_the_step_could_not_return_is_refused_all_the_same(flow):
    with pytest.raises(UsageError, match="which returns Model"):
        simulate(flow, results={"model": 5})
