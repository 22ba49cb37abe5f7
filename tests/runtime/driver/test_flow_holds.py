"""What a flow itself acquires: it holds that from before anything starts until its run has ended."""

from __future__ import annotations

import os

import pytest

import sequent
from sequent.errors import DefinitionError
from sequent.model.outcome import Problem
from sequent.model.status import RunStatus
from sequent.runtime.orders import AttemptEnded, AttemptOrder, Report
from sequent.runtime.rows import Ask, Batch, Hold, TaskKey
from tests.runtime.worlds import FakeClock, Hands, Killed, World, success, work

OTHERS = TaskKey(1, 1, 0)
"""Who holds something in another run."""


def locked(name: str = "f", capacity: int = 1, **options: object) -> sequent.Sequent:
    """A flow that holds one of a pool that all runs share."""
    flow = sequent.Sequent(name, acquires={sequent.Pool("lock", capacity, shared=True): 1}, **options)
    flow.add_step("a", func=work)
    return flow


def other_run(world: World, amount: int = 1) -> World:
    """A further run in the same store, which holds so much of the pool."""
    other = World(locked(capacity=world.plan.pools[0].capacity), store=world.store)
    other.run.use_pools({"lock": world.plan.pools[0].capacity})
    assert other.run.ask([Ask(OTHERS, (("lock", amount),), 0)])
    return other


def gives_back(other: World) -> None:
    other.run.commit(Batch(holds=[Hold(OTHERS, "lock", 0, is_shared=True)]))


def test_a_flow_that_acquires_a_shared_pool_begins_once_it_holds_it_and_says_that_it_waits():
    clock = FakeClock()
    world = World(locked())
    other = other_run(world)
    began = clock.boot
    clock.at(began + 60.0, lambda: gives_back(other))
    starts: list[float] = []

    def end(order: AttemptOrder) -> Report:
        starts.append(clock.boot - began)
        assert not other.run.ask([Ask(TaskKey(1, 9, 0), (("lock", 1),), 0)])
        return success(order)

    assert world.drive(Hands(end), clock=clock) is RunStatus.SUCCESS
    assert len(starts) == 1
    assert 60.0 <= starts[0] <= 66.0
    assert world.observer.notes == ["waiting for 1 of the pool 'lock', which other runs hold"]
    # The lock of the run is held on, but not the pool.
    assert other.run.ask([Ask(TaskKey(1, 9, 0), (("lock", 1),), 0)])


@pytest.mark.parametrize(("priority", "goes_first"), [(5, True), (1, False)])
def test_a_run_goes_before_those_whose_priority_is_lower_than_its_flows(priority, goes_first):
    clock = FakeClock()
    world = World(locked(priority=priority))
    holder, waiter = other_run(world), World(locked(), store=world.store)
    waiter.run.use_pools({"lock": 1})
    wanted = [Ask(OTHERS, (("lock", 1),), 3)]
    assert not waiter.run.ask(wanted)
    granted: list[bool] = []

    def give_back() -> None:
        gives_back(holder)
        granted.append(bool(waiter.run.ask(wanted)))
        if granted[0]:
            gives_back(waiter)

    clock.at(clock.boot + 60.0, give_back)
    assert world.drive(Hands(success), clock=clock) is RunStatus.SUCCESS
    assert granted == [not goes_first]


def test_a_flow_that_needs_not_wait_says_nothing():
    world = World(locked())
    assert world.drive(Hands(success)) is RunStatus.SUCCESS
    assert world.observer.notes == []


def test_a_stop_ends_a_flow_that_has_not_begun_and_it_asks_for_nothing_any_more():
    clock = FakeClock()
    world = World(locked())
    other = other_run(world)
    clock.at(clock.boot + 60.0, lambda: os.kill(os.getpid(), 2))
    hands = Hands(success)
    assert world.drive(hands, clock=clock) is RunStatus.STOPPED
    assert hands.orders == []
    gives_back(other)
    assert other.run.ask([Ask(TaskKey(1, 9, 0), (("lock", 1),), 0)])
    other.run.close()
    world.recover()
    hands = Hands(success)
    assert world.drive(hands) is RunStatus.SUCCESS
    assert [order.path for order in hands.orders] == ["a"]


def test_a_recovery_holds_what_the_flow_acquires_before_anything_starts():
    clock = FakeClock()
    world = World(locked())

    def fail(order: AttemptOrder) -> Report:
        return AttemptEnded(order.frame, order.node, order.attempt, problem=Problem(type="E", message="no"))

    assert world.drive(Hands(fail), clock=clock) is RunStatus.FAILURE
    other = other_run(world)
    world.recover()
    began = clock.boot
    clock.at(began + 60.0, lambda: gives_back(other))
    starts: list[float] = []

    def end(order: AttemptOrder) -> Report:
        starts.append(clock.boot - began)
        return success(order)

    assert world.drive(Hands(end), clock=clock) is RunStatus.SUCCESS
    assert [start >= 60.0 for start in starts] == [True]


def test_what_a_dead_driver_held_for_its_flow_others_may_have():
    clock = FakeClock()
    world = World(locked())
    clock.dies_at = clock.boot + 30.0
    flow = locked("late")
    flow.add_step("b", func=work, delay="1h")
    dying = World(flow, store=world.store)
    with pytest.raises(Killed):
        dying.drive(Hands(success), clock=clock)
    dying.run.close()
    assert world.drive(Hands(success)) is RunStatus.SUCCESS
    dying.recover()
    assert dying.drive(Hands(success), clock=clock) is RunStatus.SUCCESS


