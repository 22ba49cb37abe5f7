"""Runs the fault suite, keeps a record of what was done, and writes docs/evidence.md from it.

    python -m tests.faults.suite                         every file of the matrix, as in ./check
    python -m tests.faults.suite --long                  the long run of each
    python -m tests.faults.suite --long --rows 1 2 24    of these rows
    python -m tests.faults.suite --long --files tests/faults/test_signals.py
    python -m tests.faults.suite --long --share 0.1      a tenth of each count
    python -m tests.faults.suite --long --minutes 10     each search of calls or moments ends after ten minutes
    python -m tests.faults.suite --page                  only the page

A file's earlier record is replaced. Directories of tests are made below the directory that TMPDIR names.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from tests.faults import evidence
from tests.faults.evidence_page import PAGE, page
from tests.faults.matrix import LONG, MATRIX, file_of
from tests.faults.record import keep
from tests.faults.tested_code import circumstances

ROOT = Path(__file__).parents[2]


def main() -> int:
    """Run what is asked for; give the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.suite", description=__doc__.partition("\n")[0])
    parser.add_argument("--long", action="store_true", help="the long run of each file")
    parser.add_argument("--rows", type=int, nargs="+", default=[], help="only these rows of the matrix")
    parser.add_argument("--files", nargs="+", default=[], help="only these files of the matrix")
    parser.add_argument("--share", type=float, default=1.0, help="the share of each count of a long run")
    parser.add_argument("--minutes", help="after which each search of calls or moments ends")
    parser.add_argument("--workers", default="2", help="processes that run tests")
    parser.add_argument("--page", action="store_true", help="only write the page")
    words = parser.parse_args()
    column = "long" if words.long else "check"
    rows = [row for row in MATRIX if not words.rows or row.number in words.rows]
    files = [] if words.page else [*dict.fromkeys(file_of(test) for row in rows for test in row.tests)]
    files = [file for file in files if not words.files or file in words.files]
    failed = 0
    for file in files:
        variables = shared(LONG.get(file, {}), words.share) if words.long else {}
        if words.long and not variables:
            continue
        variables |= {"FAULT_MINUTES": words.minutes} if words.minutes else {}
        print(f"{file} {' '.join(f'{name}={value}' for name, value in variables.items())}", flush=True)
        entry = run(file, variables, words.workers)
        print(
            f"  {entry['tests']} tests, {entry['failed']} failed, {entry['seconds']} s: {entry['counts']}", flush=True
        )
        failed += entry["failed"]
        keep(column, file, entry)
    PAGE.write_text(page(), encoding="utf-8")
    return int(failed > 0)


def shared(variables: dict[str, str], share: float) -> dict[str, str]:
    """The variables of a smaller run."""
    return {name: str(max(1, round(int(value) * share))) for name, value in variables.items()}


def run(file: str, variables: dict[str, str], workers: str) -> dict[str, Any]:
    """Run the tests of a file; give what the record has of it."""
    # As it is now: files may be changed during the tests, which have most of them in memory.
    tested = circumstances()
    with tempfile.TemporaryDirectory() as place:
        notes, report = Path(place, "notes"), Path(place, "report.xml")
        began = time.monotonic()
        subprocess.run(
            [sys.executable, "-m", "pytest", "--timeout=0", "-q", "-n", workers, f"--junitxml={report}", file],
            cwd=ROOT,
            env={**os.environ, **variables, evidence.VARIABLE: str(notes)},
            check=False,
        )
        suites = ElementTree.parse(report).getroot().iter("testsuite")
        numbers: Counter[str] = Counter()
        for suite in suites:
            numbers.update({name: int(suite.get(name, "0")) for name in ("tests", "failures", "errors")})
        return {
            "tests": numbers["tests"],
            "failed": numbers["failures"] + numbers["errors"],
            "seconds": round(time.monotonic() - began),
            "variables": variables,
            "counts": counted(notes),
            **tested,
        }


def counted(notes: Path) -> dict[str, dict[str, dict[str, int]]]:
    """By row and database: how often what was done."""
    found: dict[str, dict[str, Counter[str]]] = {}
    for line in notes.read_text().splitlines() if notes.exists() else ():
        noted = json.loads(line)
        counts = found.setdefault(str(noted["row"]), {}).setdefault(noted["database"], Counter())
        counts.update(noted["counts"])
    return {row: {name: dict(counts) for name, counts in databases.items()} for row, databases in found.items()}


if __name__ == "__main__":
    sys.exit(main())
