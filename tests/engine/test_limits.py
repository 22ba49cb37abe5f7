"""How many tasks execute at once, in which order, and which are handed over ahead of their turn."""

import pytest

from sequent.model.status import Action, Construct, Status
from tests.engine.playing import play_of
from tests.small_flows import HOUR, block, done, failed, flow, items, on, step

# -- limits ----------------------------------------------------------------------------------------


def test_no_more_tasks_of_a_step_run_than_its_limit_over_all_iterations():
    play = play_of(flow(step("load", repeats=items(5), parallel=0, max_concurrent=2)))
    assert play.running == ["load/1.1", "load/1.2"]
    play.succeed("load/1.1")
    assert play.running == ["load/1.2", "load/1.3"]


def test_no_more_tasks_run_in_a_container_than_its_limit_at_any_depth():
    inner = block("inner", step("a"), step("b"))
    play = play_of(flow(block("c", inner, step("x"), max_concurrent=2), step("y")))
    assert sorted(play.running) == ["c.inner.a/1.1.1", "c.x/1.1", "y"]
    play.succeed("c.x/1.1")
    assert sorted(play.running) == ["c.inner.a/1.1.1", "c.inner.b/1.1.1", "y"]


@pytest.mark.parametrize("limit", [0, -1, None])
def test_a_limit_below_one_is_none(limit):
    play = play_of(flow(step("load", repeats=items(5), parallel=0, max_concurrent=limit)))
    assert len(play.running) == 5


def test_what_waits_for_a_limit_keeps_nobody_else_from_starting():
    play = play_of(flow(step("a", repeats=items(3), parallel=0, max_concurrent=1), step("b")), slots=2)
    assert sorted(play.running) == ["a/1.1", "b"]


def test_a_task_under_two_limits_starts_once_both_have_room():
    spec = flow(block("c", step("a", max_concurrent=1), step("b"), max_concurrent=2, repeats=items(3), parallel=0))
    play = play_of(spec)
    assert play.running == ["c.a/1.1", "c.b/1.1"]
    play.succeed("c.b/1.1")
    assert play.running == ["c.a/1.1", "c.b/1.2"]
    play.succeed("c.a/1.1")
    assert play.running == ["c.b/1.2", "c.a/1.2"]


def test_a_failed_and_a_lost_task_make_room_under_their_limit():
    play = play_of(flow(step("a", max_concurrent=1, repeats=items(3), parallel=0), stop=False))
    play.fail("a/1.1")
    play.lose("a/1.2")
    assert len(play.running) == 1


def test_who_waits_for_a_limit_goes_on_where_one_before_it_does_not_wait_any_more():
    stopped = block("d", step("bad"), step("x"), stop_on_exception=True)
    spec = flow(block("c", stopped, block("e", step("y")), max_concurrent=1), stop=False)
    play = play_of(spec)
    play.fail("c.d.bad/1.1.1")
    assert play.statuses["c.d.x/1.1.1"] == "cancelled"
    assert play.running == ["c.e.y/1.1.1"]
    play.succeed("c.e.y/1.1.1")
    assert play.outcome == "failure"


# -- priorities ------------------------------------------------------------------------------------


def test_the_higher_priority_starts_first_and_then_who_came_first():
    play = play_of(flow(step("a"), step("b"), step("c", priority=5), step("d", priority=5)), slots=1)
    play.succeed(*play.running)
    assert play.started == ["c", "d"]
    play.succeed("d", "a", "b")
    assert play.started == ["c", "d", "a", "b"]


# -- handed over ahead -----------------------------------------------------------------------------


def test_tasks_of_a_quick_step_are_handed_over_ahead_of_their_turn():
    play = play_of(flow(step("load", repeats=items(500), parallel=0)), slots=2)
    assert len(play.running) == 2
    play.quicken("load")
    assert len(play.running) == 128
    play.quicken("load", is_quick=False)
    play.succeed("load/1.1")
    assert len(play.running) == 127