def test_a_suspended_run_holds_nothing_and_asks_again_when_it_is_continued():
    clock = FakeClock()
    flow = locked()
    flow.add_step("b", func=work, delay="1h")
    world = World(flow)
    assert world.drive(Hands(success), clock=clock, max_loops=1) is RunStatus.SUSPENDED
    other = other_run(world)
    clock.pass_time(3600.0)
    clock.at(clock.boot + 60.0, lambda: gives_back(other))
    world.resume()
    due = clock.boot
    starts: list[float] = []

    def end(order: AttemptOrder) -> Report:
        starts.append(clock.boot - due)
        return success(order)

    assert world.drive(Hands(end), clock=clock, max_loops=1, resumes=True) is RunStatus.SUCCESS
    assert [start >= 60.0 for start in starts] == [True]


def test_what_steps_keep_of_a_shared_pool_is_asked_for_after_what_their_flow_acquires():
    clock = FakeClock()
    tapes = sequent.Pool("tapes", 1, shared=True)
    flow = locked()
    keep = flow.add_step("keep", func=work, acquires={tapes: 1}, releases=[])
    flow.add_step("after", func=work, requires=((keep, sequent.STEP_SUCCESS),))
    world = World(flow)

    def fail(order: AttemptOrder) -> Report:
        failed = AttemptEnded(order.frame, order.node, order.attempt, problem=Problem(type="E", message="no"))
        return failed if order.path == "after" else success(order)

    assert world.drive(Hands(fail), clock=clock) is RunStatus.FAILURE
    other = other_run(world)
    other.run.use_pools({"lock": 1, "tapes": 1})
    world.recover()

    def take_tape_and_end() -> None:
        # Whoever holds the flow's pool may yet have what steps keep, as in a first run.
        assert other.run.ask([Ask(TaskKey(1, 2, 0), (("tapes", 1),), 0, (OTHERS,))])
        other.run.commit(Batch(holds=[Hold(TaskKey(1, 2, 0), "tapes", 0, is_shared=True)]))
        gives_back(other)

    clock.at(clock.boot + 60.0, take_tape_and_end)
    assert world.drive(Hands(success), clock=clock) is RunStatus.SUCCESS


def test_what_a_step_asks_for_goes_first_where_its_flow_holds_of_that_pool():
    clock = FakeClock()
    lock = sequent.Pool("lock", 3, shared=True)
    flow = sequent.Sequent("f", acquires={lock: 2})
    begin = flow.add_step("begin", func=work)
    flow.add_step("more", func=work, acquires={lock: 1}, requires=((begin, sequent.STEP_SUCCESS),))
    world = World(flow)
    other = World(locked(capacity=3), store=world.store)
    other.run.use_pools({"lock": 3})
    everything = [Ask(OTHERS, (("lock", 3),), 9)]

    def end(order: AttemptOrder) -> Report:
        if order.path == "begin":
            # It waits for what the flow holds: what waited behind it would wait for itself.
            assert not other.run.ask(everything)
        return success(order)

    assert world.drive(Hands(end), clock=clock) is RunStatus.SUCCESS
    assert other.run.ask(everything)


def test_a_pool_of_the_run_itself_is_the_smaller_by_what_the_flow_holds():
    db = sequent.Pool("db", 3)
    flow = sequent.Sequent("f", acquires={db: 1})
    flow.add_step("a", func=work, acquires={db: 1}, repeats=range(4), parallel=0)
    world = World(flow)
    written: list[tuple[int, int]] = []

    def look(batch: Batch) -> None:
        written.append((len(batch.intents), len(batch.endings)))

    assert world.drive(Hands(success), slots=8, look=look) is RunStatus.SUCCESS
    running = most = 0
    for intents, endings in written:
        running += intents - endings
        most = max(most, running)
    assert most == 2


def test_a_step_cannot_give_back_what_its_flow_holds():
    db = sequent.Pool("db", 4)
    flow = sequent.Sequent("f", acquires={db: 2})
    first = flow.add_step("first", func=work)
    # Others keep enough, as far as can be seen before it runs.
    flow.add_step("never", func=work, acquires={db: 2}, releases=[], requires=((first, sequent.STEP_FAILURE),))
    flow.add_step("give", func=work, releases={db: 2}, requires=((first, sequent.STEP_SUCCESS),))
    world = World(flow)
    assert world.drive(Hands(success)) is RunStatus.FAILURE
    _, (failed,) = world.run.failures(10)
    assert failed.problem is not None
    assert "gives back 2 of pool 'db', but it and the run hold only 0" in failed.problem.message


def test_a_run_that_cannot_go_on_says_what_its_flow_holds():
    db = sequent.Pool("db", 3)
    flow = sequent.Sequent("f", acquires={db: 1})
    keep = flow.add_step("keep", func=work, acquires={db: 1}, releases=[])
    flow.add_step("wants", func=work, acquires={db: 2}, requires=((keep, sequent.STEP_SUCCESS),))
    maybe = flow.add_step("maybe", func=work, requires=((keep, sequent.STEP_SUCCESS),))
    flow.add_step("give", func=work, releases={db: 1}, requires=((maybe, sequent.STEP_FAILURE),))
    world = World(flow)
    assert world.drive(Hands(success)) is RunStatus.FAILURE
    held = {"the run holds 1", "the flow holds 1"}
    waits, *holders = world.run.record.reason.replace("; ", ", ").split(", ")
    assert (waits, {*holders[1:]}) == ("wants/1 waits for 2 of pool 'db'", held)


def test_an_amount_that_the_flow_cannot_have_is_refused_at_its_line():
    with pytest.raises(DefinitionError, match="'acquires' of the pool 'db' is 0") as caught:
        sequent.Sequent("f", acquires={sequent.Pool("db", 1): 0})
    assert caught.value.place is not None
    assert caught.value.place.file == __file__
