"""What directives, and what is asked for by hand, make of what a recovery finds."""

import pytest

from sequent import Sequent
from sequent.model.status import Action, Status
from tests.engine.playing import play_of, world
from tests.small_flows import block, done, failed, flow, items, on, step

SKIP_FAILED = {Status.FAILURE: Action.SKIP}
RERUN = {Status.SUCCESS: Action.RERUN}


# -- passed over -----------------------------------------------------------------------------------


def test_what_has_failed_and_is_to_be_skipped_counts_as_a_success_and_is_not_run():
    play = play_of(flow(step("a", recovery=SKIP_FAILED), step("b", on("a"))))
    play.fail("a")
    again = play.recover()
    assert again.running == ["b"]
    again.succeed("b")
    assert again.outcome == "success"


def test_what_was_passed_over_is_kept_as_a_success_in_the_next_recovery():
    play = play_of(flow(step("a", recovery=SKIP_FAILED), step("b", on("a"))))
    play.fail("a")
    again = play.recover()
    again.fail("b")
    third = again.recover()
    assert third.started == ["b"]
    assert third.attempts == {"b": 2}


def test_what_is_passed_over_and_runs_later_all_the_same_has_the_next_number():
    play = play_of(flow(step("a", recovery=SKIP_FAILED), step("b", on("a"))))
    play.fail("a")
    again = play.recover()
    again.fail("b")
    third = again.recover(rerun=("a",))
    assert third.attempts == {"a": 3}


@pytest.mark.parametrize("begins", [True, False])
def test_ready_and_active_are_told_apart_by_whether_the_code_had_begun(begins):
    play = play_of(flow(step("a", recovery={Status.ACTIVE: Action.SKIP}), step("b", on("a"))))
    if begins:
        play.announce("a")
    assert play.recover().running == (["b"] if begins else ["a"])


def test_what_was_lost_and_handed_over_once_more_is_found_ready():
    play = play_of(flow(step("a", recovery={Status.READY: Action.SKIP}), step("b", on("a"))))
    play.announce("a")
    play.lose("a")
    assert play.running == ["a"]
    assert play.recover().running == ["b"]


def test_a_passed_over_handler_handles_as_if_it_had_succeeded():
    play = play_of(flow(step("a"), step("fix", failed("a"), recovery=SKIP_FAILED), step("b", on("fix"))))
    play.fail("a", "fix")
    again = play.recover()
    again.fail("a")
    assert again.running == ["b"]
    again.succeed("b")
    assert again.outcome == "success"


def test_an_until_that_is_passed_over_does_not_hold():
    play = play_of(flow(step("poll", repeats=items(3), until=True, recovery=SKIP_FAILED)))
    play.fail("poll/1.1")
    again = play.recover()
    assert again.running == ["poll/1.2"]


def test_an_iteration_in_which_nothing_is_left_to_do_may_end_its_repeat_before_another_begins():
    inside = block("c", step("check"), step("bad", recovery=SKIP_FAILED), repeats=items(9), parallel=2, until="check")
    play = play_of(flow(inside))
    play.succeed_with("c.check/1.1", truthy=True)
    play.fail("c.bad/1.1")
    play.succeed("c.bad/1.2")
    play.succeed_with("c.check/1.2", truthy=False)
    again = play.recover()
    assert again.started == []
    assert again.outcome == "success"


def test_by_hand_what_has_not_begun_is_passed_over_when_its_turn_comes():
    play = play_of(flow(step("a"), step("b", on("a")), step("c", on("b"))))
    play.fail("a")
    again = play.recover(skip=("b",))
    assert again.running == ["a"]
    again.succeed("a")
    assert again.running == ["c"]
    again.succeed("c")
    assert again.ended.counts == {Status.SUCCESS: 3}


def test_by_hand_what_has_succeeded_keeps_what_it_is():
    play = play_of(flow(step("a"), step("b", on("a"))))
    play.succeed("a")
    play.fail("b")
    again = play.recover(skip=("a",))
    assert again.running == ["b"]
    assert again.revision.passed == ()


def test_by_hand_one_iteration_is_passed_over_and_all_that_is_in_it():
    inside = block("c", step("x"), step("y", on("c.x")), repeats=items(2), parallel=2)
    play = play_of(flow(inside, step("after", on("c"))))
    play.fail("c.x/1.1")
    again = play.recover(skip=("c/1.1",))
    assert again.running == ["c.x/1.2"]
    again.succeed("c.x/1.2", "c.y/1.2", "after")
    assert again.outcome == "success"


def test_a_stop_passes_nothing_over():
    play = play_of(flow(step("a"), step("b", on("a")), step("c", on("b"))))
    play.fail("a")
    again = play.recover(skip=("b",))
    again.stop()
    again.succeed("a")
    assert again.outcome == "stopped"
    assert again.recover().running == ["b"]


# -- run again -------------------------------------------------------------------------------------


def test_a_success_that_is_to_run_again_does_in_each_recovery():
    play = play_of(flow(step("setup", recovery=RERUN), step("a", on("setup"))))
    play.succeed("setup")
    play.fail("a")
    again = play.recover()
    assert again.running == ["setup"], "what failed waits for what it requires, which runs again"
    again.succeed("setup")
    again.fail("a")
    assert again.recover().attempts == {"setup": 3}


def test_it_opens_what_encloses_it_in_a_finished_run_too():
    play = play_of(flow(block("c", block("d", step("x", recovery=RERUN), step("y")), step("z"))))
    play.succeed("c.d.x/1.1.1", "c.d.y/1.1.1", "c.z/1.1")
    assert play.outcome == "success"
    again = play.recover()
    assert again.running == ["c.d.x/1.1.1"]
    again.succeed("c.d.x/1.1.1")
    assert again.outcome == "success"
    assert again.closed == {"c.d/1.1.1": "success", "c/1.1": "success", "/1": "success"}


