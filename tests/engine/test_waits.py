"""Delays before steps and containers, and waits before further attempts."""

from sequent.model.durations import Backoff
from sequent.model.facts import DrawFailed
from sequent.model.status import Status
from tests.engine.playing import Play, key_of, play_of
from tests.small_flows import HOUR, block, failed, flow, items, on, step

SLOWLY = Backoff(first=60.0)


def test_a_step_with_a_delay_starts_once_its_time_has_come():
    play = play_of(flow(step("a"), step("b", on("a"), delay=HOUR)))
    play.succeed("a")
    assert (play.running, play.waiting_for_time) == ([], {"b": 0})
    play.time_comes("b")
    play.succeed("b")
    assert play.outcome == "success"


def test_a_container_with_a_delay_begins_once_its_time_has_come():
    play = play_of(flow(block("c", step("a"), delay=HOUR)))
    assert (play.running, play.waiting_for_time) == ([], {"c": 0})
    play.time_comes("c")
    assert play.running == ["c.a/1.1"]


def test_a_container_whose_delay_cannot_be_had_is_a_failure_and_never_begins():
    for options in ({}, {"repeats": items(2)}):
        play = play_of(flow(block("c", step("a"), delay=HOUR, **options), step("b", failed("c"))))
        timer = play.timers[key_of("c")]
        play.tell(DrawFailed(timer.scope.id, timer.node))
        assert play.running == ["b"]
        play.time_comes("c")
        play.succeed("b")
        assert (play.started, play.outcome) == (["b"], "success")


def test_each_iteration_of_a_repeated_step_waits_for_its_own_time():
    play = play_of(flow(step("poll", repeats=items(2), delay=HOUR)))
    play.time_comes("poll/1.1")
    assert play.waiting_for_time == {}
    play.succeed("poll/1.1")
    assert play.waiting_for_time == {"poll/1.2": 0}


def test_what_only_waits_for_a_time_leaves_room_for_other_iterations():
    play = play_of(flow(step("poll", repeats=items(1500), parallel=0, delay=HOUR)))
    assert len(play.waiting_for_time) == 1500
    play.time_comes(*(f"poll/1.{n}" for n in range(1, 1501)))
    assert play.frames == 1501


def test_with_a_limit_of_its_own_what_waits_for_a_time_is_under_way():
    play = play_of(flow(step("poll", repeats=items(5), parallel=2, delay=HOUR)))
    assert len(play.waiting_for_time) == 2


def test_a_delayed_step_is_cancelled_at_once_when_its_container_stops():
    play = play_of(flow(step("a"), step("b", delay=HOUR)))
    play.fail("a")
    assert play.statuses == {"a": "failure", "b": "cancelled"}
    assert play.outcome == "failure"


def test_a_time_that_comes_after_the_step_was_cancelled_changes_nothing():
    play = play_of(flow(step("a"), step("x"), step("b", delay=HOUR)))
    play.fail("a")
    play.time_comes("b")
    assert play.running == ["x"]


# -- further attempts --------------------------------------------------------------------------------


def test_a_failed_step_is_tried_again_as_often_as_it_says_and_then_fails():
    play = play_of(flow(step("a", retries=2), step("fix", failed("a"))))
    play.fail("a", "a")
    assert (play.running, play.attempts) == (["a"], {"a": 3})
    play.fail("a")
    assert play.running == ["fix"]


def test_between_attempts_it_waits_with_the_number_of_failures():
    play = play_of(flow(step("a", retries=2, backoff=SLOWLY)))
    play.fail("a")
    assert (play.running, play.waiting_for_time) == ([], {"a": 1})
    play.time_comes("a")
    play.fail("a")
    assert play.waiting_for_time == {"a": 2}


def test_a_failure_that_is_none_to_retry_on_is_final():
    play = play_of(flow(step("a", retries=5)))
    play.end(("a", (1,)), Status.FAILURE, may_retry=False)
    assert play.outcome == "failure"


def test_a_step_that_succeeds_at_its_second_attempt_is_a_success():
    play = play_of(flow(step("a", retries=1), step("fix", failed("a"))))
    play.fail("a")
    play.succeed("a")
    assert (play.outcome, play.statuses) == ("success", {"a": "success", "fix": "skipped"})


def test_a_step_that_waits_for_a_further_attempt_is_a_failure_once_its_container_stops():
    play = play_of(flow(step("a", retries=1, backoff=SLOWLY), step("b")))
    play.fail("a", "b")
    assert (play.outcome, play.ended.counts) == ("failure", {Status.FAILURE: 2})


def test_nothing_is_tried_again_in_a_container_that_has_stopped():
    play = play_of(flow(step("a", retries=1), step("b")))
    play.fail("b", "a")
    assert (play.outcome, play.attempts) == ("failure", {"a": 1, "b": 1})


