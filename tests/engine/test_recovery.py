"""What a recovery keeps, and what it runs again."""

from sequent import Sequent
from tests.engine.playing import plan_of, world
from tests.kept_rows import Rows


def endless():
    """Items that the engine is told to be drawn one at a time."""
    yield from ()


# -- kept, and run again ---------------------------------------------------------------------------


def test_what_succeeded_is_kept_and_the_rest_runs():
    flow = Sequent()
    a, b = flow.add_step("a"), flow.add_step("b")
    flow.add_step("after", requires=a & b)
    play = world(flow)
    play.succeed("a")
    play.fail("b")
    again = play.recover()
    assert again.running == ["b"]
    again.succeed("b", "after")
    assert again.outcome == "success"
    assert again.attempts == {"b": 2, "after": 1}


def test_what_had_no_outcome_runs_again_as_the_next_attempt():
    flow = Sequent()
    flow.add_step("a")
    again = world(flow).recover().recover()
    assert again.attempts == {"a": 3}


def test_what_is_kept_is_not_counted_again():
    flow = Sequent()
    a = flow.add_step("a")
    flow.add_step("b", requires=a)
    play = world(flow)
    play.succeed("a")
    again = play.recover()
    again.succeed("b")
    assert again.ended is not None
    assert again.ended.counts == {"success": 1}


def test_what_was_skipped_or_cancelled_is_judged_anew():
    flow = Sequent()
    a, b = flow.add_step("a"), flow.add_step("b")
    flow.add_step("after_a", requires=a)
    flow.add_step("after_b", requires=b)
    play = world(flow)
    play.fail("a")
    play.succeed("b")
    assert play.statuses == {"a": "failure", "after_a": "skipped", "after_b": "cancelled", "b": "success"}
    again = play.recover()
    assert sorted(again.running) == ["a", "after_b"]
    again.succeed("a", "after_a", "after_b")
    assert again.outcome == "success"


def test_a_run_that_has_succeeded_has_nothing_left_to_do():
    flow = Sequent()
    c = flow.add_step("c", repeats=[1, 2])
    c.add_step("a")
    play = world(flow)
    play.succeed("c.a/1.1", "c.a/1.2")
    again = play.recover()
    assert again.started == []
    assert again.outcome == "success"


def test_a_run_of_which_nothing_was_kept_starts_from_the_beginning():
    flow = Sequent()
    flow.add_step("a")
    play = world(flow)
    empty = type(play)(plan_of(flow), slots=1, rows=Rows(play.plan)).recover()
    assert empty.attempts == {"a": 1}


def test_who_asks_what_had_been_active_is_answered_by_what_is_kept():
    flow = Sequent()
    a = flow.add_step("a")
    flow.add_step("beside", requires=a.ready & a.active)
    play = world(flow)
    play.succeed("a")
    again = play.recover()
    assert again.attempts == {"beside": 2}


# -- containers ------------------------------------------------------------------------------------


def test_a_container_that_succeeded_is_kept_whole_with_the_failures_handled_in_it():
    flow = Sequent()
    c = flow.add_step("c")
    a = c.add_step("a")
    c.add_step("fix", requires=a.failed)
    flow.add_step("bad", requires=c)
    play = world(flow)
    play.fail("c.a/1.1")
    play.succeed("c.fix/1.1")
    play.fail("bad")
    again = play.recover()
    assert again.running == ["bad"]


def test_a_container_that_failed_is_opened_again_and_each_child_judged_by_itself():
    flow = Sequent()
    c = flow.add_step("c")
    c.add_step("good")
    bad = c.add_step("bad")
    c.add_step("after", requires=bad)
    play = world(flow)
    play.succeed("c.good/1.1")
    play.fail("c.bad/1.1")
    again = play.recover()
    assert again.running == ["c.bad/1.1"]
    again.succeed("c.bad/1.1", "c.after/1.1")
    assert again.closed == {"c/1.1": "success", "/1": "success"}


