"""The runs that the store remembers, told without anybody's code."""

from __future__ import annotations

import json

from msgspec.structs import replace

from sequent.cli.arguments.options import GlobalOptions
from sequent.cli.commands import ls, show
from sequent.model.status import Status
from sequent.runtime.records import Pending
from tests.cli.plans import NOW, UNRUN
from tests.cli.remembered import RememberedStore, attempt


def test_ls_has_a_line_for_each_run(a_run, capsys):
    assert ls.ls() == 0
    heading, line = capsys.readouterr().out.splitlines()
    assert heading.split() == ["run", "flow", "started", "took", "status", "tasks"]
    assert "r00412  nightly  2023-11-1" in line
    assert line.endswith("12.0 s  ✗ failure  2 success, 1 failure")


def test_ls_of_an_empty_store_says_so_on_stderr(a_run, capsys):
    assert ls.ls(flow="other") == 0
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "no runs in runs.db\n")


def test_ls_as_json_has_a_version_and_stable_keys(a_run, capsys):
    ls.ls(options=GlobalOptions(json=True))
    document = json.loads(capsys.readouterr().out)
    assert document["version"] == 1
    (run,) = document["runs"]
    assert run["id"] == "r00412"
    assert run["status"] == "failure"
    assert run["counts"] == {"success": 2, "failure": 1}
    assert run["started"] == "2023-11-14T22:13:20.000000+00:00"


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
        assert counts[0][0]["waiting"] == 2
        assert counts[0][0]["failure"] == 1
        ls.ls()
        assert "2 waiting, " in capsys.readouterr().out
