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
    [(["rum"], "did you mean 'run'"), (["nightly"], "module:flow"), (["--limit", "3", "ls"], "command first")],
)
def test_a_word_that_is_neither_command_nor_target_is_refused_with_what_there_is(typed, hint):
    with pytest.raises(UsageError) as caught:
        arranged(typed)
    assert repr(typed[0]) in caught.value.message
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["ls", "--limt", "3"], "did you mean --limit"),
        (["ls", "--limit", "x"], "--limit"),
        (["ls", "stray"], "'stray'"),
        (["show", "a", "b", "c"], "'c'"),
        (["run"], "no target given"),
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
