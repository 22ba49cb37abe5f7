"""Failures are handled level by level; what nobody handles stops what is around it, but for watchers."""

import pytest

from sequent import STEP_COMPLETE, STEP_FAILURE, Sequent, and_, or_
from tests.engine.playing import world

# -- handled, or not -------------------------------------------------------------------------------


def test_a_sibling_that_requires_the_failure_handles_it():
    flow = Sequent()
    a = flow.add_step("a")
    flow.add_step("after", requires=a)
    flow.add_step("fix", requires=a.failed)
    play = world(flow)
    play.fail("a")
    assert play.running == ["fix"]
    play.succeed("fix")
    assert play.statuses == {"a": "failure", "after": "skipped", "fix": "success"}
    assert play.outcome == "success"


def test_a_sibling_that_requires_the_end_handles_the_failure():
    flow = Sequent()
    a = flow.add_step("a")
    flow.add_step("fix", requires=((a, STEP_COMPLETE),))
    play = world(flow)
    play.fail("a")
    play.succeed("fix")
    assert play.outcome == "success"


def test_a_handler_that_came_true_by_another_part_handles_too():
    flow = Sequent()
    a, b = flow.add_step("a"), flow.add_step("b")
    flow.add_step("next", requires=a | b.failed)
    flow.add_step("other", requires=b.complete)
    play = world(flow)
    play.succeed("a", "next")
    play.fail("b")
    play.succeed("other")
    assert play.outcome == "success"


def test_what_nobody_handles_cancels_what_waits_at_once_and_lets_run_what_runs():
    flow = Sequent()
    a, slow = flow.add_step("a"), flow.add_step("slow")
    flow.add_step("after_a", requires=a)
    flow.add_step("after_slow", requires=slow)
    play = world(flow)
    play.fail("a")
    assert play.statuses == {"a": "failure", "after_a": "skipped", "after_slow": "cancelled"}
    assert play.running == ["slow"]
    assert play.outcome is None
    play.succeed("slow")
    assert play.outcome == "failure"
    assert play.started == ["a", "slow"]


def test_what_waits_for_a_slot_is_cancelled_too():
    flow = Sequent()
    for name in "abc":
        flow.add_step(name)
    play = world(flow, slots=2)
    play.fail("a")
    play.succeed("b")
    assert play.started == ["a", "b"]
    assert play.statuses["c"] == "cancelled"


def test_nothing_stops_while_a_handler_may_still_come_true():
    flow = Sequent()
    a, slow, other = flow.add_step("a"), flow.add_step("slow"), flow.add_step("other")
    flow.add_step("fix", requires=a.failed & slow)
    flow.add_step("after", requires=other)
    play = world(flow)
    play.fail("a")
    play.succeed("other")
    assert play.running == ["slow", "after"]
    play.succeed("slow", "fix", "after")
    assert play.outcome == "success"


def test_the_stop_comes_at_the_moment_when_no_handler_can_come_true_any_more():
    flow = Sequent()
    a, slow, other = flow.add_step("a"), flow.add_step("slow"), flow.add_step("other")
    flow.add_step("fix", requires=a.failed & slow)
    flow.add_step("mend", requires=slow.failed)
    flow.add_step("after", requires=other)
    play = world(flow)
    play.fail("a", "slow")
    assert play.statuses["fix"] == "skipped"
    assert play.statuses["after"] == "cancelled"
    assert play.statuses["mend"] == "cancelled"
    play.succeed("other")
    assert play.outcome == "failure"


@pytest.mark.parametrize("order", ["abc", "acb", "bac", "bca", "cab", "cba"])
def test_the_last_handler_that_can_come_true_decides(order):
    flow = Sequent(config={"stop_on_exception": False})
    bad = flow.add_step("bad", stop_on_exception=True)
    for name in "abc":
        step = flow.add_step(name)
        flow.add_step(f"fix_{name}", requires=bad.failed & step)
        flow.add_step(f"mend_{name}", requires=step.failed)
    slow = flow.add_step("slow")
    flow.add_step("after", requires=slow)
    play = world(flow)
    play.fail("bad", order[0], order[1])
    assert "after" not in play.statuses
    play.fail(order[2])
    assert play.statuses["after"] == "cancelled"


