"""Delays and retries as the driver keeps them: neither a crash nor a clock makes them short, or starts them over."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

import sequent
from sequent.model.outcome import Problem
from sequent.model.status import RunStatus, Status
from sequent.runtime.orders import AttemptEnded, AttemptOrder, Report
from sequent.runtime.rows import Batch
from tests.runtime.worlds import FakeClock, Hands, Killed, World, success, work

HOUR = 3600.0


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def one_step(**options: object) -> sequent.Sequent:
    flow = sequent.Sequent("f")
    flow.add_step("a", func=work, **options)
    return flow


def failing(*codes: int, times: Callable[[], float] | None = None) -> Hands:
    """Attempts that fail with these exit codes, one after the other; then all succeed."""
    left = list(codes)
    begun: list[float] = []

    def end(order: AttemptOrder) -> Report:
        if times is not None:
            begun.append(times())
        if not left:
            return success(order)
        problem = Problem(type="ExitStatus", message="no", exit_code=left.pop(0))
        return AttemptEnded(order.frame, order.node, order.attempt, problem=problem)

    hands = Hands(end)
    hands.begun = begun
    return hands


def killed_after(world: World, clock: FakeClock, seconds: float, hands: Hands | None = None) -> None:
    """Drive, and have the driver killed so much later, while it sleeps."""
    clock.dies_at = clock.boot + seconds
    with pytest.raises(Killed):
        world.drive(hands or Hands(success), clock=clock)
    assert clock.dies_at is None


# -- delays -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("delay", ["6h", 6 * HOUR, timedelta(hours=6)])
def test_a_step_starts_its_delay_after_its_requirement_came_true(clock, delay):
    world = World(one_step(delay=delay))
    began = clock.boot
    hands = failing(times=lambda: clock.boot - began)
    assert world.drive(hands, clock=clock) is RunStatus.SUCCESS
    assert hands.begun == [6 * HOUR]


def test_the_due_time_is_in_the_store_before_it_is_waited_for(clock):
    world = World(one_step(delay="6h"))
    waits = []
    world.drive(
        Hands(success), clock=clock, look=lambda batch: waits.extend((w, list(clock.sleeps)) for w in batch.waits)
    )
    ((wait, slept),) = waits
    assert slept == []
    assert (wait.attempt, wait.boot, wait.length) == (0, "first", 6 * HOUR)
    assert (wait.due_boot, wait.due) == (5_000.0 + 6 * HOUR, 1_000_000_000.0 + 6 * HOUR)


@pytest.mark.parametrize("jump", [HOUR, -HOUR, 10 * 365 * 24 * HOUR, -10 * 365 * 24 * HOUR])
def test_a_change_of_the_wall_clock_makes_a_delay_neither_short_nor_long(clock, jump):
    world = World(one_step(delay="6h"))
    began = clock.boot
    clock.wall += jump
    hands = failing(times=lambda: clock.boot - began)

    def look(batch: Batch) -> None:
        if batch.waits:
            clock.wall -= jump

    world.drive(hands, clock=clock, look=look)
    assert hands.begun == [6 * HOUR]


@pytest.mark.parametrize("jump", [0.0, HOUR, -HOUR, 10 * 365 * 24 * HOUR, -10 * 365 * 24 * HOUR])
def test_a_crash_neither_shortens_a_delay_nor_begins_it_anew(clock, jump):
    world = World(one_step(delay="6h"))
    began = clock.boot
    killed_after(world, clock, 2 * HOUR)
    clock.wall += jump
    clock.pass_time(HOUR)
    world.recover()
    hands = failing(times=lambda: clock.boot - began)
    assert world.drive(hands, clock=clock) is RunStatus.SUCCESS
    assert hands.begun == [6 * HOUR]


@pytest.mark.parametrize(
    ("off", "jump", "waited"),
    [
        (HOUR, 0.0, 3 * HOUR),
        (24 * HOUR, 0.0, 0.0),
        (HOUR, -10 * 365 * 24 * HOUR, 6 * HOUR),
        (HOUR, 10 * 365 * 24 * HOUR, 0.0),
    ],
)
def test_after_a_reboot_the_wall_clock_decides_but_no_delay_becomes_longer_than_it_was_to_be(clock, off, jump, waited):
    world = World(one_step(delay="6h"))
    killed_after(world, clock, 2 * HOUR)
    clock.reboot(after=off)
    clock.wall += jump
    world.recover()
    began = clock.boot
    hands = failing(times=lambda: clock.boot - began)
    world.drive(hands, clock=clock)
    assert hands.begun == [waited]


def test_after_a_reboot_a_delay_goes_by_the_clock_of_the_new_boot(clock):
    world = World(one_step(delay="6h"))
    killed_after(world, clock, 2 * HOUR)
    clock.reboot(after=HOUR)
    world.recover()
    began = clock.boot
    killed_after(world, clock, HOUR)
    clock.wall += 24 * HOUR
    world.recover()
    hands = failing(times=lambda: clock.boot - began)
    world.drive(hands, clock=clock)
    assert hands.begun == [3 * HOUR]


def test_a_step_that_a_recovery_runs_again_does_not_wait_for_its_delay_again(clock):
    world = World(one_step(delay="6h"))
    world.drive(failing(1), clock=clock)
    world.recover()
    began = clock.boot
    hands = failing(times=lambda: clock.boot - began)
    assert world.drive(hands, clock=clock) is RunStatus.SUCCESS
    assert hands.begun == [0.0]


def test_each_iteration_has_its_own_delay(clock):
    flow = sequent.Sequent("f")
    flow.add_step("a", func=work, repeats=[1, 2, 3], delay="1h")
    world = World(flow)
    killed_after(world, clock, 1.5 * HOUR)
    world.recover()
    began = clock.boot
    hands = failing(times=lambda: clock.boot - began)
    world.drive(hands, clock=clock)
    assert hands.begun == [0.5 * HOUR, 1.5 * HOUR]
    assert [order.sequence for order in hands.orders] == ["1.2", "1.3"]


def test_a_container_begins_after_its_delay(clock):
    flow = sequent.Sequent("f")
    block = flow.add_step("block", delay="1h")
    block.add_step("a", func=work)
    world = World(flow)
    began = clock.boot
    killed_after(world, clock, 0.5 * HOUR)
    world.recover()
    hands = failing(times=lambda: clock.boot - began)
    world.drive(hands, clock=clock)
    assert hands.begun == [HOUR]


def test_a_moment_is_waited_for_by_the_wall_clock_whatever_is_done_to_it(clock):
    moment = datetime.fromtimestamp(clock.wall, UTC) + timedelta(hours=6)
    world = World(one_step(delay=moment))
    killed_after(world, clock, 2 * HOUR)
    clock.wall -= HOUR
    world.recover()
    began = clock.boot
    hands = failing(times=lambda: clock.boot - began)
    world.drive(hands, clock=clock, longest_sleep=60.0)
    assert hands.begun == [5 * HOUR]


def test_a_moment_that_has_passed_is_not_waited_for(clock):
    world = World(one_step(delay=datetime.fromtimestamp(clock.wall - 1, UTC)))
    assert world.drive(Hands(success), clock=clock) is RunStatus.SUCCESS
    assert clock.sleeps == []


def test_a_wall_clock_that_is_put_forward_in_a_sleep_is_noticed_before_long(clock):
    moment = datetime.fromtimestamp(clock.wall, UTC) + timedelta(hours=6)
    world = World(one_step(delay=moment))
    began = clock.boot

    def jump(batch: Batch) -> None:
        if batch.waits:
            clock.jumps = (began + 60.0, 6 * HOUR)

    hands = failing(times=lambda: clock.boot - began)
    world.drive(hands, clock=clock, look=jump, longest_sleep=10.0)
    assert hands.begun == [60.0]


# -- delays that are known only while the flow runs -------------------------------------------------


def delayed_by(text: str) -> tuple[World, Hands]:
    flow = sequent.Sequent("f")
    first = flow.add_step("first", func=work)
    flow.add_step("a", func=work, delay=first.result)
    world = World(flow)
    return world, Hands(lambda order: AttemptEnded(order.frame, order.node, order.attempt, text))


@pytest.mark.parametrize("text", ["60", '"1m"', "60.0"])
def test_a_delay_may_be_a_result(clock, text):
    world, hands = delayed_by(text)
    began = clock.boot
    assert world.drive(hands, clock=clock) is RunStatus.SUCCESS
    assert clock.boot - began == 60.0


@pytest.mark.parametrize("text", ["-1", '"soon"', "true", "null", "[1]"])
def test_a_result_that_is_no_delay_fails_the_step_naming_option_value_and_line(clock, text):
    world, hands = delayed_by(text)
    assert world.drive(hands, clock=clock) is RunStatus.FAILURE
    (problem,) = [told.problem for told in world.store.attempts(world.run.record, "a")]
    assert problem is not None
    assert problem.message.startswith("'delay' of 'a': ")
    assert problem.file == __file__
    assert [order.path for order in hands.orders] == ["first"]


def test_what_is_no_delay_is_not_tried_again(clock):
    flow = sequent.Sequent("f")
    first = flow.add_step("first", func=work)
    flow.add_step("a", func=work, delay=first.result, retries=3)
    world = World(flow)
    hands = Hands(lambda order: AttemptEnded(order.frame, order.node, order.attempt, '"soon"'))
    assert world.drive(hands, clock=clock) is RunStatus.FAILURE
    assert len(list(world.store.attempts(world.run.record, "a"))) == 1


def test_a_result_that_is_no_delay_fails_a_container(clock):
    flow = sequent.Sequent("f")
    first = flow.add_step("first", func=work)
    block = flow.add_step("block", delay=first.result)
    block.add_step("a", func=work)
    world = World(flow)
    hands = Hands(lambda order: AttemptEnded(order.frame, order.node, order.attempt, '"soon"'))
    assert world.drive(hands, clock=clock) is RunStatus.FAILURE
    (told,) = world.store.container_problems(world.run.record)
    assert (told.path, told.sequence) == ("block", "1")
    assert "'delay' of 'block': 'soon'" in told.problem.message
    assert [order.path for order in hands.orders] == ["first"]


@pytest.mark.parametrize(("text", "seconds"), [("2", 2.0), ('"2s"', 2.0)])
def test_an_order_has_its_timeout_in_seconds(clock, text, seconds):
    flow = sequent.Sequent("f")
    first = flow.add_step("first", func=work)
    flow.add_step("a", func=work, timeout=first.result)
    flow.add_step("b", func=work, timeout="1m")
    world = World(flow)
    hands = Hands(lambda order: AttemptEnded(order.frame, order.node, order.attempt, text))
    assert world.drive(hands, clock=clock) is RunStatus.SUCCESS
    timeouts = {order.path: order.settings.get("timeout") for order in hands.orders}
    assert timeouts == {"first": None, "a": seconds, "b": 60.0}


@pytest.mark.parametrize("text", ["0", '"soon"'])
def test_a_result_that_is_no_timeout_fails_the_step(clock, text):
    flow = sequent.Sequent("f")
    first = flow.add_step("first", func=work)
    flow.add_step("a", func=work, timeout=first.result)
    world = World(flow)
    hands = Hands(lambda order: AttemptEnded(order.frame, order.node, order.attempt, text))
    assert world.drive(hands, clock=clock) is RunStatus.FAILURE
    (problem,) = [told.problem for told in world.store.attempts(world.run.record, "a")]
    assert problem is not None
    assert problem.message.startswith("'timeout' of 'a'")
    assert [order.path for order in hands.orders] == ["first"]


# -- further attempts -------------------------------------------------------------------------------


def test_a_step_is_tried_again_at_once_and_every_attempt_is_in_the_store(clock):
    world = World(one_step(retries=2))
    assert world.drive(failing(1, 1), clock=clock) is RunStatus.SUCCESS
    told = [(told.attempt, told.status) for told in world.store.attempts(world.run.record)]
    assert told == [(1, Status.FAILURE), (2, Status.FAILURE), (3, Status.SUCCESS)]
    assert clock.sleeps == []
    assert world.run.failures(10) == (0, [])


def test_the_last_of_the_attempts_that_failed_is_the_failure(clock):
    world = World(one_step(retries=2))
    assert world.drive(failing(1, 2, 3), clock=clock) is RunStatus.FAILURE
    count, failures = world.run.failures(10)
    assert (count, [told.attempt for told in failures]) == (1, [3])


def test_a_further_attempt_waits_longer_each_time(clock):
    world = World(one_step(retries=4, backoff=("1m", 3, "5m")))
    began = clock.boot
    hands = failing(1, 1, 1, 1, times=lambda: clock.boot - began)
    assert world.drive(hands, clock=clock) is RunStatus.SUCCESS
    assert hands.begun == [0, 60, 60 + 180, 60 + 180 + 300, 60 + 180 + 300 + 300]


@pytest.mark.parametrize("jump", [HOUR, -HOUR, 10 * 365 * 24 * HOUR, -10 * 365 * 24 * HOUR])
def test_the_wait_before_a_further_attempt_outlives_a_crash_and_a_change_of_the_wall_clock(clock, jump):
    world = World(one_step(retries=1, backoff="6h"))
    began = clock.boot
    killed_after(world, clock, 2 * HOUR, failing(1))
    clock.wall += jump
    world.recover()
    hands = failing(times=lambda: clock.boot - began)
    assert world.drive(hands, clock=clock) is RunStatus.SUCCESS
    assert hands.begun == [6 * HOUR]
    assert [order.attempt for order in hands.orders] == [2]


def test_a_delay_is_waited_for_once_and_not_before_each_attempt(clock):
    world = World(one_step(delay="1h", retries=2))
    began = clock.boot
    hands = failing(1, 1, times=lambda: clock.boot - began)
    world.drive(hands, clock=clock)
    assert hands.begun == [HOUR, HOUR, HOUR]


def test_a_stop_while_a_further_attempt_is_waited_for_ends_the_run(clock):
    world = World(one_step(retries=1, backoff="6h"))

    def stop(batch: Batch) -> None:
        if batch.waits:
            os.kill(os.getpid(), signal.SIGINT)

    assert world.drive(failing(1), clock=clock, look=stop) is RunStatus.STOPPED
    assert clock.sleeps == []
    assert world.observer.notes == ["stopping: no step is running"]


def test_only_what_a_step_is_to_be_tried_again_on_is(clock):
    world = World(one_step(retries=5, retry_on=(75, 76)))
    hands = failing(75, 76, 1)
    assert world.drive(hands, clock=clock) is RunStatus.FAILURE
    assert [order.attempt for order in hands.orders] == [1, 2, 3]
