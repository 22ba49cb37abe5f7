"""How failures are shown: where, why and with which log, and how many at most."""

from __future__ import annotations

from traceback import format_exception

from sequent.cli.output.progress_lines import FULL_FAILURES
from sequent.model.commands import option, with_store
from sequent.model.outcome import Problem
from sequent.model.status import RunStatus, Status
from tests.cli.watching import PROBLEM, TRACEBACK, settle, watched


def test_a_failure_shows_the_authors_error_line_traceback_and_where_its_log_is():
    progress, stream, _ = watched(["load"])
    with with_store(option("store", "a.db")):
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