@pytest.mark.parametrize(
    "options",
    [
        {"timeout": HOUR},
        {"max_concurrent": 100},
        {"recovery": {Status.ACTIVE: Action.SKIP}},
    ],
)
def test_what_somebody_could_tell_from_its_turn_is_never_handed_over_ahead(options):
    play = play_of(flow(step("load", repeats=items(50), parallel=0, **options)), slots=2)
    play.quicken("load")
    assert len(play.running) == 2


@pytest.mark.parametrize("options", [{"priority": 1}, {"task_construct": Construct.THREAD}])
def test_nothing_is_handed_over_ahead_where_some_have_priority_or_are_executed_elsewhere(options):
    play = play_of(flow(step("load", repeats=items(50), parallel=0), step("x", **options)), slots=2)
    play.quicken("load")
    assert len(play.running) == 2


def test_a_task_that_is_not_quick_waits_for_a_slot_before_those_that_came_later():
    play = play_of(flow(step("load", repeats=items(5), parallel=0), step("slow", on("load")), step("x")), slots=1)
    play.quicken("load")
    play.succeed("load/1.1", "load/1.2", "load/1.3", "load/1.4", "load/1.5")
    assert play.running == ["x"]


def test_what_was_handed_over_ahead_is_asked_back_when_its_container_stops():
    play = play_of(flow(step("load", repeats=items(5), parallel=0)), slots=1)
    play.quicken("load")
    play.fail("load/1.1")
    assert [sequence for _, sequence in play.asked_back] == [(1, 2), (1, 3), (1, 4), (1, 5)]
    for number in (2, 3, 4):
        play.take_back(("load", (1, number)))
    play.succeed("load/1.5")
    assert play.statuses["load/1.2"] == "cancelled"
    assert (play.outcome, play.statuses["load/1.5"]) == ("failure", "success")


def test_what_was_handed_over_ahead_is_asked_back_when_the_run_stops_and_runs_in_a_recovery():
    play = play_of(flow(step("load", repeats=items(3), parallel=0)), slots=1)
    play.quicken("load")
    play.stop()
    assert len(play.asked_back) == 3
    play.take_back(("load", (1, 2)))
    play.take_back(("load", (1, 3)))
    play.succeed("load/1.1")
    assert play.outcome == "stopped"
    again = play.recover()
    again.succeed("load/1.2", "load/1.3")
    assert (again.outcome, again.attempts) == ("success", {"load/1.2": 1, "load/1.3": 1})


def test_what_is_taken_back_while_its_container_goes_on_starts_again_as_the_same_attempt():
    play = play_of(flow(step("load", repeats=items(3), parallel=0)), slots=1)
    play.quicken("load")
    play.take_back(("load", (1, 3)))
    assert play.attempts["load/1.3"] == 1
    play.succeed("load/1.1", "load/1.2", "load/1.3")
    assert play.outcome == "success"


def test_an_attempt_taken_back_is_not_what_a_handler_of_failures_waits_for():
    play = play_of(flow(step("a", repeats=items(2), parallel=0), step("fix", failed("a"))), slots=1)
    play.quicken("a")
    play.take_back(("a", (1, 2)))
    play.succeed("a/1.1", "a/1.2")
    assert play.statuses["fix"] == "skipped"


def test_what_watches_a_task_that_ran_and_whose_next_attempt_was_taken_back_runs_again():
    play = play_of(flow(step("a", retries=1), step("t", done("a")), step("bad")))
    play.fail("a", "a", "bad")
    play.succeed("t")
    again = play.recover()
    again.quicken("a")
    again.fail("a", "bad")
    again.take_back(("a", (1,)))
    assert again.running == ["t"]


def test_what_watches_a_container_in_which_all_was_taken_back_stays_kept():
    play = play_of(flow(block("c", step("a")), step("t", done("c")), step("bad")))
    play.fail("c.a/1.1", "bad")
    play.succeed("t")
    again = play.recover()
    again.quicken("c.a")
    again.fail("bad")
    again.take_back(("c.a", (1, 1)))
    assert (again.outcome, again.statuses["c.a/1.1"]) == ("failure", "cancelled")
