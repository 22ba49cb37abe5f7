"""Tasks to which a person gives their outcome, instead of an attempt."""

from __future__ import annotations

import pytest

from sequent import Pool, Sequent
from sequent.model import facts
from sequent.model.status import Status, Verdict
from tests.engine.playing import Play, plan_of, selected, world


def mark(play: Play, name: str, status: Status = Status.SUCCESS, number: int = 1, **more: object) -> None:
    """A person marks a task; its whole sequence is given."""
    place = selected(name if "/" in name else f"{name}/1")
    play.tell(facts.TaskMarked(number, place, status, **more))


def three() -> Sequent:
    flow = Sequent("f")
    a = flow.add_step("a")
    b = flow.add_step("b", requires=a)
    flow.add_step("c", requires=b)
    return flow


def test_a_task_that_waits_is_marked_and_what_requires_it_goes_on():
    play = world(three())
    mark(play, "b")
    assert play.running == ["a", "c"]
    play.succeed("a", "c")
    assert (play.outcome, play.statuses) == ("success", {"a": "success", "b": "success", "c": "success"})


def test_a_failure_is_handled_like_any_other():
    play = world(three())
    mark(play, "b", Status.FAILURE)
    play.succeed("a")
    assert (play.outcome, play.statuses["c"]) == ("failure", "skipped")
    flow = Sequent("f")
    a = flow.add_step("a")
    b = flow.add_step("b", requires=a)
    flow.add_step("c", requires=b.failed)
    play = world(flow)
    mark(play, "b", Status.FAILURE)
    play.succeed("a", "c")
    assert play.outcome == "success"


def test_a_running_or_succeeded_task_is_refused():
    play = world(three())
    mark(play, "a", number=1)
    play.succeed("a")
    mark(play, "a", number=2)
    assert play.refused == {1: "it is running", 2: "it has succeeded"}
    assert play.running == ["b"]


def test_what_has_failed_keeps_its_outcome_until_the_next_recovery_takes_the_mark():
    flow = Sequent("f")
    a = flow.add_step("a", stop_on_exception=False)
    flow.add_step("b", requires=a)
    flow.add_step("c")
    play = world(flow)
    play.fail("a")
    mark(play, "a")
    assert (play.refused, list(play.marks)) == ({}, [1])
    play.succeed("c")
    assert play.outcome == "failure"
    again = Play(play.plan, slots=4, rows=play.rows)
    mark(again, "a")
    again.tell(facts.RunStarted())
    assert again.running == ["b"]
    again.succeed("b")
    assert again.outcome == "success"


def test_a_recovery_keeps_the_outcome_that_was_marked():
    play = world(three())
    play.succeed("a")
    play = Play(play.plan, slots=4, rows=play.rows)
    mark(play, "b")
    play.tell(facts.RunStarted())
    assert play.running == ["c"]
    again = play.recover()
    assert again.running == ["c"]


def test_a_mark_before_its_iteration_waits_for_it():
    flow = Sequent("f")
    box = flow.add_step("box", repeats=[1, 2])
    one = box.add_step("one")
    box.add_step("two", requires=one)
    play = world(flow)
    mark(play, "box.one/1.2")
    play.succeed("box.one/1.1", "box.two/1.1")
    assert play.running == ["box.two/1.2"]


def test_an_iteration_of_a_repeated_step_is_marked_and_can_end_its_repeat():
    flow = Sequent("f")
    flow.add_step("poll", repeats=[1, 2, 3], until=True)
    play = Play(plan_of(flow), slots=4)
    mark(play, "poll/1.1", verdict=Verdict.TRUTHY)
    play.tell(facts.RunStarted())
    assert (play.running, play.outcome) == ([], "success")


@pytest.mark.parametrize("way", ["held", "delayed", "queued", "pool", "shared"])
def test_a_ready_task_that_waits_for_anything_is_marked_and_leaves_no_trace(way):
    flow = Sequent("f")
    db = Pool("db", 1, shared=way == "shared")
    options = {"acquires": {db: 1}} if way in ("pool", "shared") else {}
    flow.add_step("first", **options)
    a = flow.add_step("a", **options, **({"delay": 5} if way == "delayed" else {}))
    flow.add_step("b", requires=a)
    play = Play(plan_of(flow), slots=1 if way == "queued" else 4)
    if way == "held":
        play.hold("a")
    play.tell(facts.RunStarted())
    mark(play, "a")
    if way == "shared":
        play.get_grant("first")
    play.succeed("first", "b")
    assert (play.refused, play.outcome) == ({}, "success")


def test_what_a_result_is_asked_for_is_answered():
    flow = Sequent("f")
    a = flow.add_step("a")
    flow.add_step("b", requires=a.returned("yes"))
    play = Play(plan_of(flow), slots=4)
    mark(play, "a", answers=(0,))
    play.tell(facts.RunStarted())
    assert play.running == ["b"]
