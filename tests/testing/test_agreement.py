"""What a simulation tells is what happens for real: flows are run in this very process, and simulated."""

from __future__ import annotations

from collections import Counter

import pytest

from sequent.model.status import Status
from sequent.testing import Kind, Simulation, simulate
from tests.testing.playing import CASES, Play, play

SETTLED = (Kind.ENDED, Kind.SKIPPED, Kind.CANCELLED)


def simulated(flow: object, wanted: Play) -> Simulation:
    results = {
        path: (lambda task, result=result: result(task.kwargs)) if callable(result) else result
        for path, result in wanted.results.items()
    }
    return simulate(flow, failing=wanted.failing, results=results)


def starts(simulation: Simulation) -> list[tuple[str, int]]:
    found = [event for event in simulation.events if event.kind is Kind.STARTED]
    return [(f"{event.path}/{event.sequence}", event.attempt) for event in found]


@pytest.mark.parametrize("name", CASES)
def test_a_simulation_takes_the_course_of_the_real_run(name):
    flow, wanted = CASES[name]()
    real = play(flow, wanted)
    simulation = simulated(flow, wanted)
    assert starts(simulation) == wanted.order
    assert simulation.outcome.status is real.status
    assert simulation.outcome.counts == real.counts
    assert simulation.outcome.result == real.result
    last = {(event.path, event.sequence): event for event in simulation.events if event.kind in SETTLED}
    assert Counter(event.status or Status(event.kind) for event in last.values()) == real.counts
    told = [(failure.path, failure.sequence, failure.attempt) for failure in simulation.outcome.failures]
    assert told == [(failure.path, failure.sequence, failure.attempt) for failure in real.failures]