def test_a_watcher_is_tried_again_in_a_container_that_has_stopped():
    play = play_of(flow(step("a"), step("tell", failed("a"), handles=False, retries=1)))
    play.fail("a", "tell")
    assert play.running == ["tell"]


def test_a_loss_does_not_count_as_a_failed_attempt():
    play = play_of(flow(step("a", retries=1)))
    play.lose("a")
    play.fail("a")
    assert (play.running, play.attempts) == (["a"], {"a": 3})


# -- recoveries ------------------------------------------------------------------------------------


def test_the_retries_are_renewed_by_a_recovery():
    play = play_of(flow(step("a", retries=1)))
    play.fail("a", "a")
    again = play.recover()
    again.fail("a")
    assert (again.running, again.attempts) == (["a"], {"a": 4})


def test_a_wait_before_a_further_attempt_goes_on_in_a_recovery():
    play = play_of(flow(step("a", retries=1, backoff=SLOWLY)))
    play.fail("a")
    again = play.recover()
    assert (again.running, again.waiting_for_time) == ([], {"a": 0})
    again.time_comes("a")
    again.succeed("a")
    assert again.outcome == "success"


def test_a_delay_is_ordered_again_in_a_recovery_so_that_its_rest_is_waited_for():
    play = play_of(flow(step("a", delay=HOUR)))
    assert play.recover().waiting_for_time == {"a": 0}


# -- suspended runs --------------------------------------------------------------------------------


def test_a_run_is_suspended_only_when_nothing_but_times_is_left():
    play = play_of(flow(step("a"), step("b", delay=HOUR)))
    play.pause()
    assert (play.outcome, play.scheduler.is_idle) == (None, False)
    play.succeed("a")
    assert play.scheduler.is_idle
    play.pause()
    assert play.outcome == "suspended"


def test_a_continued_run_keeps_its_failures_and_does_not_run_them_again():
    play = play_of(flow(step("a"), step("fix", failed("a"), delay=HOUR), step("c", on("fix"))))
    play.fail("a")
    play.pause()
    again = play.resume()
    assert (again.running, again.waiting_for_time) == ([], {"fix": 0})
    again.time_comes("fix")
    again.succeed("fix", "c")
    assert again.outcome == "success"


def test_a_continued_run_counts_attempts_and_retries_on():
    play = play_of(flow(step("a", retries=1, backoff=SLOWLY)))
    play.fail("a")
    play.pause()
    again = play.resume()
    assert again.waiting_for_time == {"a": 1}
    again.time_comes("a")
    again.fail("a")
    assert (again.outcome, again.attempts) == ("failure", {"a": 2})


def test_a_continued_run_goes_on_in_the_middle_of_an_iteration():
    spec = flow(block("c", step("a"), step("b", on("c.a"), delay=HOUR), repeats=items(2)))
    play = play_of(spec)
    play.succeed("c.a/1.1")
    play.pause()
    again = play.resume()
    again.time_comes("c.b/1.1")
    again.succeed("c.b/1.1", "c.a/1.2")
    assert (again.started, again.waiting_for_time) == (["c.b/1.1", "c.a/1.2"], {"c.b/1.2": 0})


def test_a_continued_run_knows_which_iterations_have_failed():
    spec = flow(
        block("c", step("a"), step("b", delay=HOUR, stop_on_exception=False), repeats=items(2), parallel=2), stop=False
    )
    play = play_of(spec)
    play.fail("c.a/1.1")
    play.time_comes("c.b/1.1")
    play.succeed("c.b/1.1", "c.a/1.2")
    play.pause()
    assert play.outcome == "suspended"
    again = play.resume()
    again.time_comes("c.b/1.2")
    again.succeed("c.b/1.2")
    assert (again.outcome, again.started) == ("failure", ["c.b/1.2"])


def test_what_had_stopped_stays_stopped_when_the_run_is_continued():
    spec = flow(step("a"), step("b", on("x")), step("x"), step("tell", failed("a"), handles=False, delay=HOUR))
    play = play_of(spec)
    play.fail("a")
    play.succeed("x")
    play.pause()
    again: Play = play.resume()
    assert again.running == []
    again.time_comes("tell")
    again.succeed("tell")
    assert (again.outcome, again.started) == ("failure", ["tell"])


def test_a_further_attempt_that_is_lost_in_what_has_stopped_is_cancelled_and_no_failure_without_a_row():
    play = play_of(flow(step("a", retries=2), step("b")))
    play.fail("a", "b")
    play.lose("a")
    assert play.statuses == {"a": "cancelled", "b": "failure"}
