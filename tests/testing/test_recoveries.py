"""A simulation goes on: it is recovered, stopped, suspended and continued."""

from __future__ import annotations

import pytest

import sequent
from sequent import Pool
from sequent.model.status import RunStatus, Status
from sequent.testing import Kind, simulate
from tests.testing.simulated_flows import HOUR, flow_of, never, nightly


def test_a_recovery_keeps_what_has_succeeded():
    simulation = simulate(nightly, failing=["transmit.send/1.2"])
    assert not simulation
    recovery = simulation.recover(failing=())
    assert recovery
    assert recovery.outcome.recovery == 1
    assert recovery.order() == ["transmit.send/1.2", "report", "tidy"]
    assert recovery.status_of("orders") is Status.SUCCESS
    assert recovery.attempts("transmit.send") == 1
    assert simulation.order()[0] == "orders"


def test_a_recovery_goes_on_as_before_but_for_what_is_said_anew():
    flow = flow_of("a", "b")
    simulation = simulate(flow, failing={"b": 2}, durations={"b": 10})
    again = simulation.recover(after="1h")
    assert again.failed == ("b",)
    assert again.started_at("b") == 10.0 + HOUR
    assert again.recover(durations={"b": 5}).duration == 5.0


def test_recovering_a_success_does_nothing():
    recovery = simulate(flow_of("a")).recover()
    assert recovery
    assert recovery.events == ()


def test_ctrl_c_lets_what_runs_finish_and_the_rest_can_be_recovered():
    flow = flow_of("a", "b", "c")
    simulation = simulate(flow, durations=lambda task: 60, stop_at=90)
    assert simulation.outcome.status is RunStatus.STOPPED
    assert simulation.order() == ["a", "b"]
    assert simulation.duration == 120.0
    assert simulation.status_of("c") is Status.WAITING
    assert simulation.recover().order() == ["c"]


def test_a_run_is_suspended_and_continued_as_cron_would():
    flow = flow_of("a", "b")
    flow.add_step("late", func=never, delay="6h")
    simulation = simulate(flow, max_loops=1)
    assert simulation.outcome.status is RunStatus.SUSPENDED
    assert simulation.order() == ["a", "b"]
    assert simulation.status_of("late") is Status.WAITING
    early = simulation.continue_(max_loops=1, after="5h")
    assert (early.outcome.status, early.order()) == (RunStatus.SUSPENDED, [])
    late = early.continue_(max_loops=1, after="2h")
    assert (late.outcome.status, late.order(), late.outcome.recovery) == (RunStatus.SUCCESS, ["late"], 0)
    assert late.started_at("late") == 7 * HOUR


def test_what_was_held_before_a_recovery_counts_no_more():
    db = Pool("db", 1)
    flow = sequent.Sequent("f")
    block = flow.add_step("block", acquires={db: 1})
    block.add_step("late", func=never, delay="1h")
    simulation = simulate(flow, max_loops=1)
    assert simulation.peak(db) == 1
    passed = simulation.recover(skip=["block.late"])
    assert [(event.kind, event.path) for event in passed.events] == [
        (Kind.PASSED, "block.late"),
        (Kind.OPENED, "block"),
        (Kind.CLOSED, "block"),
    ]
    assert passed.peak(db) == 0


def test_what_is_asked_for_by_hand_runs_again_or_is_passed_over():
    simulation = simulate(flow_of("a", "b", "c"), failing=["c"])
    assert sorted(simulation.recover(rerun=["a"]).order()) == ["a", "c"]
    assert simulation.recover(rerun_from=["b"], after="1h").order() == ["b", "c"]
    passed = simulation.recover(skip=["c"])
    assert passed
    assert [(event.kind, event.path) for event in passed.events] == [(Kind.PASSED, "c")]
    assert passed.status_of("c") is Status.SUCCESS
    assert passed.recover(rerun=["b"], failing=()).order() == ["b"]


def test_what_the_flow_says_of_recoveries_is_followed():
    flow = sequent.Sequent("f")
    setup = flow.add_step("setup", func=never, recovery={sequent.STEP_SUCCESS: sequent.STP_RERUN})
    flow.add_step("work", func=never, requires=setup)
    assert simulate(flow, failing=["work"]).recover(failing=()).order() == ["setup", "work"]


def test_a_recovery_that_came_to_nothing_leaves_nothing_held():
    db = Pool("db", 1)
    flow = flow_of("first")
    kind = flow.add_step("kind", func=never, requires=flow.root.__sequent__.children["first"], acquires={db: 1})
    flow.add_step("full", func=never, requires=kind.returned("full"))
    simulation = simulate(flow, failing=["first"])
    with pytest.raises(sequent.SequentError, match="which branch is taken"):
        simulation.recover(failing=())
    again = simulation.recover(skip=["kind"])
    assert again.skipped == ("full",)
    assert again.peak(db) == 0
