"""What the store remembers, told without anybody's code."""

from __future__ import annotations

import json

import pytest

from sequent.cli import history
from sequent.cli.typed import TypedOptions
from sequent.model.outcome import LogSpan
from sequent.model.status import RunStatus, Status
from tests.cli.plans import a_record
from tests.cli.remembered import RememberedStore, attempt, opening


@pytest.fixture
def remember(monkeypatch):
    def put(store):
        monkeypatch.setattr(history, "opened_store", opening(store))

    return put


@pytest.fixture
def a_run(remember, tmp_path):
    log = tmp_path / "segment"
    log.write_bytes(b"before|loaded 12\x1b[2J\n|after")
    span = LogSpan(segment="segment", offset=7, length=14, dropped=5)
    attempts = [
        attempt("load", "1", 1, Status.FAILURE),
        attempt("send", "1.1", 1, Status.SUCCESS),
        attempt("load", "1", 2, Status.SUCCESS, log=span),
        attempt("send", "1.2", 1, Status.FAILURE, log=span),
    ]
    counts = {Status.SUCCESS: 2, Status.FAILURE: 1}
    record = a_record(params={"day": '{"$da":"2026-11-24"}'}, counts=counts, structure={"": "", "load": "", "send": ""})
    remember(RememberedStore(record, attempts, str(log)))
    return record


def test_ls_has_a_line_for_each_run(a_run, capsys):
    assert history.ls() == 0
    heading, line = capsys.readouterr().out.splitlines()
    assert heading.split() == ["run", "flow", "started", "took", "status", "tasks"]
    assert "r00412  nightly  2023-11-1" in line
    assert line.endswith("12.0 s  ✗ failure  2 success, 1 failure")


def test_ls_of_an_empty_store_says_so_on_stderr(a_run, capsys):
    assert history.ls(flow="other") == 0
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "no runs in runs.db\n")


def test_ls_as_json_has_a_version_and_stable_keys(a_run, capsys):
    history.ls(options=TypedOptions(json=True))
    document = json.loads(capsys.readouterr().out)
    assert document["version"] == 1
    (run,) = document["runs"]
    assert run["id"] == "r00412"
    assert run["status"] == "failure"
    assert run["counts"] == {"success": 2, "failure": 1}
    assert run["started"] == "2023-11-14T22:13:20.000000+00:00"


def test_a_run_that_has_not_ended_is_counted_by_its_attempts(remember, capsys):
    attempts = [attempt("load", "1", 1, Status.SUCCESS), attempt("send", "1", 1, Status.ACTIVE)]
    remember(RememberedStore(a_record(status=RunStatus.INTERRUPTED, ended=None), attempts))
    history.ls()
    assert "nothing yet" not in capsys.readouterr().out
    history.show()
    assert "  tasks: 1 active, 1 success\n" in capsys.readouterr().out
    history.show(options=TypedOptions(json=True))
    assert json.loads(capsys.readouterr().out)["run"]["counts"] == {"active": 1, "success": 1}


def test_show_counts_each_steps_tasks_by_their_last_attempt(a_run, capsys):
    assert history.show() == 0
    text = capsys.readouterr().out
    assert "day = 2026-11-24" in text
    assert "  load: 1 success\n" in text
    assert "  send: 1 success, 1 failure\n" in text


def test_show_tells_only_the_failures_that_stand_with_their_error_and_log(a_run, capsys):
    history.show(options=TypedOptions(store="my runs.db"))
    text = capsys.readouterr().out
    assert "✗ failure  load/1" not in text
    assert "✗ failure  send/1.2\n    ValueError: no rows\n    flows.py:7\n" in text
    assert "log: sequent logs r00412 send/1.2 --store 'my runs.db'" in text


def test_show_lists_attempts_when_asked_for_more(a_run, capsys):
    history.show(options=TypedOptions(verbose=1))
    text = capsys.readouterr().out
    assert "load/1  attempt 1  ✗ failure  1.00 s" in text
    assert "load/1  attempt 2  ✓ success  1.00 s" in text


def test_show_as_json_has_steps_failures_and_attempts(a_run, capsys):
    history.show(options=TypedOptions(json=True, verbose=1))
    run = json.loads(capsys.readouterr().out)["run"]
    assert run["steps"] == {"load": {"success": 1}, "send": {"success": 1, "failure": 1}}
    assert [failure["path"] for failure in run["failures"]] == ["send"]
    assert run["failures"][0]["problem"]["place"] == {"file": "flows.py", "line": 7}
    assert len(run["attempts"]) == 4


def test_a_lost_attempt_is_called_lost(remember, capsys):
    remember(RememberedStore(a_record(), [attempt("load", "1", 1, Status.WAITING)]))
    history.show(options=TypedOptions(verbose=1))
    assert "attempt 1  ? lost" in capsys.readouterr().out
