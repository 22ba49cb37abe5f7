"""Repeats whose items or limit are known only while the flow runs, and are not what they must be."""

from __future__ import annotations

import pytest

import sequent
from sequent.model.outcome import Problem
from sequent.model.status import RunStatus
from sequent.model.value_text import encode
from sequent.runtime.orders import AttemptEnded, AttemptOrder, DrawOrder, ItemFound, RepeatFound, Report
from tests.runtime.worlds import Hands, World, work


def drive(flow: sequent.Sequent, text: str, **how: object) -> tuple[World, Hands, RunStatus]:
    """Drive a flow of whose step ``find`` this is the result."""
    world = World(flow)

    def end(order):
        return AttemptEnded(order.frame, order.node, order.attempt, text if order.path == "find" else "null")

    hands = Hands(end)
    return world, hands, world.drive(hands, **how)


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("5", "return range(5)"),
        ('"abc"', "return a list of it, ['abc']: a string would repeat per character"),
        ('{"a":1}', "return list(x), list(x.items()) or list(x.values())"),
        ("null", "return a list"),
        ("true", "return a list"),
    ],
)
def test_a_result_over_which_nothing_can_be_repeated_is_told_with_its_maker_its_line_and_the_way_out(text, advice):
    flow = sequent.Sequent("f")
    find = flow.add_step("find", func=work)
    flow.add_step("each", func=work, repeats=find.result)
    world, _, status = drive(flow, text)
    assert status is RunStatus.FAILURE
    (told,) = world.store.container_problems(world.run.record)
    assert (told.path, told.sequence, told.problem.file) == ("each", "1", __file__)
    assert told.problem.line > 0
    assert told.problem.message.startswith("'each': repeats needs a list, a tuple or a range, got ")
    assert ", which 'find' returned: " in told.problem.message
    assert told.problem.message.endswith(advice)


def test_a_range_of_more_items_than_any_run_has_fails_the_repeat_alone():
    flow = sequent.Sequent("f")
    find = flow.add_step("find", func=work)
    flow.add_step("each", func=work, repeats=find.result)
    world, _, status = drive(flow, encode(range(2**70)))
    assert status is RunStatus.FAILURE
    (told,) = world.store.container_problems(world.run.record)
    assert told.problem.message == (
        "'each': repeats needs a range of fewer than 2**53 items, got range(0, 1180591620717411303424), "
        "which 'find' returned: return a shorter one"
    )


def test_why_a_repeat_failed_is_told_until_it_has_its_items():
    flow = sequent.Sequent("f")
    find = flow.add_step("find", func=work, recovery={sequent.STEP_SUCCESS: sequent.STP_RERUN})
    flow.add_step("each", func=work, repeats=find.result)
    world, _, _ = drive(flow, "5")
    world.recover()
    assert [told.path for told in world.run.container_problems()] == ["each"]
    hands = Hands(lambda order: AttemptEnded(order.frame, order.node, order.attempt, "[1]"))
    assert world.drive(hands) is RunStatus.SUCCESS
    assert world.run.container_problems() == []


def test_how_many_iterations_run_at_once_may_be_a_result():
    flow = sequent.Sequent("f")
    find = flow.add_step("find", func=work)
    flow.add_step("each", func=work, repeats=range(9), parallel=find.result)
    world = World(flow)
    most = [0]

    def end(order):
        if order.path == "find":
            return AttemptEnded(order.frame, order.node, order.attempt, "3")
        under_way.append(order)
        most[0] = max(most[0], len(under_way))
        if len(under_way) == 3:
            for one in under_way:
                hands.tell(AttemptEnded(one.frame, one.node, one.attempt, "null"))
            under_way.clear()
        return None

    under_way: list = []
    hands = Hands(end)
    assert world.drive(hands, slots=9) is RunStatus.SUCCESS
    assert most == [3]


@pytest.mark.parametrize("text", ["-1", "1.5", "true", '"3"', "null"])
def test_what_is_no_number_of_iterations_fails_the_container_naming_option_and_line(text):
    flow = sequent.Sequent("f")
    find = flow.add_step("find", func=work)
    flow.add_step("each", func=work, repeats=range(9), parallel=find.result)
    world, hands, status = drive(flow, text)
    assert status is RunStatus.FAILURE
    (told,) = world.store.container_problems(world.run.record)
    assert told.problem.message.startswith("'parallel' of 'each' is ")
    assert told.problem.file == __file__
    assert [order.path for order in hands.orders] == ["find"]


def letters():
    """Be drawn from."""


def test_an_item_that_was_drawn_is_at_hand_for_a_further_attempt_without_asking_the_store_for_all_before_it():
    flow = sequent.Sequent("f")
    flow.add_step("each", func=print, args=(sequent.item(),), repeats=letters, retries=1)
    world = World(flow)

    def draw(order: DrawOrder) -> Report:
        if not order.number:
            return RepeatFound(order.frame, order.node, None)
        return ItemFound(order.frame, order.node, order.number, f'"{order.number}"' if order.number < 4 else None)

    def end(order: AttemptOrder) -> Report:
        problem = Problem(type="E", message="no") if order.attempt == 1 else None
        return AttemptEnded(order.frame, order.node, order.attempt, "null", problem=problem)

    hands = Hands(end)
    hands.draws = draw
    read: list[object] = []
    world.run.drawn_items = lambda *place: read.append(place) or iter(())
    assert world.drive(hands) is RunStatus.SUCCESS
    assert [order.item for order in hands.orders] == ['"1"', '"1"', '"2"', '"2"', '"3"', '"3"']
    assert read == []