def test_one_of_several_handlers_is_enough():
    flow = Sequent()
    a, b = flow.add_step("a"), flow.add_step("b")
    flow.add_step("both", requires=and_((a, STEP_FAILURE), (b, STEP_FAILURE)))
    flow.add_step("either", requires=or_((a, STEP_FAILURE), (b, STEP_FAILURE)))
    play = world(flow)
    play.fail("a")
    play.succeed("either", "b")
    assert play.outcome == "success"
    assert play.statuses["both"] == "skipped"


def test_the_failure_of_a_handler_is_a_failure():
    flow = Sequent()
    a = flow.add_step("a")
    flow.add_step("fix", requires=a.failed)
    play = world(flow)
    play.fail("a", "fix")
    assert play.outcome == "failure"


def test_a_handler_that_another_failure_cancels_leaves_its_failure_unhandled():
    flow = Sequent()
    a, slow = flow.add_step("a"), flow.add_step("slow")
    flow.add_step("b")
    flow.add_step("fix", requires=a.failed & slow)
    play = world(flow)
    play.fail("a", "b")
    assert play.statuses["fix"] == "cancelled"
    play.succeed("slow")
    assert play.outcome == "failure"


def test_what_was_cancelled_handles_nothing_though_its_requirement_comes_true():
    flow = Sequent()
    flow.add_step("bad")
    c = flow.add_step("c")
    a = c.add_step("a")
    c.add_step("fix", requires=a.failed)
    play = world(flow)
    play.fail("bad")
    assert play.statuses["c.fix/1.1"] == "cancelled"
    play.fail("c.a/1.1")
    assert play.closed["c/1.1"] == "failure"


def test_a_container_whose_only_last_step_is_a_handler_completes_when_nothing_failed():
    flow = Sequent()
    c = flow.add_step("c")
    a = c.add_step("a")
    c.add_step("fix", requires=a.failed)
    flow.add_step("after", requires=c)
    play = world(flow)
    play.succeed("c.a/1.1")
    assert play.statuses == {"c.a/1.1": "success", "c.fix/1.1": "skipped"}
    play.succeed("after")
    assert play.outcome == "success"


# -- level by level --------------------------------------------------------------------------------


def test_what_is_handled_inside_does_not_fail_the_container():
    flow = Sequent()
    c = flow.add_step("c")
    a = c.add_step("a")
    c.add_step("fix", requires=a.failed)
    flow.add_step("after", requires=c)
    play = world(flow)
    play.fail("c.a/1.1")
    play.succeed("c.fix/1.1", "after")
    assert play.closed == {"c/1.1": "success", "/1": "success"}


@pytest.mark.parametrize("claim", ["failed", "complete"])
def test_what_is_not_handled_inside_is_handled_one_level_further_out(claim):
    flow = Sequent()
    c = flow.add_step("c")
    c.add_step("a")
    slow = c.add_step("slow")
    c.add_step("after_slow", requires=slow)
    other = flow.add_step("other")
    flow.add_step("after_other", requires=other)
    flow.add_step("fix", requires=getattr(c, claim))
    play = world(flow)
    play.fail("c.a/1.1")
    assert play.statuses["c.after_slow/1.1"] == "cancelled"
    play.succeed("other")
    assert "after_other" in play.running, "further out nothing stops, as the failure will be handled there"
    assert "fix" not in play.running, "the container has not settled yet"
    play.succeed("c.slow/1.1")
    play.succeed("fix", "after_other")
    assert play.closed["c/1.1"] == "failure"
    assert play.outcome == "success"


