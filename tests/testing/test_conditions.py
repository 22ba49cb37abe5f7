"""What is around the steps of a simulation: time, limits and parameters."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

import sequent
from sequent import Pool
from sequent.testing import Kind, simulate
from tests.testing.simulated_flows import DAY, HOUR, flow_of, never, nightly

# -- time -----------------------------------------------------------------------------------------


def test_a_week_of_hourly_delays_is_over_at_once():
    flow = sequent.Sequent("week")
    hours = flow.add_step("hour", repeats=range(7 * 24), delay="1h")
    check = hours.add_step("check", func=never, retries=3, backoff=("1m", 2))
    hours.add_step("act", func=never, requires=check, delay="10m")
    simulation = simulate(flow, failing={"hour.check": 2})
    assert simulation
    assert simulation.duration == HOUR + 7 * 24 * (60 + 120 + 600)
    assert simulation.attempts("hour.check") == 3 * 7 * 24


def test_waits_and_steps_overlap():
    flow = sequent.Sequent("f")
    short = flow.add_step("short", func=never)
    flow.add_step("delayed", func=never, delay=30)
    flow.add_step("long", func=never)
    flow.add_step("next", func=never, requires=short)
    simulation = simulate(flow, durations={"short": 10, "long": 60, "delayed": 5})
    told = [(event.at, event.path) for event in simulation.events if event.kind is Kind.ENDED]
    assert told == [(10.0, "short"), (10.0, "next"), (35.0, "delayed"), (60.0, "long")]


def test_how_much_time_passes_costs_nothing():
    def turns(days: int) -> int:
        return len(simulate(flow_of("a", "b", delay=days * DAY)).events)

    assert turns(1) == turns(3650)


def test_what_waits_for_a_moment_waits_for_the_simulated_one():
    flow = flow_of("a", delay=datetime(2026, 11, 24, 6, tzinfo=UTC))
    simulation = simulate(flow, start=datetime(2026, 11, 23, 18, tzinfo=UTC))
    assert simulation.started_at("a") == 12 * HOUR


# -- limits ---------------------------------------------------------------------------------------


def test_the_most_of_a_pool_and_of_running_attempts_is_told():
    db = Pool("db", 3)
    flow = sequent.Sequent("f")
    flow.add_step("read", func=never, repeats=range(10), parallel=0, acquires={db: 1})
    flow.add_step("write", func=never, acquires={db: 2})
    flow.add_step("other", func=never)
    simulation = simulate(flow, durations={"read": 60, "write": 60, "other": 90})
    assert (simulation.peak(db), simulation.peak("db")) == (3, 3)
    assert simulation.peak_running("read") == 3
    assert simulation.peak_running() == 4
    assert simulation.duration == 240.0


def test_what_is_held_of_shared_pools_is_told_as_well():
    db = Pool("db", 3, shared=True)
    flow = sequent.Sequent("f")
    flow.add_step("read", func=never, repeats=range(4), parallel=0, acquires={db: 2})
    simulation = simulate(flow, durations={"read": 60})
    assert simulation
    assert simulation.peak(db) == 2
    assert simulation.peak_running() == 1


@pytest.mark.parametrize(("limit", "most"), [(None, 10), (4, 4), (0, 10)])
def test_limits_are_those_of_the_flow_unless_another_is_given(limit, most):
    flow = sequent.Sequent("f")
    flow.add_step("a", func=never, repeats=range(10), parallel=0)
    assert simulate(flow, max_concurrent=limit, durations={"a": 1}).peak_running() == most
    limited = sequent.Sequent("f", config={"max_concurrent": 3})
    limited.add_step("a", func=never, repeats=range(10), parallel=0)
    assert simulate(limited, durations={"a": 1}).peak_running() == 3


# -- parameters -----------------------------------------------------------------------------------


def test_parameters_are_given_as_to_a_run():
    asked = []

    def result(task):
        asked.append(task.container.day)
        return "x"

    simulate(nightly(day="monday"), results={"orders": result})
    simulate(nightly, params={"day": "tuesday"}, results={"orders": result})
    simulate(nightly, results={"orders": result})
    assert asked == ["monday", "tuesday", "today"]
