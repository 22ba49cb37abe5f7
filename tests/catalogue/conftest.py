"""Meets mistakes as an author does: a flow in a file, and what the command line says of it."""

from __future__ import annotations

import json
import re
import sys

import pytest

from sequent.cli import main
from tests.catalogue.mistakes import PRELUDE


@pytest.fixture
def command(tmp_path, monkeypatch, capsys):
    """Run a command in an empty directory, in this process; give its exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("SEQUENT_STORE", str(tmp_path / "runs.db"))
    monkeypatch.setenv("NO_COLOR", "1")
    before = set(sys.modules)

    def forget():
        for name in set(sys.modules) - before:
            if str(tmp_path) in (getattr(sys.modules[name], "__file__", None) or ""):
                del sys.modules[name]

    def run(*words):
        forget()
        code = main(words)
        said = capsys.readouterr()
        return code, said.out, said.err

    yield run
    forget()


def lines_marked(mark, text):
    return [number for number, line in enumerate(text.split("\n"), 1) if mark in line]


@pytest.fixture
def refused(command, tmp_path):
    """Check that the mistake in a flow is told by ``check``, as text and as a document, and that no store is made."""

    def check(mistake):
        text = f"{PRELUDE}{mistake.text}"
        file = tmp_path / "flow.py"
        file.write_text(text)
        (line,) = lines_marked("# wrong", text)
        code, out, told = command("check", "flow.py:flow")
        assert (code, out) == (2, ""), told
        first, *rest = told.rstrip("\n").split("\n")
        assert first.startswith(f"error: {file}:{line}: "), told
        assert [text for text in mistake.says if text not in first.removeprefix(f"error: {file}:{line}: ")] == []
        assert [other for other in lines_marked("# other", text) if f"{file}:{other}" not in first] == []
        assert len(rest) == 1, told
        assert rest[0].startswith("  hint: ")
        assert mistake.hint in rest[0]
        code, out, told = command("check", "flow.py:flow", "--json")
        assert (code, told) == (2, "")
        error = json.loads(out)["error"]
        (problem,) = error["problems"] or [error]
        assert (problem["code"], problem["path"]) == (mistake.code, mistake.path)
        assert problem["place"] == {"file": str(file), "line": line}
        assert problem["message"] in first
        assert f"  hint: {problem['hint']}" == rest[0]
        assert not (tmp_path / "runs.db").exists()

    return check


@pytest.fixture
def fails(command, tmp_path):
    """Check that a mistake that is known only in a run fails that, and is told at the step's line."""

    def check(text, *said):
        whole = f"{PRELUDE}{text}"
        file = tmp_path / "flow.py"
        file.write_text(whole)
        (line,) = lines_marked("# wrong", whole)
        code, out, told = command("run", "flow.py:flow")
        assert (code, out) == (1, ""), told
        assert [each for each in said if each not in told] == []
        assert re.search(rf"{re.escape(str(file))}:{line}\b", told), told
        assert "Traceback" not in told

    return check


@pytest.fixture
def accepted(command, tmp_path):
    """Check that ``check`` finds nothing wrong with a flow, and warns of nothing."""

    def check(text):
        (tmp_path / "flow.py").write_text(f"{PRELUDE}{text}")
        code, _, told = command("check", "flow.py:flow")
        assert (code, told) == (0, "")

    return check