def test_where_no_level_can_handle_it_the_whole_flow_stops_at_once():
    flow = Sequent()
    c = flow.add_step("c")
    d = c.add_step("d")
    d.add_step("a")
    slow = d.add_step("slow")
    d.add_step("after_slow", requires=slow)
    beside = c.add_step("beside")
    c.add_step("after_beside", requires=beside)
    other = flow.add_step("other")
    flow.add_step("after_other", requires=other)
    flow.add_step("after_c", requires=c.skipped | c)
    play = world(flow)
    play.fail("c.d.a/1.1.1")
    assert play.statuses == {
        "c.d.a/1.1.1": "failure",
        "c.d.after_slow/1.1.1": "cancelled",
        "c.after_beside/1.1": "cancelled",
        "after_other": "cancelled",
        "after_c": "cancelled",
    }
    play.succeed("c.d.slow/1.1.1", "c.beside/1.1", "other")
    assert play.outcome == "failure"
    assert play.closed == {"c.d/1.1.1": "failure", "c/1.1": "failure", "/1": "failure"}


def test_the_handler_of_a_level_that_stopped_from_further_in_stops_no_more_than_that_level():
    flow = Sequent()
    c = flow.add_step("c")
    d = c.add_step("d")
    d.add_step("a")
    c.add_step("fix", requires=d.failed)
    flow.add_step("after", requires=c)
    play = world(flow)
    play.fail("c.d.a/1.1.1")
    assert play.running == ["c.fix/1.1"]
    play.succeed("c.fix/1.1", "after")
    assert play.outcome == "success"


def test_a_requirement_inside_another_container_never_handles():
    flow = Sequent()
    a = flow.add_step("a")
    c = flow.add_step("c")
    slow = c.add_step("slow")
    c.add_step("fix", requires=a.failed)
    c.add_step("after_slow", requires=slow)
    play = world(flow)
    play.fail("a")
    assert play.statuses["c.fix/1.1"] == "cancelled"
    play.succeed("c.slow/1.1")
    assert play.outcome == "failure"


def test_a_container_handles_the_failure_of_its_sibling():
    flow = Sequent()
    a = flow.add_step("a")
    repair = flow.add_step("repair", requires=a.failed)
    x = repair.add_step("x")
    repair.add_step("y", requires=x)
    play = world(flow)
    play.fail("a")
    play.succeed("repair.x/1.1", "repair.y/1.1")
    assert play.outcome == "success"


def test_a_step_outside_that_requires_a_containers_end_handles_what_failed_in_it():
    flow = Sequent()
    c = flow.add_step("c")
    c.add_step("a")
    flow.add_step("after", requires=((c, STEP_COMPLETE),))
    play = world(flow)
    play.fail("c.a/1.1")
    play.succeed("after")
    assert play.outcome == "success"


def test_a_container_that_waits_is_cancelled_whole_without_its_tasks():
    flow = Sequent()
    flow.add_step("a")
    slow = flow.add_step("slow")
    c = flow.add_step("c", requires=slow)
    x = c.add_step("x")
    c.add_step("tidy", requires=x.done)
    play = world(flow)
    play.fail("a")
    play.succeed("slow")
    assert play.statuses == {"a": "failure", "slow": "success"}
    assert play.outcome == "failure"


# -- iterations ------------------------------------------------------------------------------------


def test_an_unhandled_failure_ends_the_loop():
    flow = Sequent()
    c = flow.add_step("c", repeats=[1, 2, 3])
    c.add_step("a")
    play = world(flow)
    play.succeed("c.a/1.1")
    play.fail("c.a/1.2")
    assert play.outcome == "failure"
    assert play.started == ["c.a/1.1", "c.a/1.2"]


