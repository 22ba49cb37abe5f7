"""What a run says while it runs, and how little that costs."""

from __future__ import annotations

import io
from traceback import format_exception

import pytest

from sequent.cli.live import LiveProgress
from sequent.cli.progress import FULL_FAILURES, Lines, PlainProgress
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
