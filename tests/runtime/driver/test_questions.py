"""Questions as the driver keeps them: when they were asked, for how long, and who has answered."""

from __future__ import annotations

from typing import Any

import pytest

import sequent
from sequent.model.interventions import Intervention, InterventionKind
from sequent.model.status import RunStatus, Status
from sequent.runtime.clock import local_text
from sequent.runtime.orders import AttemptEnded, AttemptOrder
from sequent.runtime.records import DUE
from tests.runtime.worlds import FakeClock, Hands, Killed, World, success, work

HOUR = 3600.0


def asks(**options: Any) -> sequent.Sequent:
    flow = sequent.Sequent("f")
    flow.add_step("ship", approve="Ship it?", **options)
    return flow


def answer(world: World, place: str = "ship", outcome: Any = "success", **more: Any) -> int:
    """A person answers, in another process."""
    record = world.store.find(world.run.record.id)
    said = {"user": "ada", "host": "etl1", "place": place, "outcome": outcome, "epoch": record.epoch}
    return world.store.intervene(record, Intervention(kind=InterventionKind.APPROVE, **said, **more))


def killed_after(world: World, clock: FakeClock, seconds: float) -> None:
    clock.dies_at = clock.boot + seconds
    with pytest.raises(Killed):
        world.drive(Hands(success), clock=clock, hears_people=True)


def attempts(world: World) -> list[tuple[int, Status, float, float]]:
    """Each attempt of the question: its number, how it ended, and when it began and ended, since the wall's 1000."""
    found = world.store.attempts(world.run.record)
    return [(one.attempt, one.status, one.started, one.ended or 0.0) for one in found if one.path == "ship"]


def test_an_answer_is_an_attempt_from_the_question_to_the_answer():
    world, clock = World(asks()), FakeClock()
    began = clock.wall
    clock.at(clock.boot + 100, lambda: answer(world))
    assert world.drive(Hands(success), clock=clock, hears_people=True) is RunStatus.SUCCESS
    ((number, status, started, ended),) = attempts(world)
    assert (number, status, started - began) == (1, Status.SUCCESS, 0.0)
    assert 100 <= ended - began < 102
    assert world.observer.asked == [
        ("ship", f"waits for an answer: ship? (sequent approve {world.run.record.id} ship)")
    ]
    assert world.store.find(world.run.record.id).reason == ""


@pytest.mark.parametrize("reboots", [False, True])
def test_a_recovery_asks_for_no_longer_than_was_left(reboots):
    world, clock = World(asks(timeout="1h")), FakeClock()
    began = clock.wall
    killed_after(world, clock, 40 * 60)
    if reboots:
        clock.reboot()
    clock.wall += 600 if reboots else 0
    world.recover()
    assert world.drive(Hands(success), clock=clock, hears_people=True) is RunStatus.FAILURE
    ((_, status, started, ended),) = attempts(world)
    assert (status, started - began) == (Status.FAILURE, 0.0)
    assert ended - began == pytest.approx(HOUR, abs=2)
    problem = next(one.problem for one in world.store.attempts(world.run.record))
    assert problem is not None
    assert (problem.type, problem.message) == ("TimeoutError", "nobody answered within 1h")


def test_a_question_that_failed_for_its_time_is_asked_anew_for_all_of_it():
    world, clock = World(asks(timeout="1h")), FakeClock()
    assert world.drive(Hands(success), clock=clock, hears_people=True) is RunStatus.FAILURE
    world.recover()
    began = clock.wall
    assert world.drive(Hands(success), clock=clock, hears_people=True) is RunStatus.FAILURE
    assert attempts(world)[-1][0] == 2
    assert clock.wall - began == pytest.approx(HOUR, abs=2)


def test_a_delay_before_a_question_that_is_asked_again_is_no_longer_than_it_was():
    world, clock = World(asks(delay="10m", timeout="1h")), FakeClock()
    clock.at(clock.boot + 900, lambda: answer(world, outcome="failure"))
    assert world.drive(Hands(success), clock=clock, hears_people=True) is RunStatus.FAILURE
    world.recover()
    killed_after(world, clock, 600)
    world.recover()
    clock.at(clock.boot + 5, lambda: answer(world))
    began = clock.wall
    assert world.drive(Hands(success), clock=clock, hears_people=True) is RunStatus.SUCCESS
    assert clock.wall - began < 10


def test_the_time_of_an_answered_question_is_not_waited_for():
    flow = asks(timeout="1h")
    flow.add_step("late", func=work, delay="3h")
    world, clock = World(flow), FakeClock()
    began = clock.wall
    assert world.drive(Hands(success), clock=clock, hears_people=True, max_loops=1) is RunStatus.SUSPENDED
    assert world.store.find(world.run.record.id).reason.startswith(f"{DUE}{local_text(began + HOUR)}\n'ship' waits for")
    answer(world)
    world.resume()
    status = world.drive(Hands(success), clock=clock, hears_people=True, max_loops=1, resumes=True)
    assert status is RunStatus.SUSPENDED
    assert world.store.find(world.run.record.id).reason == f"{DUE}{local_text(began + 3 * HOUR)}"


def test_a_person_who_says_no_is_named():
    world, clock = World(asks()), FakeClock()
    clock.at(clock.boot + 5, lambda: answer(world, outcome="failure", why="not today"))
    assert world.drive(Hands(success), clock=clock, hears_people=True) is RunStatus.FAILURE
    assert world.observer.notes == ["rejection of ship by ada@etl1: not today"]


def test_a_question_has_the_values_of_the_steps_before_it():
    flow = sequent.Sequent("f")
    build = flow.add_step("build", func=work)
    flow.add_step("ship", approve=f"Ship {build.result}?")
    world, clock = World(flow), FakeClock()
    clock.at(clock.boot + 5, lambda: answer(world))

    def end(order: AttemptOrder) -> AttemptEnded:
        return AttemptEnded(order.frame, order.node, order.attempt, '"1.2"')

    assert world.drive(Hands(end), clock=clock, hears_people=True) is RunStatus.SUCCESS
    assert world.observer.asked[0][1].startswith('waits for an answer: ship? "1.2" (')


def test_many_questions_are_told_in_part():
    flow = sequent.Sequent("f")
    flow.add_step("ask", approve="Go on?", repeats=range(30), parallel=0)
    world, clock = World(flow), FakeClock()
    killed_after(world, clock, 5)
    reason = world.store.find(world.run.record.id).reason.splitlines()
    assert (len(reason), reason[-1]) == (21, "and 10 more questions")
    world.recover()
    for number in range(1, 31):
        answer(world, f"ask/1.{number}")
    assert world.drive(Hands(success), clock=clock, hears_people=True) is RunStatus.SUCCESS
