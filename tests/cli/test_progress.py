"""What a run says while it runs, and how little that costs."""

from __future__ import annotations

import io
import re
from traceback import format_exception

import pytest
from attrs import evolve

from sequent.cli.counting import Counts, Failed
from sequent.cli.lines import FULL_FAILURES, Lines
from sequent.cli.live import LiveProgress
from sequent.cli.progress import PlainProgress, Reserved
from sequent.model.outcome import LogSpan, Problem
from sequent.model.status import RunStatus, Status
from tests.cli.plans import ROOT, a_record, wide_plan

TRACEBACK = """Traceback (most recent call last):
  File "flows.py", line 41, in load
    return read(region)
  File "reading.py", line 7, in read
    raise ValueError(region)
ValueError: no rows for eu
"""
PROBLEM = Problem(type="ValueError", message="no rows for eu", traceback=TRACEBACK, file="reading.py", line=7)
LOG = LogSpan(segment="s", offset=0, length=10)


class Time:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def watched(names, **options):
    stream, clock = io.StringIO(), Time()
    progress = PlainProgress(Lines(stream), clock=clock, **options)
    progress.run_began(a_record(), wide_plan(names))
    return progress, stream, clock


def settle(progress, node, status=Status.SUCCESS, problem=None):
    progress.task_started(ROOT, node, 1)
    progress.task_settled(ROOT, node, 1, status, problem, LOG if problem else None)


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
    counts = Counts(wide_plan(["load"]))
    scopes = [evolve(ROOT, id=number) for number in range(1, 5)]
    for scope in scopes:
        counts.delayed(scope, 1)
    counts.started(scopes[0], 1)
    counts.failed(Failed(scopes[0], 1, 1, PROBLEM, None))
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
    counts = Counts(wide_plan(["load"]))
    counts.started(ROOT, 1)
    counts.ended(evolve(ROOT, id=2), 1, 0, Status.CANCELLED)
    assert counts.of(1) == {"active": 1, "cancelled": 1}


def test_nothing_is_said_of_a_run_in_which_nothing_happens():
    plain, stream, _ = watched([])
    before = stream.getvalue()
    progress = Reserved(plain)
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
    progress = Reserved(plain)
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


def test_a_failure_shows_the_authors_error_line_traceback_and_where_its_log_is():
    progress, stream, _ = watched(["load"], store_option=" --store a.db")
    settle(progress, 1, Status.FAILURE, PROBLEM)
    assert stream.getvalue().splitlines()[1:] == [
        "✗ failure  load/1",
        "    ValueError: no rows for eu",
        "    reading.py:7: raise ValueError(region)",
        *(f"    {line}" for line in TRACEBACK.splitlines()),
        "    log: sequent logs r00412 load/1 --store a.db",
    ]


def test_the_line_is_the_authors_though_the_error_came_from_further_in():
    progress, stream, _ = watched(["load"])
    problem = Problem(type="ValueError", message="no", traceback=TRACEBACK, file="flows.py", line=41)
    settle(progress, 1, Status.FAILURE, problem)
    assert stream.getvalue().splitlines()[3] == "    flows.py:41: return read(region)"


def test_an_error_of_one_line_is_not_told_twice():
    progress, stream, _ = watched(["load"])
    traceback = (
        'Traceback (most recent call last):\n  File "flows.py", line 3, in load\n    1 / 0\nZeroDivisionError: x\n'
    )
    problem = Problem(type="ZeroDivisionError", message="x", traceback=traceback, file="flows.py", line=3)
    settle(progress, 1, Status.FAILURE, problem)
    assert stream.getvalue().splitlines()[2:4] == ["    ZeroDivisionError: x", "    flows.py:3: 1 / 0"]
    assert "Traceback" not in stream.getvalue()


def test_errors_that_were_raised_together_are_told_each():
    progress, stream, _ = watched(["load"])
    try:
        raise ExceptionGroup("several", [ValueError("no rows"), TypeError("no type")])
    except ExceptionGroup as error:
        traceback = "".join(format_exception(error))
    problem = Problem(type="ExceptionGroup", message="several", traceback=traceback, file="flows.py", line=3)
    settle(progress, 1, Status.FAILURE, problem)
    assert "ValueError: no rows" in stream.getvalue()
    assert "TypeError: no type" in stream.getvalue()