def test_all_iterations_of_what_stops_start_nothing_more():
    flow = Sequent()
    c = flow.add_step("c", repeats=[1, 2, 3], parallel=2)
    a = c.add_step("a")
    c.add_step("b", requires=a)
    play = world(flow)
    play.fail("c.a/1.1")
    assert play.statuses == {"c.a/1.1": "failure", "c.b/1.1": "skipped", "c.b/1.2": "cancelled"}
    play.succeed("c.a/1.2")
    assert play.closed == {"c/1.1": "failure", "c/1.2": "cancelled", "c": "failure", "/1": "failure"}
    assert play.started == ["c.a/1.1", "c.a/1.2"]


def test_a_handled_failure_lets_the_loop_go_on():
    flow = Sequent()
    c = flow.add_step("c", repeats=[1, 2])
    a = c.add_step("a")
    c.add_step("fix", requires=a.failed)
    play = world(flow)
    play.fail("c.a/1.1")
    play.succeed("c.fix/1.1", "c.a/1.2")
    assert play.outcome == "success"


def test_a_repeated_steps_failure_is_that_of_the_whole_repeat_and_is_handled_as_such():
    flow = Sequent()
    load = flow.add_step("load", repeats=[1, 2, 3], parallel=2)
    flow.add_step("fix", requires=load.failed)
    play = world(flow)
    play.fail("load/1.1")
    assert play.running == ["load/1.2"], "another iteration still runs, so the repeat has not settled"
    play.succeed("load/1.2", "fix")
    assert play.started == ["load/1.1", "load/1.2", "fix"]
    assert play.outcome == "success"


# -- watchers --------------------------------------------------------------------------------------


def test_what_requires_that_something_is_done_runs_whatever_happened_and_leaves_the_failure_one():
    flow = Sequent()
    a = flow.add_step("a")
    flow.add_step("tidy", requires=a.done)
    play = world(flow)
    play.fail("a")
    assert play.running == ["tidy"]
    play.succeed("tidy")
    assert play.outcome == "failure"


def test_handles_false_tells_of_a_failure_and_leaves_it_one():
    flow = Sequent()
    a = flow.add_step("a")
    flow.add_step("alert", requires=a.failed, handles=False)
    play = world(flow)
    play.fail("a")
    play.succeed("alert")
    assert play.outcome == "failure"


def test_handles_false_has_nothing_to_tell_when_nothing_failed():
    flow = Sequent()
    a = flow.add_step("a")
    flow.add_step("alert", requires=a.failed, handles=False)
    play = world(flow)
    play.succeed("a")
    assert play.statuses == {"a": "success", "alert": "skipped"}
    assert play.outcome == "success"


def test_a_watcher_beside_a_handler_does_not_undo_the_handling():
    flow = Sequent()
    a = flow.add_step("a")
    flow.add_step("alert", requires=a.failed, handles=False)
    flow.add_step("fix", requires=a.failed)
    play = world(flow)
    play.fail("a")
    play.succeed("alert", "fix")
    assert play.outcome == "success"


def test_a_watcher_waits_on_in_what_has_stopped_and_starts_once_its_requirement_holds():
    flow = Sequent()
    a, slow = flow.add_step("a"), flow.add_step("slow")
    flow.add_step("tidy", requires=a.done & slow.done)
    flow.add_step("alert", requires=a.failed & slow, handles=False)
    flow.add_step("other", requires=slow)
    play = world(flow)
    play.fail("a")
    assert play.running == ["slow"]
    play.succeed("slow")
    assert play.running == ["tidy", "alert"]
    play.succeed("tidy", "alert")
    assert play.outcome == "failure"
    assert play.statuses["other"] == "cancelled"


def test_a_watcher_whose_requirement_can_never_hold_is_skipped_in_what_has_stopped():
    flow = Sequent()
    a, slow = flow.add_step("a"), flow.add_step("slow")
    flow.add_step("alert", requires=a.failed & slow, handles=False)
    play = world(flow)
    play.fail("a", "slow")
    assert play.statuses["alert"] == "skipped"


