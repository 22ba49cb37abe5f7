"""An iteration that a run does not have is refused once its items are known."""

from __future__ import annotations

import pytest

import sequent
from sequent.errors import UsageError
from sequent.model.interventions import InterventionKind
from sequent.model.outcome import Problem
from sequent.runtime.intervention_requests import request_intervention
from sequent.runtime.orders import AttemptEnded, AttemptOrder, Report
from tests.runtime.driver.test_hosts import Hosts
from tests.runtime.worlds import Hands, World, success, work


def answer(order: AttemptOrder) -> Report:
    if order.path == "find":
        return AttemptEnded(order.frame, order.node, order.attempt, "[1,2]")
    if order.path == "last":
        return AttemptEnded(order.frame, order.node, order.attempt, problem=Problem(type="E", message="no"))
    return success(order)


@pytest.fixture
def world():
    """A run that has failed after some of its repeats, and before the others."""
    flow = sequent.Sequent("f")
    find = flow.add_step("find", func=work)
    box = flow.add_step("box", repeats=find.result)
    box.add_step("one", func=work)
    box.add_step("plain").add_step("inner", func=work)
    poll = flow.add_step("poll", func=work, repeats=[1, 2, 3])
    copied = flow.add_step("copied", func=work, hosts=["etl1"], repeats=[1, 2], requires=box)
    last = flow.add_step("last", func=work, requires=(poll & copied))
    late = flow.add_step("late", repeats=find.result, requires=last)
    late.add_step("work", func=work)
    flow.add_step("soon", func=work, repeats=[1], requires=last)
    flow.add_step("never", func=work, repeats=[], requires=last)
    made = World(flow)
    made.drive(Hands(answer), host_executor=Hosts())
    made.run.close()
    return made


def ask(world: World, kind: InterventionKind, place: str) -> None:
    outcome = {"outcome": "failure"} if kind is InterventionKind.MARK else {}
    request_intervention(world.store, world.store.find("latest"), kind, place=place, why="", **outcome)


@pytest.mark.parametrize("kind", [InterventionKind.MARK, InterventionKind.HOLD])
@pytest.mark.parametrize(
    ("place", "told", "hint"),
    [
        ("box.one/1.3", "'box' has 2 items", "name one from 1 to 2, for the iteration of 'box'"),
        (
            "box.plain.inner/1.2.2",
            "'box.plain' does not repeat",
            "name 1, the only one, for the iteration of 'box.plain'",
        ),
        ("poll/1.4", "'poll' has 3 items", "name one from 1 to 3, for the iteration of 'poll'"),
        ("copied@etl1/1.3", "'copied' has 2 items", "name one from 1 to 2, for the iteration of 'copied'"),
        ("soon/1.2", "'soon' has 1 item", "name 1, the only one, for the iteration of 'soon'"),
        ("never/1.1", "'never' has 0 items", ""),
    ],
)
def test_a_number_beyond_the_items_is_refused(world, kind, place, told, hint):
    with pytest.raises(UsageError) as caught:
        ask(world, kind, place)
    assert (caught.value.message, caught.value.hint) == (f"{place!r} never begins: {told}", hint)
    assert not [*world.store.interventions(world.store.find("latest"))]


@pytest.mark.parametrize("place", ["box/1.2", "box.one/1", "late.work/1.9", "copied/1.9", "soon/1.1"])
def test_an_iteration_that_there_is_or_may_be_is_not_refused(world, place):
    ask(world, InterventionKind.HOLD, place)
    assert [each.request.place for each in world.store.interventions(world.store.find("latest"))] == [place]


def test_a_hold_that_was_accepted_before_the_items_were_known_can_be_released(world):
    ask(world, InterventionKind.RELEASE, "poll/1.9")
