"""Attempts on hosts outlive their driver, and so do their amounts: neither a recovery nor another run takes these."""

from __future__ import annotations

import errno
import os
import signal

import pytest

import sequent
from sequent.model.directives import Directives, Selection
from sequent.model.outcome import Problem
from sequent.model.status import RunStatus
from sequent.runtime.driver import values
from sequent.runtime.messages.spools import Spool
from sequent.runtime.orders import (
    AttemptEnded,
    AttemptLeft,
    AttemptOrder,
    EarlierGone,
    HostReachable,
    HostUnreachable,
    PaceChanged,
    Report,
)
from sequent.runtime.rows import Ask, Batch, Hold, TaskKey
from tests.runtime.driver.test_hosts import Hosts, take
from tests.runtime.worlds import FakeClock, Hands, Killed, World, success, work

OTHERS = TaskKey(1, 1, 0)


def two_users(*, in_container: bool = False, shared: bool = False, repeats: object = None) -> sequent.Sequent:
    """A flow in which a step on a host and one here use the same pool."""
    pool = sequent.Pool("db", 1, shared=shared)
    flow = sequent.Sequent("f")
    tick = flow.add_step("tick", func=work)
    if in_container:
        block = flow.add_step("block", hosts=["far"], acquires={pool: 1})
        block.add_step("load", func=work, repeats=repeats)
    else:
        flow.add_step("load", func=work, hosts=["far"], acquires={pool: 1}, repeats=repeats)
    flow.add_step("here", func=work, acquires={pool: 1}, requires=tick)
    return flow


def die(_: AttemptOrder) -> Report:
    raise Killed


def crashed(flow: sequent.Sequent, ends_here: tuple[str, ...] = ("first",)) -> tuple[World, AttemptOrder]:
    """A run whose driver has died while the host executes its attempt."""
    world, hosts = World(flow), Hosts(die)
    with pytest.raises(Killed):
        world.drive(Hands(lambda order: success(order) if order.path in ends_here else None), host_executor=hosts)
    (order,) = hosts.orders
    return world, order


FORMS = {
    "step": {},
    "container": {"in_container": True},
    "repeat": {"repeats": ["a"]},
    "repeat in container": {"in_container": True, "repeats": ["a"]},
    "shared": {"shared": True},
    "shared by container": {"shared": True, "in_container": True},
}


class Far:
    """The host of a recovery: out of reach at first, and asked again every ten seconds."""

    def __init__(self, clock: FakeClock, end, *, back_after: float = 600.0) -> None:
        self._hosts = Hosts(end, down=["far"])
        self._clock = clock
        self._back_at = clock.boot + back_after

    def __call__(self, host: str) -> Hands:
        hands = self._hosts(host)
        hands.seconds_left = lambda: 10.0
        self._clock.at(self._back_at, lambda: hands.tell(HostReachable(host, 1)))
        return hands

    def tell_at(self, seconds: float, report: Report) -> None:
        self._clock.at(self._clock.boot + seconds, lambda: self._hosts.made["far"].tell(report))


@pytest.mark.parametrize("form", FORMS)
def test_a_recovery_leaves_an_attempt_on_a_host_out_of_reach_its_amounts(form):
    world, order = crashed(two_users(**FORMS[form]))
    world.recover()
    clock = FakeClock()
    course: list[str] = []

    def end_there(again: AttemptOrder) -> Report:
        assert again.token == order.token
        course.append("there")
        return success(again)

    def end_here(again: AttemptOrder) -> Report:
        course.append(again.path)
        return success(again)

    assert world.drive(Hands(end_here), host_executor=Far(clock, end_there), clock=clock) is RunStatus.SUCCESS
    assert course == ["tick", "there", "here"]