def test_a_container_that_was_cancelled_is_opened_again():
    flow = Sequent()
    flow.add_step("bad")
    c = flow.add_step("c")
    a = c.add_step("a")
    c.add_step("b", requires=a)
    play = world(flow)
    play.fail("bad")
    play.succeed("c.a/1.1")
    assert play.closed["c/1.1"] == "cancelled"
    again = play.recover()
    assert again.running == ["bad", "c.b/1.1"]


def test_iterations_that_succeeded_are_kept_and_the_loop_goes_on_from_where_it_was():
    flow = Sequent()
    c = flow.add_step("c", repeats=[1, 2, 3])
    a = c.add_step("a")
    c.add_step("b", requires=a)
    play = world(flow)
    play.succeed("c.a/1.1", "c.b/1.1", "c.a/1.2")
    play.fail("c.b/1.2")
    again = play.recover()
    assert again.running == ["c.b/1.2"]
    again.succeed("c.b/1.2", "c.a/1.3", "c.b/1.3")
    assert again.outcome == "success"
    assert again.attempts == {"c.b/1.2": 2, "c.a/1.3": 1, "c.b/1.3": 1}


def test_iterations_that_were_under_way_at_once_are_opened_again_before_new_ones_begin():
    flow = Sequent()
    flow.add_step("load", repeats=range(5), parallel=3)
    play = world(flow)
    play.succeed("load/1.2")
    again = play.recover()
    assert again.running == ["load/1.1", "load/1.3", "load/1.4"]
    again.succeed("load/1.1", "load/1.3", "load/1.4", "load/1.5")
    assert again.outcome == "success"


def test_a_container_further_in_is_taken_up_in_mid_iteration():
    flow = Sequent()
    c = flow.add_step("c", repeats=[1, 2])
    d = c.add_step("d", repeats=[1, 2])
    d.add_step("a")
    c.add_step("b", requires=d)
    play = world(flow)
    play.succeed("c.d.a/1.1.1", "c.d.a/1.1.2", "c.b/1.1", "c.d.a/1.2.1")
    play.fail("c.d.a/1.2.2")
    again = play.recover()
    again.succeed("c.d.a/1.2.2", "c.b/1.2")
    assert again.started == ["c.d.a/1.2.2", "c.b/1.2"]
    assert again.outcome == "success"


def test_an_until_that_was_met_is_not_asked_again():
    flow = Sequent()
    flow.add_step("poll", repeats=range(9), parallel=2, until=True)
    play = world(flow)
    play.succeed_with("poll/1.1", truthy=True)
    again = play.recover()
    again.succeed_with("poll/1.2", truthy=False)
    assert again.started == ["poll/1.2"]
    assert again.outcome == "success"


def test_the_verdict_of_a_kept_step_counts_when_its_iteration_settles():
    flow = Sequent()
    c = flow.add_step("c", repeats=range(9))
    check = c.until = c.add_step("check")
    c.add_step("rest", requires=check)
    play = world(flow)
    play.succeed_with("c.check/1.1", truthy=True)
    again = play.recover()
    again.succeed("c.rest/1.1")
    assert again.started == ["c.rest/1.1"]
    assert again.outcome == "success"


# -- items that are drawn --------------------------------------------------------------------------


def drawn():
    flow = Sequent()
    flow.add_step("load", repeats=endless, parallel=2)
    play = world(flow)
    play.items("load", None)
    play.item("load")
    play.item("load")
    play.succeed("load/1.1")
    return play


def test_an_iterator_is_drawn_again_up_to_where_it_was():
    again = drawn().recover()
    assert again.to_open["load", (1,)].drawn == 2
    again.items("load", None)
    assert again.running == ["load/1.2"]
    assert again.to_draw["load", (1,)].number == 3
    again.end_items("load")
    again.succeed("load/1.2")
    assert again.outcome == "success"


def test_items_that_cannot_be_had_again_fail_the_container_and_open_nothing_again():
    again = drawn().recover()
    again.break_items("load")
    assert again.started == []
    assert again.outcome == "failure"