def test_in_what_it_opens_each_child_is_treated_by_its_own_status():
    inside = block("c", step("x", recovery=RERUN), step("bad"), step("fix", failed("c.bad")))
    play = play_of(flow(inside, step("last")))
    play.succeed("c.x/1.1")
    play.fail("c.bad/1.1")
    play.succeed("c.fix/1.1")
    play.fail("last")
    again = play.recover()
    assert sorted(again.running) == ["c.bad/1.1", "c.x/1.1", "last"]


def test_only_the_iterations_are_opened_in_which_something_runs_again():
    play = play_of(flow(block("c", step("x"), step("y", on("c.x")), repeats=items(3))))
    for number in (1, 2, 3):
        play.succeed(f"c.x/1.{number}", f"c.y/1.{number}")
    again = play.recover(rerun=("c.x/1.2",))
    again.succeed("c.x/1.2")
    assert again.started == ["c.x/1.2"]
    assert again.outcome == "success"


def test_an_until_is_met_no_more_by_an_iteration_that_is_opened_again():
    play = play_of(flow(step("poll", repeats=items(9), until=True)))
    play.succeed_with("poll/1.1", truthy=False)
    play.succeed_with("poll/1.2", truthy=True)
    again = play.recover(rerun=("poll/1.2",))
    again.succeed_with("poll/1.2", truthy=False)
    assert again.running == ["poll/1.3"]


def test_what_had_to_run_again_and_did_not_come_to_it_does_in_the_next_recovery():
    play = play_of(flow(step("a"), step("b", on("a")), step("c", on("b"))))
    play.succeed("a", "b", "c")
    again = play.recover(rerun=("a", "b", "c"))
    assert again.running == ["a"]
    third = again.recover()
    third.succeed("a", "b", "c")
    assert third.started == ["a", "b", "c"]


def test_what_encloses_it_is_open_in_the_next_recovery_too():
    play = play_of(flow(step("a"), block("c", block("d", step("x")), requires=on("a"))))
    play.succeed("a", "c.d.x/1.1.1")
    again = play.recover(rerun=("a", "c.d.x"))
    assert again.running == ["a"]
    third = again.recover()
    third.succeed("a")
    assert third.running == ["c.d.x/1.1.1"]


def test_by_hand_goes_before_what_the_flow_says():
    play = play_of(flow(step("a", recovery=SKIP_FAILED)))
    play.fail("a")
    assert play.recover(rerun=("a",)).running == ["a"]


def test_a_run_that_goes_on_applies_no_directives():
    play = play_of(flow(step("a", recovery=RERUN), step("b", on("a"), delay=None)))
    play.succeed("a")
    assert play.resume().running == ["b"]


# -- what waited by done, where a recovery ended early ---------------------------------------------


def interrupted():
    """``a`` failed and ``tidy`` ran; then ``a`` ran again, and the driver died before ``tidy`` could."""
    flow = Sequent()
    a = flow.add_step("a")
    tidy = flow.add_step("tidy", requires=a.done)
    flow.add_step("after", requires=tidy)
    play = world(flow, slots=1)
    play.fail("a")
    play.succeed("tidy")
    again = play.recover()
    again.stop()
    again.succeed("a")
    assert again.outcome == "stopped"
    assert again.started == ["a"]
    return again


def test_what_waited_by_done_for_what_ran_again_runs_again_in_the_next_recovery():
    third = interrupted().recover()
    assert third.running == ["tidy"]
    third.succeed("tidy", "after")
    assert third.outcome == "success"


def test_and_it_does_so_once():
    third = interrupted().recover()
    third.succeed("tidy")
    third.fail("after")
    fourth = third.recover()
    assert fourth.running == ["after"]


def test_and_in_a_run_that_goes_on():
    assert interrupted().resume().running == ["tidy"]


def test_what_was_passed_over_has_not_run_again():
    play = play_of(flow(step("a", recovery=SKIP_FAILED), step("tidy", done("a")), step("b", on("a"))))
    play.fail("a")
    play.succeed("tidy")
    again = play.recover()
    assert again.running == ["b"]
    assert again.recover().running == ["b"]


def test_a_repeat_that_waited_by_done_runs_again_whole_though_the_driver_died_in_the_middle():
    play = play_of(flow(step("a"), step("tidy", done("a"), repeats=items(3)), step("after", on("tidy"))))
    play.fail("a")
    play.succeed("tidy/1.1", "tidy/1.2", "tidy/1.3")
    again = play.recover()
    again.succeed("a", "tidy/1.1")
    assert again.running == ["tidy/1.2"]
    third = again.recover()
    third.succeed("tidy/1.2", "tidy/1.3", "after")
    assert third.started == ["tidy/1.2", "tidy/1.3", "after"]
    assert third.outcome == "success"


def test_what_waited_for_a_container_runs_again_if_anything_in_it_did():
    inside = block("c", block("d", step("x")), step("y"))
    play = play_of(flow(inside, step("tidy", done("c"))))
    play.fail("c.d.x/1.1.1")
    play.succeed("c.y/1.1", "tidy")
    again = play.recover()
    again.succeed("c.d.x/1.1.1")
    assert again.running == ["tidy"]


def test_a_container_ran_again_only_if_something_in_it_did():
    inside = block("c", step("x", failed("c.y")), step("y"), step("z", on("c.x")))
    play = play_of(flow(inside, step("tidy", done("c")), step("bad"), stop=False))
    play.succeed("c.y/1.1", "tidy")
    play.fail("bad")
    again = play.recover()
    again.succeed("bad")
    assert again.started == ["bad"]
