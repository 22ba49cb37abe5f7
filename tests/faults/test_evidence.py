"""The page of evidence is what the matrix and the record say, and each row of the matrix has its tests."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults import evidence
from tests.faults.evidence_page import PAGE, lasting, machines, page, simulated, told
from tests.faults.matrix import LONG, MATRIX, file_of
from tests.faults.record import read_record
from tests.faults.suite import counted, shared
from tests.faults.tested_code import circumstances, digest_of
from tests.simulation.test_simulation import KEPT

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
    record = read_record()
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
        "7 kills (SQLite); 1 run (SQLite); 5 kills (PostgreSQL); 2 tests"
    )
    assert told(MATRIX[1], {}) == "not run"


def test_the_tested_code_is_named_by_the_names_and_contents_of_its_files(tmp_path):
    (tmp_path / "part").mkdir()
    (tmp_path / "part" / "one.py").write_text("1\n")
    digest = circumstances(tmp_path)["code"]
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "one.pyc").write_text("compiled")
    assert digest_of(tmp_path) == digest
    (tmp_path / "part" / "one.py").write_text("2\n")
    assert digest_of(tmp_path) != digest
    (tmp_path / "part" / "one.py").write_text("1\n")
    (tmp_path / "part" / "one.py").rename(tmp_path / "part" / "two.py")
    assert digest_of(tmp_path) != digest


def test_the_page_says_how_many_files_ran_before_digests_were_kept():
    tested = {"machine": "a machine", "date": "2026-11-30", "seconds": 60}
    entries = {"a": tested | {"code": "abc"}, "b": tested | {"code": ""}}
    (line,) = machines({"check": entries, "long": {}})
    assert "2 files of tests in 2 minutes, 2026-11-30, code abc, 1 of them before digests were kept; a machine" in line


def test_the_page_names_the_simulated_seeds_and_those_that_broke_a_promise():
    entry = {"first": 2000, "seeds": 3000, "seconds": 120, "date": "2026-11-30", "code": "abc", "broken": [2145, 2229]}
    entry["counts"] = {"start": 1, "takeover": 2, "execution": 4, "commit": 5, "outage of the store": 6}
    (line,) = simulated({"simulation": {"a": entry}})
    assert line == (
        "- Seeds 2,000 to 4,999, 2 minutes, 2026-11-30, code abc: "
        "3 drivers, 4 executions of steps, 5 commits, 6 faults. Seeds that broke a promise: 2145, 2229."
    )
    assert simulated({}) == []
    earlier = entry | {"first": 0, "seeds": 2000, "broken": []}
    first, second, total = simulated({"simulation": {"a": entry, "b": earlier}})
    assert (first[:19], second) == ("- Seeds 0 to 1,999,", line)
    assert total.startswith("\nIn all, 5,000 seeds.")


def test_each_recorded_seed_that_broke_a_promise_is_tried_again():
    broken = {seed for entry in read_record()["simulation"].values() for seed in entry["broken"]}
    assert broken - KEPT.keys() == set()


def test_the_page_tells_the_outcomes_of_long_runs():
    entry = {"told": "20 kills", "date": "2026-11-30", "code": "abc", "machine": "a machine"}
    assert lasting({"endurance": {"9 tasks": entry}}) == ["- 9 tasks: 20 kills. 2026-11-30, code abc; a machine."]


@pytest.mark.parametrize(("share", "count"), [(1.0, "600"), (0.1, "60"), (0.0001, "1")])
def test_a_share_of_a_long_run_is_of_each_count(share, count):
    assert shared({"SIGNALS": "600"}, share) == {"SIGNALS": count}


def test_the_command_that_is_told_says_how_it_is_used():
    words = [sys.executable, "-m", "tests.faults.suite", "--help"]
    shown = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "--long" in shown.stdout