@pytest.mark.parametrize("form", [form for form in FORMS if "container" not in form])
def test_amounts_are_free_once_the_host_says_that_the_attempt_is_over(form):
    world, order = crashed(two_users(**FORMS[form]))
    world.recover()
    clock = FakeClock()
    ends: list[float] = []
    began = clock.boot

    def end_here(again: AttemptOrder) -> Report:
        if again.path == "here":
            ends.append(clock.boot - began)
        return success(again)

    far = Far(clock, success)
    far.tell_at(100, EarlierGone(order.token))
    assert world.drive(Hands(end_here), host_executor=far, clock=clock) is RunStatus.SUCCESS
    assert len(ends) == 1
    assert 100 <= ends[0] < 120


def check_that_the_pool_is_free_after_a_recovery(world: World) -> None:
    """Check that another run gets the shared pool of a run only once a recovery of that has succeeded."""
    other = World(two_users(shared=True), store=world.store)
    other.run.use_pools({"db": 1})
    wanted = [Ask(OTHERS, (("db", 1),), 0)]
    world.run.close()
    assert not other.run.ask(wanted)
    # It waits no more.
    other.run.commit(Batch(holds=[Hold(OTHERS, "db", 0, is_shared=True)]))
    world.recover()
    assert world.drive(Hands(success), host_executor=Hosts(success)) is RunStatus.SUCCESS
    world.run.close()
    assert other.run.ask(wanted)


def fails(order: AttemptOrder) -> Report:
    return AttemptEnded(order.frame, order.node, order.attempt, problem=Problem(type="ValueError", message="no"))


def around(*, shared: bool) -> sequent.Sequent:
    """A flow in which a container holds a pool for a step on a host and one here; a handler uses the same pool."""
    pool = sequent.Pool("db", 1, shared=shared)
    flow = sequent.Sequent("f")
    block = flow.add_step("block", acquires={pool: 1})
    block.add_step("load", func=work, hosts=["far"])
    block.add_step("other", func=work)
    flow.add_step("here", func=work, acquires={pool: 1}, requires=(block, sequent.STEP_FAILURE))
    return flow


@pytest.mark.parametrize("shared", [False, True])
def test_a_container_that_fails_keeps_its_amounts_for_an_attempt_in_it_that_goes_on_on_a_host(shared):
    world, order = crashed(around(shared=shared))
    world.recover()
    clock = FakeClock()
    began = clock.boot
    starts: list[float] = []

    def end_here(again: AttemptOrder) -> Report:
        if again.path == "here":
            starts.append(clock.boot - began)
        return fails(again) if again.path == "block.other" else success(again)

    far = Far(clock, success)
    far.tell_at(100, EarlierGone(order.token))
    assert world.drive(Hands(end_here), host_executor=far, clock=clock) is RunStatus.SUCCESS
    assert len(starts) == 1
    assert 100 <= starts[0] < 120


def test_a_run_that_fails_keeps_the_amounts_for_an_attempt_that_goes_on_on_a_host():
    flow = around(shared=True)
    del flow.root.__sequent__.children["here"]
    world, _ = crashed(flow)
    world.recover()
    here = Hands(lambda order: fails(order) if order.path == "block.other" else success(order))
    assert world.drive(here, host_executor=Far(FakeClock(), success)) is RunStatus.FAILURE
    check_that_the_pool_is_free_after_a_recovery(world)


@pytest.mark.parametrize("in_container", [False, True])
def test_no_other_run_takes_the_amounts_of_an_attempt_that_outlives_its_driver(in_container):
    world, _ = crashed(two_users(shared=True, in_container=in_container))
    other = World(two_users(shared=True), store=world.store)
    other.run.use_pools({"db": 1})
    wanted = [Ask(OTHERS, (("db", 1),), 0)]
    world.run.close()
    assert not other.run.ask(wanted)
    world.recover()
    assert not other.run.ask(wanted)
    with pytest.raises(Killed):
        world.drive(Hands(lambda _: None), host_executor=Hosts(die))
    world.run.close()
    assert not other.run.ask(wanted)
    # It waits no more.
    other.run.commit(Batch(holds=[Hold(OTHERS, "db", 0, is_shared=True)]))
    world.recover()
    assert world.drive(Hands(success), host_executor=Hosts(success)) is RunStatus.SUCCESS
    assert other.run.ask(wanted)


