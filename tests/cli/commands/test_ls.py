"""The runs that the store remembers, told without anybody's code."""

from __future__ import annotations

import json
from contextlib import closing

import pytest
from msgspec.structs import replace

from sequent.cli.arguments.options import GlobalOptions
from sequent.cli.commands import ls, show
from sequent.model.outcome import Failure, Problem
from sequent.model.status import RunStatus, Status
from sequent.runtime.records import Pending
from sequent.runtime.store import open_store
from tests.cli.plans import NOW, UNRUN, a_record
from tests.cli.remembered import RememberedStore, attempt
from tests.contracts.plans import create, ended


def test_ls_has_a_line_for_each_run(a_run, capsys):
    assert ls.ls() == 0
    heading, line = capsys.readouterr().out.splitlines()
    assert heading.split() == ["run", "flow", "started", "took", "status", "tasks"]
    assert "r00412  nightly  2023-11-1" in line
    assert line.endswith("12.0 s  ✗ failure  2 success, 1 failure  failed: send/1.2")


class EmptyStore(RememberedStore):
    """A store without runs."""

    def runs(self, flow=None, limit=None):
        return []


def test_ls_of_an_empty_store_says_so_on_stderr(remember, capsys):
    remember(EmptyStore(a_record(), []))
    assert ls.ls() == 0
    assert capsys.readouterr() == ("", "no runs in runs.db\n")
    assert ls.ls(flow="other") == 0
    assert capsys.readouterr() == ("", "no runs of the flow 'other' in runs.db\n")


def test_ls_of_an_unknown_flow_says_so_on_stderr_and_names_those_that_ran(a_run, capsys):
    assert ls.ls(flow="nightyl") == 0
    told = "no runs of the flow 'nightyl' in runs.db\n  hint: did you mean 'nightly'? there are: nightly\n"
    assert capsys.readouterr() == ("", told)
    ls.ls(flow="nightyl", options=GlobalOptions(json=True))
    captured = capsys.readouterr()
    assert (json.loads(captured.out)["runs"], captured.err) == ([], "")


@pytest.fixture
def five_runs(tmp_path):
    """A store with five runs, of which one has lost its driver."""
    path = str(tmp_path / "runs.db")
    with closing(open_store(path)) as store:
        ended(store, "first", RunStatus.FAILURE)
        ended(store, "second", RunStatus.FAILURE, "nightly")
        create(store, "lost", "nightly").close()
        ended(store, "good", RunStatus.SUCCESS)
        ended(store, "third", RunStatus.FAILURE, "nightly")
    return path


@pytest.mark.parametrize(
    ("filters", "listed"),
    [
        ({"status": ("failure",)}, ["third", "second", "first"]),
        ({"status": ("failure",), "limit": 2}, ["third", "second"]),
        ({"status": ("failure",), "limit": 0}, ["third", "second", "first"]),
        ({"status": ("failure", "interrupted"), "flow": "nightly"}, ["third", "lost", "second"]),
        ({"status": ("success",), "flow": "nightly"}, []),
        ({"status": ("interrupted",)}, ["lost"]),
        ({"status": ("running",)}, []),
    ],
)
@pytest.mark.parametrize("at_once", [1, 2, 3, 200])
def test_ls_lists_the_runs_in_a_status_however_many_it_reads_at_once(
    five_runs, capsys, monkeypatch, filters, listed, at_once
):
    monkeypatch.setattr(ls, "_READ_AT_ONCE", at_once)
    filters = {**filters, "status": tuple(map(RunStatus, filters["status"]))}
    assert ls.ls(**filters, options=GlobalOptions(store=five_runs, json=True)) == 0
    assert [run["id"] for run in json.loads(capsys.readouterr().out)["runs"]] == listed


def test_ls_says_which_status_no_run_has(five_runs, capsys):
    options = GlobalOptions(store=five_runs)
    statuses = (RunStatus.STOPPED, RunStatus.SUSPENDED)
    assert ls.ls(status=statuses, options=options) == 0
    assert capsys.readouterr() == ("", f"no runs with the status stopped or suspended in {five_runs}\n")
    assert ls.ls(status=statuses[:1], flow="nightly", options=options) == 0
    assert capsys.readouterr() == ("", f"no runs of the flow 'nightly' with the status stopped in {five_runs}\n")
    assert ls.ls(status=statuses[:1], flow="night", options=options) == 0
    assert "hint: did you mean 'nightly'? there are: nightly, small\n" in capsys.readouterr().err


