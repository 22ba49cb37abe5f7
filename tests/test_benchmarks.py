"""The benchmarks are no part of the tests; they start, and find all that they import."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def test_the_benchmarks_name_their_figures():
    asked = subprocess.run(
        [sys.executable, "-m", "benchmarks", "no-such"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert asked.returncode == 2, asked.stderr
    assert asked.stderr.startswith("no figure no-such; there are chain, fan-out,"), asked.stderr


def test_the_benchmark_of_whole_commands_tells_its_options():
    asked = subprocess.run(
        [sys.executable, "-m", "benchmarks", "startup", "--no-such"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.returncode == 2, asked.stderr
    assert "[--pairs PAIRS] [--busy]" in asked.stderr


@pytest.mark.parametrize("name", ["page", "browser", "report"])
def test_benchmarks_of_their_own_find_all_that_they_import(name):
    importlib.import_module(f"benchmarks.{name}")
