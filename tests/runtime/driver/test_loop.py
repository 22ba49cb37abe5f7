"""The driver's turn: commit before orders, outcomes before dependants, one writer, and what a busy store means."""

from __future__ import annotations

import os
import signal

import pytest

import sequent
from sequent.errors import FencedError, StoreBusyError, StoreError
from sequent.model.items import digest_of
from sequent.model.outcome import Problem
from sequent.model.status import RunStatus, Status
from sequent.runtime.orders import AttemptEnded, AttemptLost, AttemptOrder, DrawOrder, ItemFound, RepeatFound, Report
from sequent.runtime.rows import Batch, TaskKey
from tests.runtime.worlds import FakeClock, Hands, World, chain, success, work


def test_an_attempt_is_ordered_only_once_its_intent_is_committed():
    world = World(chain("a", "b", "c"))

    def end(order: AttemptOrder) -> Report:
        committed = {(told.path, told.attempt): told.status for told in world.store.attempts(world.run.record)}
        assert committed[order.path, order.attempt] is Status.ACTIVE
        return success(order)

    assert world.drive(Hands(end)) is RunStatus.SUCCESS


def test_in_a_chain_an_outcome_and_the_intent_that_follows_share_a_commit():
    world = World(chain("a", "b", "c"))
    seen = []
    world.drive(Hands(success), look=lambda batch: seen.append((len(batch.endings), len(batch.intents))))
    assert seen == [(0, 1), (1, 1), (1, 1), (1, 0), (0, 0)]


def test_what_could_not_be_written_is_written_again_and_nothing_leaves_meanwhile():
    world = World(chain("a", "b"))
    refusals = iter([False, True, True, False, False, False])
    hands = Hands(success)
    ordered: list[int] = []

    def look(batch: Batch) -> None:
        ordered.append(len(hands.orders))
        if next(refusals):
            raise StoreBusyError("locked")

    assert world.drive(hands, look=look) is RunStatus.SUCCESS
    assert ordered == [0, 1, 1, 1, 2, 2]
    assert [order.path for order in hands.orders] == ["a", "b"]


def test_a_store_that_cannot_be_written_ends_the_run_with_its_error_and_orders_nothing():
    world = World(chain("a", "b"))
    hands = Hands(success)

    def look(batch: Batch) -> None:
        if batch.endings:
            raise StoreError("disk full")

    with pytest.raises(StoreError, match="disk full"):
        world.drive(hands, look=look)
    assert [order.path for order in hands.orders] == ["a"]
    world.recover()
    again = Hands(success)
    assert world.drive(again) is RunStatus.SUCCESS
    assert [(order.path, order.attempt) for order in again.orders] == [("a", 2), ("b", 1)]


def test_a_driver_whose_run_was_taken_over_starts_and_writes_nothing_more():
    world = World(chain("a", "b"))
    hands = Hands(success)

    def look(batch: Batch) -> None:
        if batch.endings:
            raise FencedError("taken over")

    with pytest.raises(FencedError):
        world.drive(hands, look=look)
    assert [order.path for order in hands.orders] == ["a"]


def test_an_attempt_that_is_lost_runs_again_and_the_third_loss_in_a_row_is_a_failure():
    world = World(chain("a"))

    def lose(order: AttemptOrder) -> Report:
        return AttemptLost(order.frame, order.node, order.attempt, "its agent is gone")

    hands = Hands(lose)
    assert world.drive(hands) is RunStatus.FAILURE
    assert [order.attempt for order in hands.orders] == [1, 2, 3]
    told = [(told.attempt, told.status) for told in world.store.attempts(world.run.record)]
    assert told == [(1, Status.WAITING), (2, Status.WAITING), (3, Status.FAILURE)]


def test_a_report_of_an_attempt_that_is_not_the_current_one_changes_nothing():
    world = World(chain("a"))

    def end(order: AttemptOrder) -> Report:
        if order.attempt == 1:
            hands.tell(AttemptLost(order.frame, order.node, 1, "its agent is gone"))
            return AttemptEnded(order.frame, order.node, 1, '"late"')
        return AttemptEnded(order.frame, order.node, order.attempt, '"in time"')

    hands = Hands(end)
    assert world.drive(hands) is RunStatus.SUCCESS
    assert world.run.result(TaskKey(1, 1, 0)) == '"in time"'