def test_ls_as_json_has_a_version_and_stable_keys(a_run, capsys):
    ls.ls(options=GlobalOptions(json=True))
    document = json.loads(capsys.readouterr().out)
    assert document["version"] == 1
    (run,) = document["runs"]
    assert run["id"] == "r00412"
    assert run["status"] == "failure"
    assert run["counts"] == {"success": 2, "failure": 1}
    assert run["started"] == "2023-11-14T22:13:20.000000+00:00"
    assert run["cause"] is None


STOPPED = "stopped by the failure of block.send/1.3"


def failed(**changes):
    return a_record(counts={Status.SUCCESS: 2, Status.FAILURE: 4}, **changes)


class NeverSearched(RememberedStore):
    """A store in which a search for a failure is a mistake."""

    def tasks(self, run):
        raise AssertionError("the tasks of a run were searched")


def test_ls_tells_the_failure_that_stopped_a_run_without_a_search(remember, capsys):
    remember(NeverSearched(failed(reason=f"{STOPPED}\nload waits for 2"), []))
    ls.ls()
    assert capsys.readouterr().out.endswith("2 success, 4 failure  failed: block.send/1.3, +3 more\n")
    ls.ls(options=GlobalOptions(json=True))
    assert json.loads(capsys.readouterr().out)["runs"][0]["cause"] == "block.send/1.3"


@pytest.mark.parametrize("status", [RunStatus.SUCCESS, RunStatus.STOPPED, RunStatus.INTERRUPTED])
def test_ls_names_no_failure_of_a_run_that_has_not_failed(remember, capsys, status):
    remember(NeverSearched(failed(status=status), []))
    ls.ls()
    assert "failed:" not in capsys.readouterr().out


def test_ls_names_the_container_whose_items_could_not_be_computed(remember, capsys):
    problem = Failure(path="load", sequence="1", problem=Problem(type="KeyError", message="k"))
    remember(RememberedStore(a_record(counts={}), [], problems=[problem]))
    ls.ls()
    assert capsys.readouterr().out.endswith("✗ failure  nothing ran  failed: load/1\n")


def test_ls_searches_no_large_run(remember, capsys):
    remember(NeverSearched(a_record(counts={Status.SUCCESS: 1_000, Status.FAILURE: 1}), []))
    ls.ls()
    assert "failed:" not in capsys.readouterr().out


def test_ls_tells_shortly_what_a_run_waits_for(under_way, remember, capsys):
    away = "host 'edge1' cannot be reached since 08:20"
    waits = f"{away}, and its tasks wait: connection refused (connection); try: ssh edge1 true"
    remember(RememberedStore(replace(under_way, reason=waits), []))
    ls.ls()
    assert capsys.readouterr().out.endswith(f"nothing yet, {away}\n")


@pytest.mark.parametrize("room", [19, 20, 30, 40])
def test_ls_cuts_a_failure_to_the_room_that_is_left_on_the_line(remember, capsys, monkeypatch, room):
    remember(RememberedStore(failed(reason=STOPPED), []))
    ls.ls()
    whole = capsys.readouterr().out.splitlines()[1]
    line = whole.partition("  failed: ")[0]
    monkeypatch.setattr(ls, "_width", lambda: len(line) + room)
    ls.ls()
    told = capsys.readouterr().out.splitlines()[1]
    assert told == (
        line if room < 20 else whole if len(whole) <= len(line) + room else f"{whole[: len(line) + room - 1]}…"
    )


def test_ls_counts_the_tasks_of_a_run_that_has_not_ended_as_show_does(under_way, remember, capsys):
    attempts = [
        attempt("load", "1", 1, Status.SUCCESS),
        *(attempt("block.send", f"1.{number}", 1, Status.FAILURE) for number in (1, 2, 3)),
        attempt("block.send", "1.2", 2, Status.SUCCESS),
        attempt("block.send", "1.4", 1, Status.ACTIVE, ended=None),
    ]
    waits = [
        Pending(path="block.send", sequence=f"1.{number}", attempt=2 * (number == 3), due=NOW) for number in (3, 5)
    ]
    for owner in (under_way.owner, None):
        record = replace(under_way, unrun=UNRUN, owner=owner)
        remember(RememberedStore(record, attempts, waits=waits))
        counts = []
        for command in (ls.ls, show.show):
            command(options=GlobalOptions(json=True))
            told = json.loads(capsys.readouterr().out)
            run = told.get("run") or told["runs"][0]
            counts.append((run["counts"], run["due"]))
        assert counts[0] == counts[1]
        waiting = 3 if owner is None else 2
        assert counts[0][0]["waiting"] == waiting
        assert counts[0][0]["failure"] == 1
        ls.ls()
        assert f"{waiting} waiting, " in capsys.readouterr().out
