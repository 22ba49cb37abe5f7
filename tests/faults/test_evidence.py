"""The page of evidence is what the matrix and the record say, and each row of the matrix has its tests."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults import evidence
from tests.faults.evidence_page import PAGE, RECORD, page, told
from tests.faults.matrix import LONG, MATRIX, file_of
from tests.faults.suite import counted, shared

ROOT = Path(__file__).parents[2]
FILES = {file_of(test) for row in MATRIX for test in row.tests}


def test_the_page_is_what_the_suite_has_recorded():
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m tests.faults.suite --page"


def test_every_row_has_tests_that_exist():
    assert [row.number for row in MATRIX] == [*range(1, 25)]
    assert [row.number for row in MATRIX if not row.tests] == []
    for test in (test for row in MATRIX for test in row.tests):
        file, _, name = test.partition("::")
        functions = {
            it.name for it in ast.walk(ast.parse((ROOT / file).read_text())) if isinstance(it, ast.FunctionDef)
        }
        assert not name or name in functions, test
    assert [file for file in LONG if file not in FILES] == []


def test_a_variable_of_a_long_run_is_read_by_its_file_or_what_that_imports():
    for file, variables in LONG.items():
        sources = [ROOT / file, *(ROOT / "tests" / "faults").glob("*.py")]
        for variable in variables:
            assert any(f'environ.get("{variable}"' in source.read_text() for source in sources), (file, variable)


def test_every_test_of_faults_stands_in_a_row():
    here = {f"tests/faults/{path.name}" for path in Path(__file__).parent.glob("test_*.py")}
    assert here - FILES == {"tests/faults/test_evidence.py", "tests/faults/test_shim.py"}


def test_the_record_has_no_file_that_is_gone():
    record = json.loads(RECORD.read_text())
    assert set(record["check"]) <= FILES
    assert set(record["long"]) <= set(LONG)


def test_what_tests_note_is_counted_by_row_and_database(tmp_path, monkeypatch):
    monkeypatch.setenv(evidence.VARIABLE, str(tmp_path / "notes"))
    evidence.note(2, kills=3, runs=1)
    evidence.note(2, kills=4)
    evidence.note(2, "PostgreSQL", kills=5)
    counts = counted(tmp_path / "notes")
    assert counts == {"2": {"SQLite": {"kills": 7, "runs": 1}, "PostgreSQL": {"kills": 5}}}
    entry = {"tests": 9, "counts": counts}
    assert told(MATRIX[0], {"a": entry}) == "9 tests"
    assert told(MATRIX[1], {"a": entry, "b": {"tests": 2, "counts": {}}}) == (
        "7 kills (SQLite); 1 runs (SQLite); 5 kills (PostgreSQL); 2 tests"
    )
    assert told(MATRIX[1], {}) == "not run"


@pytest.mark.parametrize(("share", "count"), [(1.0, "600"), (0.1, "60"), (0.0001, "1")])
def test_a_share_of_a_long_run_is_of_each_count(share, count):
    assert shared({"SIGNALS": "600"}, share) == {"SIGNALS": count}


def test_the_command_that_is_told_says_how_it_is_used():
    words = [sys.executable, "-m", "tests.faults.suite", "--help"]
    shown = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "--long" in shown.stdout
