"""What a run says while it runs, and how little that costs."""

from __future__ import annotations

import io

import pytest
from msgspec.structs import replace

from sequent.cli.output.progress import DeferredProgress, PlainProgress
from sequent.cli.output.task_counts import FailedAttempt, TaskCounts
from sequent.cli.output.terminal import Lines
from sequent.model.outcome import Problem
from sequent.model.status import RunStatus, Status
from tests.cli.plans import ROOT, a_record, wide_plan
from tests.cli.watching import LOG, PROBLEM, settle, watched


def test_a_few_tasks_have_a_line_each():
    progress, stream, _ = watched(["load", "send"])
    settle(progress, 1)
    progress.task_settled(ROOT, 2, 0, Status.SKIPPED, None, None)
    assert stream.getvalue().splitlines() == [
        "run r00412 of nightly",
        "✓ success  load/1",
        "- skipped  send/1",
    ]


def test_a_failure_that_will_be_tried_again_is_told_apart_from_one_that_stays():
    progress, stream, _ = watched(["load", "send"])
    progress.task_started(ROOT, 1, 1)
    progress.attempt_failed(ROOT, 1, 1, PROBLEM, LOG, 59.998)
    progress.task_started(ROOT, 1, 2)
    progress.attempt_failed(ROOT, 1, 2, PROBLEM, LOG, 0.0)
    settle(progress, 1, Status.FAILURE, PROBLEM)
    lines = stream.getvalue().splitlines()
    assert lines[1:4] == [
        "↻ retry  load/1  (attempt 1)  ValueError: no rows for eu; will be tried again in 60 s",
        "↻ retry  load/1  (attempt 2)  ValueError: no rows for eu; will be tried again",
        "✗ failure  load/1",
    ]
    assert stream.getvalue().count("failure") == 1


def test_a_delay_is_told_with_its_length_and_a_queue_only_to_those_who_ask_for_more():
    progress, stream, _ = watched(["load"])
    progress.task_waits(ROOT, 1, 8040)
    progress.tasks_queue({1: 3})
    assert stream.getvalue().splitlines()[1:] == ["… delayed  load/1  starts in 2 h 14 min"]
    progress, stream, _ = watched(["load"], is_verbose=True)
    progress.tasks_queue({1: 3})
    assert stream.getvalue().splitlines()[1:] == ["= queued  load: 3 wait for resources"]


def test_quiet_tells_nothing_of_what_waits_or_is_tried_again():
    progress, stream, _ = watched(["load"], is_quiet=True)
    progress.task_started(ROOT, 1, 1)
    progress.attempt_failed(ROOT, 1, 1, PROBLEM, LOG, 60)
    progress.task_waits(ROOT, 1, 60)
    progress.tasks_queue({1: 3})
    assert stream.getvalue() == ""


def test_what_is_not_tried_again_since_the_run_ends_is_a_failure_after_all():
    progress, stream, _ = watched(["load"])
    progress.task_started(ROOT, 1, 1)
    progress.attempt_failed(ROOT, 1, 1, PROBLEM, LOG, 60)
    progress.run_ended(RunStatus.FAILURE)
    assert stream.getvalue().splitlines()[2:4] == ["✗ failure  load/1", "    ValueError: no rows for eu"]


def test_what_is_not_tried_again_since_its_container_stops_is_told_at_once_with_why_it_failed():
    progress, stream, _ = watched(["load"])
    progress.task_started(ROOT, 1, 1)
    progress.attempt_failed(ROOT, 1, 1, PROBLEM, LOG, 60)
    progress.task_settled(ROOT, 1, 0, Status.FAILURE, None, None)
    lines = stream.getvalue().splitlines()
    assert lines[2:4] == ["✗ failure  load/1", "    ValueError: no rows for eu"]
    progress.run_ended(RunStatus.FAILURE)
    assert stream.getvalue().splitlines() == lines


def test_what_is_to_be_tried_again_stays_so_in_a_run_that_is_suspended():
    progress, stream, _ = watched(["load"])
    progress.task_started(ROOT, 1, 1)
    progress.attempt_failed(ROOT, 1, 1, PROBLEM, LOG, 60)
    progress.run_ended(RunStatus.SUSPENDED)
    assert "failure" not in stream.getvalue()


def test_a_flood_of_retries_is_held_as_well():
    progress, stream, _ = watched(["load"])
    for _ in range(5000):
        progress.task_started(ROOT, 1, 1)
        progress.attempt_failed(ROOT, 1, 1, PROBLEM, LOG, 0.0)
    assert len(stream.getvalue().splitlines()) < 210