def test_of_very_many_failures_the_first_are_told_in_full_and_all_are_counted():
    progress, stream, _ = watched(["load"])
    for _ in range(5000):
        settle(progress, 1, Status.FAILURE, PROBLEM)
    progress.run_ended(RunStatus.FAILURE)
    text = stream.getvalue()
    assert text.count("Traceback") == FULL_FAILURES
    assert text.splitlines()[-1] == "✗ failure  and 4,800 more: sequent show r00412"


def test_a_draw_that_fails_is_told_by_its_containers_name():
    progress, stream, _ = watched(["load"])
    progress.draw_failed(1, Problem(type="KeyError", message="'x'"))
    assert stream.getvalue().splitlines()[1:] == ["✗ failure  load", "    KeyError: 'x'"]


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


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def _a_terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("LINES", "40")
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.mark.usefixtures("_a_terminal")
def test_the_display_ends_with_a_row_for_each_definition_and_few_frames():
    stream = Terminal()
    progress = LiveProgress(Lines(stream))
    progress.run_began(a_record(), wide_plan(["load", "send"]))
    for _ in range(100_000):
        settle(progress, 1)
    settle(progress, 2, Status.FAILURE, PROBLEM)
    progress.run_ended(RunStatus.FAILURE)
    text = stream.getvalue()
    assert "100,000" in text
    assert "failure" in text.rsplit("send", 1)[0]
    assert "reading.py:7" in text
    assert text.count("running") < 100


@pytest.mark.usefixtures("_a_terminal")
def test_the_display_tells_apart_what_is_tried_again_delayed_and_queued():
    stream = Terminal()
    progress = LiveProgress(Lines(stream))
    progress.run_began(a_record(), wide_plan(["load", "wait", "queue"]))
    progress.task_started(ROOT, 1, 1)
    progress.attempt_failed(ROOT, 1, 1, PROBLEM, LOG, 60)
    progress.task_waits(ROOT, 2, 60)
    progress.tasks_queue({3: 1204})
    progress.close()
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", stream.getvalue())
    assert "↻ retry  load/1  (attempt 1)  ValueError: no rows for eu; will be tried again in 60 s" in text
    rows = [line.split() for line in text.splitlines()]
    assert ["↻", "retry", "load", "1"] in rows
    assert ["…", "delayed", "wait", "1"] in rows
    assert ["=", "queued", "queue", "1,204"] in rows
    assert "failure" not in "".join(line for line in text.splitlines() if "load" in line)


@pytest.mark.usefixtures("_a_terminal")
def test_the_display_tells_at_once_what_is_not_tried_again():
    stream = Terminal()
    progress = LiveProgress(Lines(stream))
    progress.run_began(a_record(), wide_plan(["load"]))
    progress.task_started(ROOT, 1, 1)
    progress.attempt_failed(ROOT, 1, 1, PROBLEM, LOG, 60)
    progress.task_settled(ROOT, 1, 0, Status.FAILURE, None, None)
    progress.close()
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", stream.getvalue())
    assert text.count("✗ failure  load/1") == 1
    assert ["✗", "failure", "load", "1"] in [line.split() for line in text.splitlines()]


@pytest.mark.usefixtures("_a_terminal")
def test_the_display_gives_the_terminal_back_when_the_run_breaks():
    stream = Terminal()
    progress = LiveProgress(Lines(stream))
    progress.run_began(a_record(), wide_plan(["load"]))
    progress.task_started(ROOT, 1, 1)
    progress.close()
    text = stream.getvalue()
    assert text.rfind("\x1b[?25h") > text.rfind("\x1b[?25l")


@pytest.mark.usefixtures("_a_terminal")
def test_the_display_shows_running_definitions_first_where_there_is_no_room_for_all(monkeypatch):
    monkeypatch.setenv("LINES", "14")
    stream = Terminal()
    progress = LiveProgress(Lines(stream))
    progress.run_began(a_record(), wide_plan([f"step{n}" for n in range(50)]))
    for node in range(1, 50):
        settle(progress, node)
    progress.task_started(ROOT, 50, 1)
    progress.close()
    assert "step49" in stream.getvalue()
    assert "more steps not shown" in stream.getvalue()