@pytest.mark.parametrize("late", [AttemptEnded, AttemptLost])
def test_a_report_of_an_earlier_attempt_does_not_hide_how_the_current_one_ends(late):
    world = World(chain("a"))

    def end(order: AttemptOrder) -> Report:
        if order.attempt == 1:
            return AttemptLost(order.frame, order.node, 1, "its agent is gone")
        hands.tell(late(order.frame, order.node, 1, "late"))
        return AttemptEnded(order.frame, order.node, order.attempt, '"in time"')

    hands = Hands(end)
    assert world.drive(hands) is RunStatus.SUCCESS
    assert [order.attempt for order in hands.orders] == [1, 2]
    assert world.run.result(TaskKey(1, 1, 0)) == '"in time"'


def test_results_of_earlier_steps_and_items_reach_an_order_as_text():
    flow = sequent.Sequent("f")
    find = flow.add_step("find", func=work)
    size = flow.add_step("size", func=print, args=(sequent.item(),), repeats=find.result)
    flow.add_step("total", func=print, args=(size.result,))
    world = World(flow)
    results = {"find": '["x","y"]', "size": "7", "total": "null"}
    hands = Hands(lambda order: AttemptEnded(order.frame, order.node, order.attempt, results[order.path]))
    assert world.drive(hands) is RunStatus.SUCCESS
    told = [(order.path, order.sequence, order.inputs, order.item) for order in hands.orders]
    assert told == [
        ("find", "1", (), None),
        ("size", "1.1", ('"x"',), '"x"'),
        ("size", "1.2", ('"y"',), '"y"'),
        ("total", "1", ("[7,7]",), None),
    ]


@pytest.mark.parametrize(("result", "ran"), [('"full"', "a whole"), ('"partial"', "a whole"), ('"none"', "a part")])
def test_which_branch_runs_is_decided_by_what_a_step_returned(result, ran):
    flow = sequent.Sequent("f")
    a = flow.add_step("a", func=lambda: "full")
    flow.add_step("whole", func=work, requires=a.returned("full", "partial"))
    flow.add_step("part", func=work, requires=a.returned("none"))
    world = World(flow)
    hands = Hands(lambda order: AttemptEnded(order.frame, order.node, order.attempt, result))
    assert world.drive(hands) is RunStatus.SUCCESS
    assert " ".join(order.path for order in hands.orders) == ran


def test_an_item_that_was_drawn_is_kept_with_its_iteration_and_given_again_after_a_crash():
    flow = sequent.Sequent("f")
    flow.add_step("each", func=print, args=(sequent.item(),), repeats=lambda: iter(()), parallel=2)
    world = World(flow)
    items = ['"x"', '"y"', None]

    def draw(order: DrawOrder) -> Report:
        if order.number:
            return ItemFound(order.frame, order.node, order.number, items[order.number - 1])
        return RepeatFound(order.frame, order.node, None, digest_of(iter(items[: order.skip])))

    def crash(batch: Batch) -> None:
        if batch.endings:
            raise StoreError("the power is gone")

    hands = Hands(lambda order: success(order) if order.item == '"x"' else None)
    hands.draws = draw
    with pytest.raises(StoreError):
        world.drive(hands, look=crash)
    world.recover()
    again = Hands(success)
    again.draws = draw
    assert world.drive(again) is RunStatus.SUCCESS
    assert sorted((order.sequence, order.item) for order in again.orders) == [("1.1", '"x"'), ("1.2", '"y"')]