@pytest.mark.parametrize("in_container", [False, True])
def test_a_task_that_runs_first_waits_for_the_amounts_and_is_not_stuck(in_container):
    """The step on the host requires one that runs again, and that needs what the attempt there holds."""
    pool = sequent.Pool("db", 1)
    flow = sequent.Sequent("f")
    first = flow.add_step("first", func=work, acquires={pool: 1})
    block = flow.add_step("block", hosts=["far"], requires=first, acquires={pool: 1} if in_container else None)
    block.add_step("load", func=work, acquires=None if in_container else {pool: 1})
    flow.add_step("tick", func=work, requires=first)
    world, order = crashed(flow)
    world.recover()
    clock = FakeClock()
    far = Far(clock, success, back_after=0.0)
    far.tell_at(100, EarlierGone(order.token))
    again = Directives(rerun=(Selection(("first",), ()),))
    course: list[str] = []

    def end(order: AttemptOrder) -> Report:
        course.append(order.path)
        return success(order)

    assert world.drive(Hands(end), host_executor=far, clock=clock, directives=again) is RunStatus.SUCCESS
    assert course == ["first", "tick"]
    assert clock.boot >= 5_100


def held_by(holder: str) -> sequent.Sequent:
    """A flow with a step on a host; a pool that runs share is acquired by the step, its container or the flow."""
    wanted = {sequent.Pool("db", 1, shared=True): 1}
    flow = sequent.Sequent("f", acquires=wanted if holder == "flow" else None)
    block = flow.add_step("block", acquires=wanted if holder == "container" else None)
    block.add_step("load", func=work, hosts=["far"], acquires=wanted if holder == "step" else None)
    return flow


@pytest.mark.parametrize("is_left", [False, True], ids=["not waited for", "left"])
@pytest.mark.parametrize("holder", ["step", "container", "flow"])
def test_amounts_are_kept_for_an_attempt_that_a_stopped_run_leaves_on_its_host(holder, is_left):
    world = World(held_by(holder))
    hosts = Hosts(None)

    def end_there(order: AttemptOrder) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        hosts.made["far"].tell(HostUnreachable("far", "gone", 1.0))
        if is_left:
            hosts.made["far"].tell(AttemptLeft(order.frame, order.node, order.attempt))

    hosts.end = end_there
    assert world.drive(Hands(success), host_executor=hosts) is RunStatus.STOPPED
    check_that_the_pool_is_free_after_a_recovery(world)


@pytest.mark.parametrize("is_quick", [False, True], ids=["forced end", "stop that takes quick tasks back"])
def test_a_joined_attempt_whose_order_waits_for_room_is_left_to_its_host(monkeypatch, is_quick):
    flow = sequent.Sequent("f")
    parts = flow.add_step("parts", func=work, repeats=["a", "b"])
    flow.add_step("load", func=take, kwargs={"loaded": parts.result}, hosts=["far"])
    world, order = crashed(flow, ends_here=("parts",))
    world.recover()
    monkeypatch.setattr(values, "LARGEST_HELD", 0)

    hosts = Hosts(success)

    def lack_room(_: object) -> bool:
        hosts.made["far"].tell(PaceChanged(order.node, is_quick, "far"))
        os.kill(os.getpid(), signal.SIGINT)
        raise OSError(errno.ENOSPC, "no room")

    monkeypatch.setattr(Spool, "write_slice", lack_room)
    assert world.drive(Hands(success), host_executor=hosts) is RunStatus.STOPPED
    assert [each.token.hex() for each in world.run.handed_over()] == [order.token]
