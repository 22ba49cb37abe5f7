"""Names lead nowhere and are never read as SQL or patterns; a name with anything else in it is refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sequent import Pool, Sequent, SequentError
from sequent.runtime.store.run_ids import check_id
from tests.called import called

PACKAGE = Path(__file__).parents[2] / "sequent"
FLOW = Path(__file__).with_name("plain_flow.py")
HOSTILE = (
    *("", " ", ".", "..", "../x", "/etc/passwd", "a/b", "a/../../b", "..\\x", "a\\b", "~", "~root", "-rf", "--store"),
    *(
        "a b",
        "a\n",
        "\n",
        "\0",
        "a\0b",
        "a\x1b]0;owned\x07",
        "\u202ea",
        "a%",
        "%",
        "a'; DROP TABLE run;--",
        '"',
        "$HOME",
    ),
    *("$(id)", "`id`", "a;b", "a|b", "*", "?", "a:b", "a" * 65, "é/..", "con\r", "\ud800", "{0}"),
)


def test_there_are_enough_of_them():
    assert len({*HOSTILE}) >= 30


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_no_flow_step_pool_or_run_has_a_hostile_name(name):
    flow = Sequent("f")
    if name:
        with pytest.raises(SequentError):
            Sequent(name)
    with pytest.raises(SequentError):
        flow.add_step(name, func=print)
    with pytest.raises(SequentError):
        Pool(name, 1)
    with pytest.raises(SequentError):
        check_id(name)


def test_a_run_with_a_hostile_id_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("../x", "a/b", "%", "'); DROP TABLE run;--"):
        code, out, said = called(["run", f"{FLOW}:plain", "--store", "s.db", "--run-id", name])
        assert (code, out) == (2, ""), said
        assert "cannot be a run's id" in said
    # The flow itself was loaded, and nothing else was made.
    assert {path.name for path in tmp_path.iterdir() if not path.name.startswith("s.db")} <= {"loaded"}


def test_names_are_compared_and_no_patterns(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert called(["run", f"{FLOW}:plain", "--store", "s.db", "--run-id", "a_b"])[0] == 0
    assert "a_b" in called(["ls", "--store", "s.db", "--flow", "plain"])[1]
    for pattern in ("pl_in", "pl%", "%", "plai?", "*", "' OR 1=1 --"):
        assert "a_b" not in called(["ls", "--store", "s.db", "--flow", pattern])[1]
    for pattern in ("a?b", "axb", "a%", "%", "_", "' OR 1=1 --"):
        code, _, said = called(["show", pattern, "--store", "s.db"])
        assert code == 2, said
    assert called(["show", "a_b", "--store", "s.db"])[0] == 0


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_no_statement_matches_patterns_or_has_a_value_in_its_text(database):
    text = (PACKAGE / "runtime" / "store" / database / "statements.sql").read_text()
    statements = re.sub(r"--.*", "", text)
    assert len(re.findall(r"\bSELECT\b", statements)) > 40
    assert re.findall(r"\b(I?LIKE|GLOB|REGEXP|SIMILAR)\b", statements) == []
    words = {word for word in re.findall(r"'([^']*)'", statements) if not re.fullmatch(r"[a-z_ ]*", word)}
    assert words <= ALLOWED, words


ALLOWED = {"-", "1 second"}
"""The texts in statements that are more than a word."""