def test_an_iteration_that_waits_longer_than_a_later_one_has_its_own_item_after_a_crash():
    flow = sequent.Sequent("f")
    item = sequent.item()
    flow.add_step("each", func=print, args=(item,), repeats=lambda: iter(()), parallel=2, delay=item)
    world = World(flow)
    items = ["50", "0"]
    asked: list[DrawOrder] = []

    def draw(order: DrawOrder) -> Report:
        if order.number:
            text = items[order.number - 1] if order.number <= len(items) else None
            return ItemFound(order.frame, order.node, order.number, text)
        asked.append(order)
        kept = [text for number, text in enumerate(items[: order.skip], 1) if number not in order.missing]
        again = tuple(items[number - 1] for number in order.missing)
        return RepeatFound(order.frame, order.node, None, digest_of(kept), again)

    def crash(batch: Batch) -> None:
        if batch.endings:
            raise StoreError("the power is gone")

    hands = Hands(success)
    hands.draws = draw
    with pytest.raises(StoreError):
        world.drive(hands, look=crash, clock=FakeClock())
    assert [(order.sequence, order.item) for order in hands.orders] == [("1.2", "0")]
    world.recover()
    again = Hands(success)
    again.draws = draw
    assert world.drive(again, clock=FakeClock()) is RunStatus.SUCCESS
    assert sorted((order.sequence, order.item) for order in again.orders) == [("1.1", "50"), ("1.2", "0")]
    assert [(order.skip, order.missing) for order in asked] == [(0, ()), (2, (1,))]


def test_an_iterator_that_gives_other_items_after_a_crash_fails_its_container():
    flow = sequent.Sequent("f")
    flow.add_step("each", func=print, args=(sequent.item(),), repeats=lambda: iter(()))
    world = World(flow)

    def draw(order: DrawOrder) -> Report:
        if order.number:
            return ItemFound(order.frame, order.node, order.number, '"x"')
        return RepeatFound(order.frame, order.node, None, "another digest")

    def crash(batch: Batch) -> None:
        if batch.endings:
            raise StoreError("the power is gone")

    hands = Hands(success)
    hands.draws = draw
    with pytest.raises(StoreError):
        world.drive(hands, look=crash)
    world.recover()
    again = Hands(success)
    again.draws = draw
    assert world.drive(again) is RunStatus.FAILURE
    assert again.orders == []


def test_a_kept_repeat_that_runs_again_as_a_whole_is_open_until_it_has():
    flow = sequent.Sequent("f")
    a = flow.add_step("a", func=work)
    t = flow.add_step("t", func=work, requires=a.done, repeats=[1, 2, 3])
    flow.add_step("b", func=work, requires=((t, sequent.STEP_SUCCESS),))
    world = World(flow)

    def fail_a(order: AttemptOrder) -> Report:
        problem = Problem(type="E", message="no") if order.path == "a" else None
        return AttemptEnded(order.frame, order.node, order.attempt, None if problem else "null", problem=problem)

    assert world.drive(Hands(fail_a)) is RunStatus.FAILURE
    world.recover()

    def crash(batch: Batch) -> None:
        if batch.intents and batch.endings and batch.intents[0].key.iteration == 2:
            raise StoreError("the power is gone")

    second = Hands(success)
    with pytest.raises(StoreError):
        world.drive(second, look=crash)
    world.recover()
    third = Hands(success)
    assert world.drive(third) is RunStatus.SUCCESS
    ran = [(order.path, order.sequence) for order in third.orders]
    assert ran == [("t", "1.1"), ("t", "1.2"), ("t", "1.3"), ("b", "1")]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_lets_running_steps_finish_and_starts_nothing_more(number):
    world = World(chain("a", "b"))

    def end(order: AttemptOrder) -> Report:
        os.kill(os.getpid(), number)
        return success(order)

    hands = Hands(end)
    assert world.drive(hands) is RunStatus.STOPPED
    assert [order.path for order in hands.orders] == ["a"]
    assert [told.status for told in world.store.attempts(world.run.record)] == [Status.SUCCESS]
    world.recover()
    again = Hands(success)
    assert world.drive(again) is RunStatus.SUCCESS
    assert [order.path for order in again.orders] == ["b"]


def test_the_second_signal_ends_what_runs_and_the_third_kills_it():
    world = World(chain("a", "b"))

    def end(order: AttemptOrder) -> None:
        for _ in range(3):
            os.kill(os.getpid(), signal.SIGINT)

    hands = Hands(end)
    assert world.drive(hands) is RunStatus.STOPPED
    assert hands.ended_at_once == [False, True]
    assert world.observer.notes[0] == "stopping: 1 running step may finish; interrupt again to end it"
