"""Large lists on their way to the step that asks: written between two turns of the driver, gone once it has ended."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

import sequent
from sequent.errors import ShortageError
from sequent.model.outcome import Problem
from sequent.model.plan import StepPlan
from sequent.model.status import RunStatus
from sequent.model.value_text import decode
from sequent.runtime.driver import values
from sequent.runtime.messages import spools
from sequent.runtime.orders import AttemptEnded, AttemptOrder, PaceChanged, Spooled
from tests.disks import SmallDisk, small_disk
from tests.runtime.worlds import FakeClock, Hands, World, work


def take(rows):
    """Be a step that takes a list."""


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """What counts as large is small here, and slices are smaller."""
    monkeypatch.setattr(values, "MOST_HELD", 10)
    monkeypatch.setattr(spools, "_SLICE_PIECES", 5)


@pytest.fixture
def world() -> World:
    flow = sequent.Sequent("f")
    parts = flow.add_step("parts", func=work, repeats=range(30), parallel=0)
    flow.add_step("all", func=take, kwargs={"rows": parts.result}, retries=2)
    before = None
    for name in ("aside", "further"):
        before = flow.add_step(name, func=work, requires=() if before is None else ((before, sequent.STEP_SUCCESS),))
    return World(flow)


def succeed(order: AttemptOrder) -> AttemptEnded:
    return AttemptEnded(order.frame, order.node, order.attempt, "7")


def files_of(world: World) -> list[Path]:
    return [file for file in (Path(world.run.directory) / "spool").glob("*") if file.is_file()]


def test_an_order_names_a_file_that_has_everything_and_is_removed_once_the_attempt_has_ended(world):
    seen: list[object] = []

    def end(order: AttemptOrder) -> AttemptEnded:
        if order.path == "all":
            seen.extend(spools.read(value, decode) for value in order.inputs if isinstance(value, Spooled))
            seen.append(len(files_of(world)))
        return succeed(order)

    assert world.drive(Hands(end)) is RunStatus.SUCCESS
    assert seen == [[7] * 30, 1]
    assert files_of(world) == []


def test_other_steps_go_on_while_a_file_is_written(world):
    hands = Hands(succeed)
    waiting: list[AttemptOrder] = []

    def end(order: AttemptOrder) -> AttemptEnded | None:
        if order.path == "aside":
            waiting.append(order)
            return None
        return succeed(order)

    written = spools.Spool.write_slice

    def watch(spool: spools.Spool) -> bool:
        if waiting:
            hands.tell(succeed(waiting.pop()))
        return written(spool)

    hands.end = end
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spools.Spool, "write_slice", watch)
        assert world.drive(hands) is RunStatus.SUCCESS
    paths = [order.path for order in hands.orders]
    assert paths.index("further") < paths.index("all")


def test_more_than_a_step_may_gather_is_its_failure_at_its_line_and_is_not_tried_again(world, monkeypatch):
    monkeypatch.setattr(spools, "LARGEST_RESULT", 40)
    hands = Hands(succeed)
    assert world.drive(hands) is RunStatus.FAILURE
    assert "all" not in [order.path for order in hands.orders]
    failed, (told,) = world.run.failures(10)
    assert (failed, told.path, told.attempt) == (1, "all", 1)
    assert told.problem.file == __file__
    assert "repeat over them, fold them with previous(...)" in told.problem.message
    assert files_of(world) == []


@contextmanager
def full_spool(world: World) -> Generator[tuple[SmallDisk, Hands]]:
    """Let the run's large lists find no room: from the first step on, since what an earlier run left is removed."""
    with small_disk(Path(world.run.directory) / "spool", "64k") as disk:
        filled: list[None] = []

        def end(order: AttemptOrder) -> AttemptEnded:
            if not filled:
                filled.append(disk.fill())
            return succeed(order)

        yield disk, Hands(end)


def test_a_list_that_there_is_no_room_for_is_written_once_there_is(world):
    clock = FakeClock()
    with full_spool(world) as (disk, hands):
        clock.at(clock.boot + 100, disk.free)
        assert world.drive(hands, clock=clock) is RunStatus.SUCCESS
    assert [order.path for order in hands.orders].count("all") == 1
    assert world.observer.notes == [
        "the input of 'all' cannot be written to a file: No space left on device; trying again for up to 300 seconds",
        "it can be written again",
    ]


def test_where_there_is_none_for_five_minutes_the_run_stops_and_can_be_recovered(world):
    clock = FakeClock()
    with (
        full_spool(world) as (_, hands),
        pytest.raises(ShortageError, match="cannot be written to a file") as caught,
    ):
        world.drive(hands, clock=clock)
    assert caught.value.exit_code == 4
    assert 300 <= sum(clock.sleeps) < 305
    record = world.store.find("latest")
    assert (record.status, record.reason) == (RunStatus.STOPPED, caught.value.advice)
    world.recover()
    assert world.drive(Hands(succeed), clock=clock) is RunStatus.SUCCESS


def test_a_list_that_cannot_be_written_for_another_reason_is_the_steps_failure(world):
    def end(order: AttemptOrder) -> AttemptEnded:
        # No directory can be made any more where a file has its name.
        (Path(world.run.directory) / "spool").write_text("")
        return succeed(order)

    assert world.drive(Hands(end)) is RunStatus.FAILURE
    _, (told,) = world.run.failures(10)
    assert "its input cannot be written to a file" in told.problem.message


def test_a_second_signal_leaves_no_order_waiting_for_its_file(world):
    written = spools.Spool.write_slice

    def stop(spool: spools.Spool) -> bool:
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGINT)
        written(spool)
        return False

    hands = Hands(succeed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spools.Spool, "write_slice", stop)
        assert world.drive(hands) is RunStatus.STOPPED
    assert "all" not in [order.path for order in hands.orders]
    assert files_of(world) == []
    world.recover()
    again = Hands(succeed)
    assert world.drive(again) is RunStatus.SUCCESS
    assert [order.path for order in again.orders if order.path == "all"] == ["all"]


def test_what_waits_for_its_file_when_its_container_stops_is_taken_back_at_once():
    flow = sequent.Sequent("f")
    parts = flow.add_step("parts", func=work, repeats=range(30), parallel=0)
    flow.add_step("bad", func=work, requires=((parts, sequent.STEP_SUCCESS),))
    flow.add_step("all", func=take, kwargs={"rows": parts.result}, repeats=range(4), parallel=0)
    world = World(flow)
    (node,) = (node.index for node in world.plan.nodes if node.path == ("all",) and isinstance(node, StepPlan))

    def end(order: AttemptOrder) -> AttemptEnded:
        if order.path == "bad":
            hands.tell(PaceChanged(node, is_quick=True))
            return AttemptEnded(order.frame, order.node, order.attempt, problem=Problem(type="E", message="no"))
        return succeed(order)

    hands = Hands(end)
    assert world.drive(hands) is RunStatus.FAILURE
    assert "all" not in [order.path for order in hands.orders]
    assert files_of(world) == []
    world.recover()
    again = Hands(succeed)
    assert world.drive(again) is RunStatus.SUCCESS
    assert [(order.path, order.attempt) for order in again.orders] == [("bad", 2), *[("all", 1)] * 4]
