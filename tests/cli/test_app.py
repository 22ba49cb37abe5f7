"""What was typed, and what it becomes."""

from __future__ import annotations

import json

import pytest

from sequent.cli import main
from sequent.cli.app import arranged
from sequent.errors import UsageError


@pytest.mark.parametrize(
    ("typed", "becomes"),
    [
        (["ls"], ["ls"]),
        (["flows:nightly"], ["run", "flows:nightly"]),
        (["flows/nightly.py:flow", "--day", "1"], ["run", "flows/nightly.py:flow", "--day", "1"]),
        (["flows.nightly"], ["run", "flows.nightly"]),
        (["--store", "a.db", "ls"], ["ls", "--store", "a.db"]),
        (["--store=a.db", "-q", "m:f", "-p", "a=1"], ["run", "--store=a.db", "-q", "m:f", "-p", "a=1"]),
        (["--store", "a.db", "m:f", "--"], ["run", "--store", "a.db", "m:f", "--"]),
        (["--json", "run", "m:f", "--", "x"], ["run", "--json", "m:f", "--", "x"]),
        (["--help"], ["--help"]),
        ([], []),
    ],
)
def test_the_command_comes_first_and_run_may_be_left_out(typed, becomes):
    assert arranged(typed) == becomes


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        (["rum"], "did you mean 'run'"),
        (["nightly"], "module:flow"),
        (["night"], "did you mean 'sequent run night.py'"),
        (["--limit", "3", "ls"], "command first"),
        (["resume"], "did you mean 'sequent recover'"),
        (["retry"], "did you mean 'sequent recover'"),
        (["status"], "did you mean 'sequent show'"),
        (["delete"], "did you mean 'sequent prune'"),
        (["help"], "did you mean 'sequent --help'"),
        (["zzz"], "sequent --help lists the commands"),
    ],
)
def test_a_word_that_is_neither_command_nor_target_is_refused_with_what_there_is(typed, hint, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "night.py").touch()
    with pytest.raises(UsageError) as caught:
        arranged(typed)
    assert repr(typed[0]) in caught.value.message
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["ls", "--limt", "3"], "did you mean --limit"),
        (["ls", "--limt=3"], "sequent ls has no option '--limt'\n"),
        (["ls", "--parallel", "3"], "sequent ls has no option '--parallel'\n  hint: see sequent ls --help"),
        (["forecast", "x:y", "--parallel", "3"], "did you mean --max-concurrent? see sequent forecast --help"),
        (
            ["simulate", "x:y", "--day", "3"],
            "give a parameter of the flow as -p day=value; see sequent simulate --help",
        ),
        (["plan", "x:y", "--day", "3"], "has no option '--day'\n  hint: see sequent plan --help"),
        (["recover", "--dry-run"], "did you mean 'sequent recover --plan'?"),
        (["logs", "--grep", "x"], "sequent logs has no option '--grep'\n  hint: see sequent logs --help"),
        (["show", "--status", "sucess"], "--status is 'sucess'\n  hint: choose waiting, ready, active, success,"),
        (["ls", "--limit", "x"], "--limit is 'x'\n  hint: give a whole number; see sequent ls --help"),
        (["ls", "--limit", "-3"], "--limit is '-3'\n  hint: give 1, 2, ..., or 0 for all; see sequent ls --help"),
        (["ls", "stray"], "'stray'\n  hint: see sequent ls --help"),
        (["show", "a", "b", "c"], "'c'"),
        (["recover", "flows.py:nightly"], "'flows.py:nightly' is the place of a flow, not a run"),
        (["graph", "m:f", "--format", "gif"], "--format is 'gif'\n  hint: choose svg, mermaid, dot, json;"),
        (["host"], "action is missing\n  hint: write sequent host add|check|ls|clean [host...] [options]; see"),
        (["mark", "latest", "x", "done"], "outcome is 'done'\n  hint: choose success, failure;"),
        (["ls", "-q", "-q"], "-q is given twice"),
        (["run"], "no target given"),
        (["run", "--dry-run", "m:f"], "sequent run has no option '--dry-run', and no target is given before it"),
        (["run", "--dry-run", "m:f"], "did you mean 'sequent plan target'?"),
        (["run", "--jobs=3", "m:f"], "did you mean --max-concurrent?"),
        (["run", "--day", "3", "m:f"], "a flow's own options follow its target: sequent run target --day"),
        (["ls", "--store"], "--store needs a value"),
    ],
)
def test_a_wrong_option_exits_2_with_one_line_and_no_traceback(typed, said, capsys):
    assert main(typed) == 2
    captured = capsys.readouterr()
    assert not captured.out
    assert said in captured.err.lower()
    assert captured.err.startswith("error: ")
    assert "Traceback" not in captured.err


def test_with_json_an_error_is_a_document_on_stdout(capsys):
    assert main(["rum", "--json"]) == 2
    captured = capsys.readouterr()
    assert not captured.err
    document = json.loads(captured.out)
    assert document["version"] == 1
    assert set(document["error"]) == {"code", "message", "place", "path", "hint", "problems"}
    assert "'rum'" in document["error"]["message"]


def test_debug_shows_the_traceback_as_well(capsys):
    assert main(["rum", "--debug"]) == 2
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize("typed", [["run", "--help"], ["run", "-q", "-h"], ["--store=a.db", "run", "--help"]])
def test_help_on_run_needs_no_target(typed, capsys):
    assert main(typed) == 0
    assert "--max-loops" in capsys.readouterr().out


def test_help_names_every_command_and_loads_none(capsys):
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    for command in ("run", "recover", "check", "plan", "graph", "ls", "show", "logs"):
        assert f" {command} " in text
