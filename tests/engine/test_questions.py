"""Steps that ask a question: they take no slot, and settle with the answer of a person."""

from __future__ import annotations

import pytest

from sequent import Pool, Sequent
from sequent.model import facts
from sequent.model.status import Status, Verdict
from tests.engine.playing import Play, key_of, selected, shown, world


def asked(play: Play) -> list[str]:
    """The open questions."""
    return [shown(key) for key in play.questions]


def answer(play: Play, name: str, status: Status = Status.SUCCESS, number: int = 1, **more: object) -> None:
    """A person answers a question; its whole sequence is given."""
    play.tell(facts.QuestionAnswered(number, selected(name if "/" in name else f"{name}/1"), status, **more))


def release() -> Sequent:
    flow = Sequent("f")
    build = flow.add_step("build")
    ship = flow.add_step("ship", approve="Ship it?", requires=build)
    flow.add_step("send", requires=ship)
    flow.add_step("tell", requires=ship.failed)
    return flow


def test_a_question_is_asked_once_its_requirement_holds_and_its_answer_lets_the_rest_go_on():
    play = world(release())
    assert asked(play) == []
    play.succeed("build")
    assert (asked(play), play.running, play.ended) == (["ship"], [], None)
    answer(play, "ship")
    assert (asked(play), play.running) == ([], ["send"])
    play.succeed("send")
    assert (play.outcome, play.statuses["ship"]) == ("success", "success")


def test_a_no_is_a_failure_that_can_be_handled():
    play = world(release())
    play.succeed("build")
    answer(play, "ship", Status.FAILURE)
    assert play.running == ["tell"]
    play.succeed("tell")
    assert (play.outcome, play.statuses["ship"]) == ("success", "failure")


def test_a_question_without_an_answer_in_time_is_a_failure():
    play = world(release())
    play.succeed("build")
    play.run_out(key_of("ship"))
    assert (asked(play), play.running, play.statuses["ship"]) == ([], ["tell"], "failure")


def test_the_time_of_a_question_that_is_answered_means_nothing_any_more():
    play = world(release())
    play.succeed("build")
    order = play.questions[key_of("ship")]
    answer(play, "ship")
    assert play.tell(facts.TimerEnded(order.scope.id, order.node, order.attempt)) == []


def test_the_first_answer_counts_and_others_are_refused():
    play = world(release())
    answer(play, "ship", number=1)
    play.succeed("build")
    answer(play, "ship", number=2)
    answer(play, "ship", Status.FAILURE, number=3)
    assert play.refused == {1: "it has not been asked yet", 3: "it has succeeded"}
    assert play.running == ["send"]


def test_questions_take_no_slot_and_count_against_no_limit():
    flow = Sequent("f")
    block = flow.add_step("c", max_concurrent=1)
    for name in "abc":
        block.add_step(name, approve="Go on?")
    block.add_step("x")
    play = world(flow, slots=1)
    assert asked(play) == ["c.a/1.1", "c.b/1.1", "c.c/1.1"]
    assert play.running == ["c.x/1.1"]


def test_a_question_holds_its_amounts_until_it_is_answered():
    flow = Sequent("f")
    desk = Pool("desk", 1)
    flow.add_step("a", approve="A?", acquires=[(desk, 1)])
    flow.add_step("b", approve="B?", acquires=[(desk, 1)])
    play = world(flow)
    assert (asked(play), play.in_use("desk")) == (["a"], 1)
    answer(play, "a", Status.SUCCESS)
    assert (asked(play), play.in_use("desk")) == (["b"], 1)
    answer(play, "b", Status.FAILURE, number=2)
    assert play.in_use("desk") == 0


def test_an_answer_that_came_before_the_run_was_recovered_counts_once():
    play = world(release())
    play.succeed("build")
    again = play.crash()
    for number, status in ((4, Status.SUCCESS), (5, Status.FAILURE)):
        again.tell(facts.QuestionAnswered(number, selected("ship/1"), status))
    assert again.ended is None
    again.tell(facts.RunStarted())
    assert (list(map(shown, again.active)), again.refused) == (["send"], {5: "it has succeeded"})


