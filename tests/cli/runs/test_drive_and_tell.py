"""How a command ends."""

from __future__ import annotations

import json
import signal

import pytest

from sequent.cli.arguments.options import GlobalOptions
from sequent.cli.output.text import Paint
from sequent.cli.runs.drive_and_tell import drive_and_tell, end_lines, exit_code
from sequent.model.commands import option, with_store
from sequent.model.outcome import Failure, Outcome, Problem
from sequent.model.status import RunStatus, Status

FAILURE = Failure(path="load", sequence="1.2", attempt=1, problem=Problem(type="ValueError", message="no"))


def outcome(status, **more):
    return Outcome(run_id="r00412", status=status, counts={Status.SUCCESS: 3}, **more)


@pytest.mark.parametrize(
    ("ended", "code"),
    [
        (outcome(RunStatus.SUCCESS), 0),
        (outcome(RunStatus.FAILURE), 1),
        (outcome(RunStatus.SUSPENDED), 0),
        (outcome(RunStatus.STOPPED), 130),
        (outcome(RunStatus.STOPPED, stopped_by=signal.SIGINT), 130),
        (outcome(RunStatus.STOPPED, stopped_by=signal.SIGTERM), 143),
        (outcome(RunStatus.FAILURE, stopped_by=signal.SIGTERM), 1),
    ],
)
def test_the_exit_code_says_how_the_run_ended(ended, code):
    assert exit_code(ended.status, ended.stopped_by) == code


def test_a_success_is_one_line():
    lines = end_lines(outcome(RunStatus.SUCCESS), 3.4, Paint(is_on=False))
    assert lines == ["run r00412: ✓ success in 3.40 s, 3 success"]


@pytest.mark.parametrize("status", [RunStatus.FAILURE, RunStatus.STOPPED])
def test_anything_else_ends_with_the_next_command(status):
    with with_store(option("store", "a.db")):
        lines = end_lines(outcome(status), 3.4, Paint(is_on=False))
    assert lines[-1] == "next: sequent recover r00412 --store a.db"


def test_a_suspended_run_ends_with_the_command_that_continues_it():
    lines = end_lines(outcome(RunStatus.SUSPENDED), 3.4, Paint(is_on=False))
    assert lines[-1] == "next: sequent continue r00412"


def test_why_a_run_could_not_go_on_is_said():
    lines = end_lines(outcome(RunStatus.FAILURE, reason="a waits for 2\nb waits for 1"), 3.4, Paint(is_on=False))
    assert lines[1:3] == ["  a waits for 2", "  b waits for 1"]


@pytest.mark.parametrize(("result", "printed"), [(None, ""), ("done", "done\n"), ([1, 2], "[1, 2]\n"), (42, "42\n")])
def test_the_flows_result_is_all_that_goes_to_stdout(result, printed, capsys):
    drive_and_tell(GlobalOptions(), lambda observer: outcome(RunStatus.SUCCESS, result=result))
    captured = capsys.readouterr()
    assert captured.out == printed
    assert "run r00412" in captured.err


def test_with_json_stdout_is_one_document(capsys):
    ended = outcome(RunStatus.FAILURE, failures=(FAILURE,), failed=1, store="a.db")
    assert drive_and_tell(GlobalOptions(json=True), lambda observer: ended) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["version"] == 1
    run = document["run"]
    assert (run["id"], run["status"], run["failed"], run["counts"]) == ("r00412", "failure", 1, {"success": 3})
    assert run["failures"][0]["problem"]["type"] == "ValueError"
