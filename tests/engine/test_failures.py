"""Who handles a failure, level by level."""

import pytest

from sequent import STEP_COMPLETE, STEP_FAILURE, Sequent, and_, or_
from tests.engine.playing import play_of, world
from tests.small_flows import block, failed, flow, items, on, step

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


def test_the_end_tells_whose_failure_stopped_the_flow_the_innermost_that_is_known():
    def ended(*children, stop=True):
        play = play_of(flow(*children, stop=stop))
        play.fail(play.running[0])
        while play.ended is None:
            play.succeed(play.running[0])
        cause = play.ended.cause
        return None if cause is None else (play.plan.nodes[cause[1]].path, cause[0].sequence)

    inner = block("c", block("d", step("x"), step("y", on("c.d.x"))), repeats=items(2))
    assert ended(step("a"), step("b", on("a"))) == (("a",), (1,))
    assert ended(inner, step("b", on("c"))) == (("c", "d", "x"), (1, 1, 1))
    assert ended(step("a"), step("h", failed("a")), step("b", on("h"))) is None
    assert ended(step("a"), step("b"), stop=False) is None