def test_a_watcher_sees_that_what_it_watches_was_cancelled():
    flow = Sequent()
    flow.add_step("a")
    slow = flow.add_step("slow")
    b = flow.add_step("b", requires=slow)
    flow.add_step("tidy", requires=b.done)
    play = world(flow)
    play.fail("a")
    assert play.running == ["slow", "tidy"]


def test_inside_a_container_that_watches_everything_runs_as_usual():
    flow = Sequent()
    a = flow.add_step("a")
    tidy = flow.add_step("tidy", requires=a.done)
    x = tidy.add_step("x", repeats=[1, 2])
    tidy.add_step("y", requires=x)
    play = world(flow)
    play.fail("a")
    play.succeed("tidy.x/1.1.1", "tidy.x/1.1.2", "tidy.y/1.1")
    assert play.outcome == "failure"
    assert play.closed["tidy/1.1"] == "success"


def test_a_watching_container_that_is_at_work_is_not_stopped_by_what_fails_beside_it():
    flow = Sequent()
    a = flow.add_step("a")
    flow.add_step("b")
    tidy = flow.add_step("tidy", requires=a.done)
    x = tidy.add_step("x")
    tidy.add_step("y", requires=x)
    play = world(flow)
    play.succeed("a")
    play.fail("b")
    play.succeed("tidy.x/1.1", "tidy.y/1.1")
    assert play.outcome == "failure"


def test_a_failure_inside_a_watching_container_stops_that_container():
    flow = Sequent()
    a = flow.add_step("a")
    tidy = flow.add_step("tidy", requires=a.done)
    tidy.add_step("x")
    slow = tidy.add_step("slow")
    tidy.add_step("y", requires=slow)
    play = world(flow)
    play.fail("a", "tidy.x/1.1")
    assert play.statuses["tidy.y/1.1"] == "cancelled"
    play.succeed("tidy.slow/1.1")
    assert play.closed["tidy/1.1"] == "failure"


def test_watchers_further_in_run_when_what_is_around_them_stops():
    flow = Sequent()
    flow.add_step("a")
    c = flow.add_step("c")
    x = c.add_step("x")
    c.add_step("y", requires=x)
    c.add_step("tidy", requires=x.done)
    play = world(flow)
    play.fail("a")
    assert play.statuses["c.y/1.1"] == "cancelled"
    play.succeed("c.x/1.1")
    assert play.running == ["c.tidy/1.1"]
    play.succeed("c.tidy/1.1")
    assert play.closed == {"c/1.1": "cancelled", "/1": "failure"}


def test_the_failure_of_a_watcher_fails_the_flow():
    flow = Sequent()
    a = flow.add_step("a")
    flow.add_step("tidy", requires=a.done)
    play = world(flow)
    play.succeed("a")
    play.fail("tidy")
    assert play.outcome == "failure"


def test_handles_false_on_a_container_watches_too():
    flow = Sequent()
    a = flow.add_step("a")
    alarm = flow.add_step("alarm", requires=a.failed, handles=False)
    alarm.add_step("mail")
    play = world(flow)
    play.fail("a")
    play.succeed("alarm.mail/1.1")
    assert play.outcome == "failure"


def test_a_repeated_step_watches_as_a_whole():
    flow = Sequent()
    a = flow.add_step("a")
    flow.add_step("tidy", requires=a.done, repeats=[1, 2])
    play = world(flow)
    play.fail("a")
    play.succeed("tidy/1.1", "tidy/1.2")
    assert play.closed["tidy"] == "success"
    assert play.outcome == "failure"


# -- stop_on_exception -----------------------------------------------------------------------------


def test_a_flow_that_does_not_stop_runs_whatever_else_can_run_and_fails():
    flow = Sequent(config={"stop_on_exception": False})
    a, b = flow.add_step("a"), flow.add_step("b")
    flow.add_step("after_a", requires=a)
    flow.add_step("after_b", requires=b)
    c = flow.add_step("c", repeats=[1, 2])
    c.add_step("x")
    play = world(flow)
    play.fail("a")
    play.succeed("b", "after_b")
    play.fail("c.x/1.1")
    play.succeed("c.x/1.2")
    assert play.outcome == "failure"
    assert play.statuses["after_a"] == "skipped"
    assert "cancelled" not in play.statuses.values()