def test_a_question_is_asked_again_by_a_recovery_once_it_was_rejected():
    play = world(release())
    play.succeed("build")
    answer(play, "ship", Status.FAILURE)
    play.fail("tell")
    assert play.outcome == "failure"
    again = play.recover()
    assert asked(again) == ["ship"]
    answer(again, "ship", number=2)
    again.succeed("send")
    assert again.outcome == "success"


def test_an_answer_to_an_earlier_question_does_not_count():
    play = world(release())
    play.succeed("build")
    answer(play, "ship", Status.FAILURE, attempt=1)
    play.fail("tell")
    again = play.recover()
    answer(again, "ship", number=2, attempt=1)
    assert (asked(again), again.refused) == (["ship"], {2: "it has been asked again since"})
    answer(again, "ship", number=3, attempt=2)
    assert again.running == ["send"]


def test_a_failure_elsewhere_cancels_a_question():
    flow = Sequent("f")
    flow.add_step("ship", approve="Ship it?")
    flow.add_step("other")
    play = world(flow)
    play.fail("other")
    assert (asked(play), play.outcome, play.statuses["ship"]) == ([], "failure", "cancelled")


def test_a_stop_ends_a_run_that_waits_for_people():
    play = world(release())
    play.succeed("build")
    play.tell(facts.StopRequested())
    assert play.outcome == "stopped"
    again = play.recover()
    assert asked(again) == ["ship"]


def test_a_run_that_waits_for_people_can_be_suspended():
    play = world(release())
    play.succeed("build")
    assert play.scheduler.is_idle
    play.pause()
    assert play.outcome == "suspended"
    assert asked(play.resume()) == ["ship"]


def test_a_held_question_is_asked_once_it_is_released_and_one_that_is_asked_stays_open():
    play = world(release())
    play.tell(facts.PlaceHeld(selected("ship")))
    play.succeed("build")
    answer(play, "ship", number=1)
    assert (asked(play), play.refused) == ([], {1: "it has not been asked yet"})
    play.tell(facts.PlaceReleased(selected("ship")))
    play.tell(facts.PlaceHeld(selected("ship")))
    assert asked(play) == ["ship"]
    answer(play, "ship", number=2)
    assert play.running == ["send"]


def test_a_mark_settles_a_question_too():
    play = world(release())
    play.succeed("build")
    play.tell(facts.TaskMarked(1, selected("ship/1"), Status.SUCCESS))
    assert (asked(play), play.running) == ([], ["send"])


@pytest.mark.parametrize("end", ["success", "failure"])
def test_a_mark_before_a_question_is_asked_stays_whatever_its_requirement_becomes(end):
    play = world(release())
    play.tell(facts.TaskMarked(1, selected("ship/1"), Status.SUCCESS))
    assert (play.statuses["ship"], play.running) == ("success", ["build", "send"])
    play.succeed("build") if end == "success" else play.fail("build")
    assert (asked(play), play.statuses["ship"], play.refused) == ([], "success", {})


def test_each_iteration_asks_a_question_of_its_own_and_an_answer_may_end_the_repeat():
    flow = Sequent("f")
    flow.add_step("ask", approve="Again?", repeats=[1, 2, 3], until=True)
    play = world(flow)
    answer(play, "ask/1.1", number=1, verdict=Verdict.FALSY)
    assert asked(play) == ["ask/1.2"]
    answer(play, "ask/1.2", number=2, verdict=Verdict.TRUTHY)
    assert (asked(play), play.outcome) == ([], "success")


def test_iterations_that_wait_for_an_answer_make_room_for_others():
    flow = Sequent("f")
    block = flow.add_step("c", repeats=range(200), parallel=0)
    block.add_step("ask", approve="Go on?")
    play = world(flow)
    assert len(asked(play)) == 200


@pytest.mark.parametrize("delay", ["1h", None])
def test_a_question_waits_for_its_delay_first(delay: str | None):
    flow = Sequent("f")
    flow.add_step("ship", approve="Ship it?", delay=delay)
    play = world(flow)
    if delay:
        assert asked(play) == []
        play.pass_time(key_of("ship"))
    assert asked(play) == ["ship"]
