"""Runs that are suspended where only times are left, and go on where they were."""

from __future__ import annotations

import pytest

import sequent
from sequent.model.outcome import Problem
from sequent.model.status import RunStatus, Status
from sequent.runtime.orders import AttemptEnded, AttemptOrder, Report
from tests.runtime.worlds import FakeClock, Hands, World, success, work

HOUR = 3600.0


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def nightly() -> sequent.Sequent:
    """Something at once, something an hour later, and something two hours after that."""
    flow = sequent.Sequent("f")
    now = flow.add_step("now", func=work)
    later = flow.add_step("later", func=work, delay="1h", requires=((now, sequent.STEP_SUCCESS),))
    flow.add_step("last", func=work, delay="2h", requires=((later, sequent.STEP_SUCCESS),))
    return flow


def ran(hands: Hands) -> list[str]:
    return [order.path for order in hands.orders]


def test_one_pass_does_all_that_is_due_and_then_the_run_is_suspended(clock):
    world = World(nightly())
    hands = Hands(success)
    assert world.drive(hands, clock=clock, max_loops=1) is RunStatus.SUSPENDED
    assert ran(hands) == ["now"]
    assert clock.sleeps == []
    record = world.store.find("latest")
    assert (record.status, record.counts) == (RunStatus.SUSPENDED, {Status.SUCCESS: 1})


def test_so_many_passes_are_made_as_are_asked_for(clock):
    for loops, expected in ((2, ["now", "later"]), (3, ["now", "later", "last"]), (-1, ["now", "later", "last"])):
        world = World(nightly())
        hands = Hands(success)
        status = world.drive(hands, clock=clock, max_loops=loops)
        assert ran(hands) == expected
        assert status is (RunStatus.SUSPENDED if loops == 2 else RunStatus.SUCCESS)


def test_a_run_without_delays_is_not_suspended(clock):
    flow = sequent.Sequent("f")
    flow.add_step("a", func=work)
    assert World(flow).drive(Hands(success), clock=clock, max_loops=1) is RunStatus.SUCCESS


def test_a_run_that_is_continued_before_its_time_waits_on_and_after_it_goes_on(clock):
    world = World(nightly())
    world.drive(Hands(success), clock=clock, max_loops=1)
    for passed, status, expected in (
        (0.5 * HOUR, RunStatus.SUSPENDED, []),
        (0.5 * HOUR, RunStatus.SUSPENDED, ["later"]),
        (1.0 * HOUR, RunStatus.SUSPENDED, []),
        (1.0 * HOUR, RunStatus.SUCCESS, ["last"]),
    ):
        clock.pass_time(passed)
        world.resume()
        hands = Hands(success)
        assert world.drive(hands, clock=clock, resumes=True, max_loops=1) is status
        assert ran(hands) == expected
    assert world.run.record.recovery == 0
    assert clock.sleeps == []


def test_a_run_is_continued_in_the_middle_of_an_iteration_with_the_items_that_it_had(clock):
    flow = sequent.Sequent("f")
    find = flow.add_step("find", func=work)
    each = flow.add_step("each", repeats=find.result)
    first = each.add_step("first", func=print, args=(sequent.item(),))
    each.add_step("second", func=print, args=(sequent.item(),), delay="1h", requires=((first, sequent.STEP_SUCCESS),))
    world = World(flow)
    seen: list[tuple[str, str | None]] = []

    def end(order: AttemptOrder) -> Report:
        if order.path != "find":
            seen.append((f"{order.path}/{order.sequence}", order.item))
        return AttemptEnded(order.frame, order.node, order.attempt, '["x","y"]')

    assert world.drive(Hands(end), clock=clock, max_loops=1) is RunStatus.SUSPENDED
    for status in (RunStatus.SUSPENDED, RunStatus.SUCCESS):
        clock.pass_time(HOUR)
        world.resume()
        assert world.drive(Hands(end), clock=clock, resumes=True, max_loops=1) is status
    assert seen == [
        ("each.first/1.1", '"x"'),
        ("each.second/1.1", '"x"'),
        ("each.first/1.2", '"y"'),
        ("each.second/1.2", '"y"'),
    ]


def test_retries_are_counted_on_when_a_run_is_continued(clock):
    flow = sequent.Sequent("f")
    flow.add_step("a", func=work, retries=2, backoff=("1h", 1))
    world = World(flow)

    def fail(order: AttemptOrder) -> Report:
        return AttemptEnded(order.frame, order.node, order.attempt, problem=Problem(type="E", message="no"))

    assert world.drive(Hands(fail), clock=clock, max_loops=1) is RunStatus.SUSPENDED
    for status in (RunStatus.SUSPENDED, RunStatus.FAILURE):
        clock.pass_time(HOUR)
        world.resume()
        assert world.drive(Hands(fail), clock=clock, resumes=True, max_loops=1) is status
    assert [told.attempt for told in world.store.attempts(world.run.record)] == [1, 2, 3]


def test_a_suspended_run_can_be_recovered_as_well(clock):
    world = World(nightly())
    world.drive(Hands(success), clock=clock, max_loops=1)
    world.recover()
    hands = Hands(success)
    assert world.drive(hands, clock=clock) is RunStatus.SUCCESS
    assert ran(hands) == ["later", "last"]
    assert sum(clock.sleeps) == 3 * HOUR