def test_what_tasks_wait_for_is_counted_until_they_start_or_settle():
    counts = TaskCounts(wide_plan(["load"]))
    scopes = [replace(ROOT, id=number) for number in range(1, 5)]
    for scope in scopes:
        counts.delayed(scope, 1)
    counts.started(scopes[0], 1)
    counts.failed(FailedAttempt(scopes[0], 1, 1, PROBLEM, None))
    counts.started(scopes[1], 1)
    counts.ended(scopes[1], 1, 1, Status.SUCCESS)
    counts.ended(scopes[2], 1, 0, Status.CANCELLED)
    counts.queued({1: 7})
    assert counts.of(1) == {"retry": 1, "delayed": 1, "queued": 7, "success": 1, "cancelled": 1}
    counts.ended(scopes[0], 1, 0, Status.FAILURE)
    counts.started(scopes[3], 1)
    counts.queued({})
    assert counts.of(1) == {"active": 1, "success": 1, "cancelled": 1, "failure": 1}
    counts.delayed(ROOT, 0)
    assert counts.of(0) == {}


def test_what_never_started_leaves_what_runs_as_it_is():
    counts = TaskCounts(wide_plan(["load"]))
    counts.started(ROOT, 1)
    counts.ended(replace(ROOT, id=2), 1, 0, Status.CANCELLED)
    assert counts.of(1) == {"active": 1, "cancelled": 1}


def test_nothing_is_said_of_a_run_in_which_nothing_happens():
    plain, stream, _ = watched([])
    before = stream.getvalue()
    progress = DeferredProgress(plain)
    progress.run_began(a_record(), wide_plan(["load"]))
    progress.task_waits(ROOT, 1, 60)
    progress.tasks_queue({1: 1})
    progress.run_ended(RunStatus.SUSPENDED)
    progress.close()
    assert (stream.getvalue(), progress.has_begun) == (before, False)


@pytest.mark.parametrize(
    "happen",
    [
        lambda progress: progress.task_started(ROOT, 1, 1),
        lambda progress: progress.task_settled(ROOT, 1, 0, Status.SKIPPED, None, None),
        lambda progress: progress.note("look"),
        lambda progress: progress.draw_failed(1, PROBLEM),
    ],
)
def test_once_something_happens_the_run_is_told_from_its_beginning(happen):
    plain, stream, _ = watched([], is_verbose=True)
    before = len(stream.getvalue().splitlines())
    progress = DeferredProgress(plain)
    progress.run_began(a_record(), wide_plan(["load"]))
    happen(progress)
    lines = stream.getvalue().splitlines()[before:]
    assert lines[0] == "run r00412 of nightly"
    assert len(lines) > 1


def test_a_flood_of_tasks_becomes_a_summary_now_and_then_that_counts_every_one():
    progress, stream, clock = watched(["load"])
    for _ in range(100_000):
        clock.now += 0.001
        settle(progress, 1)
    progress.run_ended(RunStatus.SUCCESS)
    lines = stream.getvalue().splitlines()
    assert len(lines) < 201 + 100 * 10
    assert len([line for line in lines if "✓ success  load" in line]) < 220
    assert "load: 100,000 success" in lines[-1]


def test_a_slow_run_keeps_a_line_for_each_task_however_many():
    progress, stream, clock = watched(["load"])
    for _ in range(1000):
        clock.now += 0.2
        settle(progress, 1)
    assert len(stream.getvalue().splitlines()) == 1001


def test_quiet_tells_only_failures():
    progress, stream, _ = watched(["load", "send"], is_quiet=True)
    settle(progress, 1)
    settle(progress, 2, Status.FAILURE, PROBLEM)
    assert stream.getvalue().startswith("✗ failure  send/1")


def test_names_and_messages_cannot_steer_the_terminal():
    progress, stream, _ = watched(["load\x1b[2J"])
    settle(progress, 1, Status.FAILURE, Problem(type="E\x1b]0;x\x07", message="\x9b1m", file="f\x1b.py", line=1))
    progress.note("\x1b[1m")
    assert "\x1b" not in stream.getvalue()
    assert "\x9b" not in stream.getvalue()


class Closed(io.StringIO):
    def write(self, text):
        raise BrokenPipeError(32, "Broken pipe")


def test_a_run_goes_on_when_nobody_reads_what_it_says():
    progress = PlainProgress(Lines(Closed()))
    progress.run_began(a_record(), wide_plan(["load"]))
    settle(progress, 1)
    progress.run_ended(RunStatus.SUCCESS)
