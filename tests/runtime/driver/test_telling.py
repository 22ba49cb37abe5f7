"""What the driver tells whoever watches of tasks that are not through: tried again, delayed, queued."""

from __future__ import annotations

from datetime import datetime

import pytest

import sequent
from sequent.model.outcome import Problem
from sequent.model.status import RunStatus, Status
from sequent.runtime.orders import AttemptEnded, AttemptOrder, Report
from tests.runtime.worlds import FakeClock, Hands, World, success, work


def failing_until(attempt: int) -> Hands:
    """Attempts that fail until the one with that number."""

    def end(order: AttemptOrder) -> Report:
        if order.attempt >= attempt:
            return success(order)
        return AttemptEnded(order.frame, order.node, order.attempt, problem=Problem(type="E", message="no"))

    return Hands(end)


def test_a_failure_is_told_as_one_only_once_it_is_not_tried_again():
    flow = sequent.Sequent("f")
    flow.add_step("a", func=work, retries=2, backoff=("60s", 10))
    world = World(flow)
    assert world.drive(failing_until(9), clock=FakeClock()) is RunStatus.FAILURE
    assert world.observer.retried == [("a", 1, pytest.approx(60)), ("a", 2, pytest.approx(600))]
    assert world.observer.waits == []
    assert world.observer.settled == [("a", Status.FAILURE)]


def test_what_is_tried_again_at_once_is_no_failure_either():
    flow = sequent.Sequent("f")
    flow.add_step("a", func=work, retries=2)
    world = World(flow)
    assert world.drive(failing_until(3), clock=FakeClock()) is RunStatus.SUCCESS
    assert world.observer.retried == [("a", 1, 0.0), ("a", 2, 0.0)]
    assert world.observer.settled == [("a", Status.SUCCESS)]


def test_what_waits_to_be_tried_again_is_told_as_a_failure_as_soon_as_its_container_stops():
    clock = FakeClock()
    flow = sequent.Sequent("f")
    flow.add_step("waits", func=work, retries=5, backoff="1h")
    flow.add_step("fails", func=work, delay="1m")
    flow.add_step("watches", func=work, delay="10m", requires=flow.add_step("b", func=work).done)
    world = World(flow)

    def end(order: AttemptOrder) -> Report:
        if order.path in ("b", "watches"):
            return success(order)
        return AttemptEnded(order.frame, order.node, order.attempt, problem=Problem(type="E", message="no"))

    assert world.drive(Hands(end), clock=clock, slots=3) is RunStatus.FAILURE
    assert [attempt for _, attempt, _ in world.observer.retried] == [1]
    assert world.observer.settled == [
        ("b", Status.SUCCESS),
        ("fails", Status.FAILURE),
        ("waits", Status.FAILURE),
        ("watches", Status.SUCCESS),
    ]


@pytest.mark.parametrize("retries", [(0, 5), (5, 0)])
def test_what_is_not_tried_again_since_its_container_stops_is_told_as_a_failure(retries):
    flow = sequent.Sequent("f")
    flow.add_step("first", func=work, retries=retries[0], backoff="60s")
    flow.add_step("second", func=work, retries=retries[1], backoff="60s")
    world = World(flow)
    # Both fail in one turn: one stops the flow before the other would be tried again.
    assert world.drive(failing_until(9), clock=FakeClock(), slots=2) is RunStatus.FAILURE
    assert sorted(world.observer.settled) == [("first", Status.FAILURE), ("second", Status.FAILURE)]


def test_a_delay_is_told_with_its_length_of_steps_and_of_containers():
    flow = sequent.Sequent("f")
    block = flow.add_step("block", delay="1h")
    block.add_step("a", func=work, delay=30)
    world = World(flow)
    assert world.drive(Hands(success), clock=FakeClock()) is RunStatus.SUCCESS
    assert world.observer.waits == [("block", pytest.approx(3600)), ("block.a", pytest.approx(30))]


def test_a_suspended_run_says_when_it_goes_on():
    flow = sequent.Sequent("f")
    flow.add_step("a", func=work, delay="1h")
    world, clock = World(flow), FakeClock()
    assert world.drive(Hands(success), clock=clock, max_loops=1) is RunStatus.SUSPENDED
    due = datetime.fromisoformat(world.run.record.reason.removeprefix("next due at "))
    assert due.timestamp() == pytest.approx(clock.wall + 3600, abs=1)


def test_a_run_that_has_ended_for_good_says_nothing_of_times_that_were_waited_for():
    flow = sequent.Sequent("f")
    flow.add_step("bad", func=work)
    flow.add_step("late", func=work, delay="1h")
    world = World(flow)
    assert world.drive(failing_until(9), clock=FakeClock()) is RunStatus.FAILURE
    assert world.run.record.reason == "stopped by the failure of bad/1"


def test_how_many_wait_for_resources_is_told_each_time_it_has_changed():
    db = sequent.Pool("db", 1)
    flow = sequent.Sequent("f", config={"max_concurrent": 8})
    flow.add_step("a", func=work, acquires={db: 1}, repeats=[1, 2, 3], parallel=0)
    world = World(flow)
    assert world.drive(Hands(success), clock=FakeClock(), slots=8) is RunStatus.SUCCESS
    assert world.observer.queued == [{"a": 2}, {"a": 1}, {}]


def test_a_flow_without_pools_is_asked_nothing_about_queues():
    flow = sequent.Sequent("f")
    flow.add_step("a", func=work)
    world = World(flow)
    world.drive(Hands(success), clock=FakeClock())
    assert world.observer.queued == []