def test_a_step_that_does_not_stop_fails_its_container_in_the_end():
    flow = Sequent()
    flow.add_step("a", stop_on_exception=False)
    b = flow.add_step("b")
    flow.add_step("after_b", requires=b)
    play = world(flow)
    play.fail("a")
    play.succeed("b", "after_b")
    assert play.outcome == "failure"


def test_a_container_that_does_not_stop_holds_the_stop_back_until_it_has_settled():
    flow = Sequent()
    c = flow.add_step("c", repeats=[1, 2], stop_on_exception=False)
    a = c.add_step("a")
    c.add_step("b", requires=a)
    other = flow.add_step("other")
    between = flow.add_step("between", requires=other)
    flow.add_step("after", requires=between)
    play = world(flow)
    play.fail("c.a/1.1")
    play.succeed("other")
    assert play.running == ["c.a/1.2", "between"], "nothing has stopped yet"
    play.succeed("c.a/1.2", "c.b/1.2")
    assert play.closed["c"] == "failure"
    assert play.statuses["after"] == "cancelled"
    play.succeed("between")
    assert play.outcome == "failure"


def test_a_step_that_does_not_stop_holds_the_stop_back_for_the_levels_around():
    flow = Sequent()
    c = flow.add_step("c")
    c.add_step("a", stop_on_exception=False)
    b = c.add_step("b")
    c.add_step("after_b", requires=b)
    slow = flow.add_step("slow")
    flow.add_step("after_slow", requires=slow)
    play = world(flow)
    play.fail("c.a/1.1")
    play.succeed("c.b/1.1")
    assert play.running == ["slow", "c.after_b/1.1"]
    play.succeed("c.after_b/1.1")
    assert play.statuses["after_slow"] == "cancelled"


def test_what_stops_again_inside_what_does_not_stop_stops_only_itself():
    flow = Sequent(config={"stop_on_exception": False})
    c = flow.add_step("c", stop_on_exception=True)
    c.add_step("a")
    slow = c.add_step("slow")
    c.add_step("after_slow", requires=slow)
    other = flow.add_step("other")
    flow.add_step("after_other", requires=other)
    play = world(flow)
    play.fail("c.a/1.1")
    assert play.statuses["c.after_slow/1.1"] == "cancelled"
    play.succeed("c.slow/1.1", "other", "after_other")
    assert play.outcome == "failure"


def test_it_is_inherited_by_containers_further_in():
    flow = Sequent()
    c = flow.add_step("c", stop_on_exception=False)
    d = c.add_step("d")
    d.add_step("a")
    b = d.add_step("b")
    d.add_step("after_b", requires=b)
    play = world(flow)
    play.fail("c.d.a/1.1.1")
    play.succeed("c.d.b/1.1.1", "c.d.after_b/1.1.1")
    assert play.outcome == "failure"


def test_on_a_repeated_step_it_governs_the_iterations():
    flow = Sequent()
    flow.add_step("load", repeats=[1, 2, 3], stop_on_exception=False)
    slow = flow.add_step("slow")
    flow.add_step("after", requires=slow)
    play = world(flow)
    play.fail("load/1.1", "load/1.2")
    assert play.running == ["slow", "load/1.3"]
    play.succeed("load/1.3")
    assert play.statuses["after"] == "cancelled", "the repeat has failed as a whole, which stops what is around it"


def test_a_handler_is_not_needed_where_nothing_stops_but_still_makes_it_a_success():
    flow = Sequent(config={"stop_on_exception": False})
    a = flow.add_step("a")
    flow.add_step("fix", requires=a.failed)
    play = world(flow)
    play.fail("a")
    play.succeed("fix")
    assert play.outcome == "success"
