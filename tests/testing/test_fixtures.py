"""The fixtures, as somebody has them who installed Sequent: in a pytest of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import sequent
from sequent import container, step
from sequent.testing import MemoryStore, simulate

ROOT = Path(__file__).parents[2]
TESTS = """
import os, sequent

def work(): ...

def test_store(sequent_store):
    flow = sequent.Sequent("f", config={"task_construct": "invoke"})
    flow.add_step("a", func=work)
    assert not sequent_store.exists()
    outcome = flow.run()
    assert outcome and outcome.store == str(sequent_store) and sequent_store.exists()

def test_store_is_anothers(sequent_store):
    assert os.environ["SEQUENT_STORE"] == str(sequent_store)
    assert not sequent_store.exists()

def test_shown(simulate):
    flow = sequent.Sequent("f")
    flow.add_step("a", func=work)
    assert simulate(flow, failing="a")

def test_without():
    assert "SEQUENT_STORE" not in os.environ
"""


def run_pytest(directory: Path, *words: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SEQUENT_", "PYTEST_"))}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "sequent.testing.plugin", *words]
    return subprocess.run(
        command,
        cwd=directory,
        env={**kept, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_pytest_finds_the_fixtures_by_an_entry_point():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["pytest11"] == {"sequent": "sequent.testing.plugin"}


def test_a_test_has_a_store_of_its_own_and_a_failing_one_shows_its_simulation(tmp_path):
    (tmp_path / "test_it.py").write_text(TESTS)
    done = run_pytest(tmp_path)
    assert "1 failed, 3 passed" in done.stdout
    assert "a/1 ended: failure (SimulatedError: the simulation makes it fail)" in done.stdout


def test_who_uses_no_fixture_loads_next_to_nothing(tmp_path):
    (tmp_path / "test_it.py").write_text(
        "import sys\ndef test_it():\n    print(sorted(name for name in sys.modules if name.startswith('sequent')))\n"
    )
    done = run_pytest(tmp_path, "-s")
    assert "['sequent', 'sequent.testing', 'sequent.testing.plugin']" in done.stdout


def test_a_simulation_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setattr("sequent.runtime.store.sqlite.temporary._IN_MEMORY", str(tmp_path))
    flow = sequent.Sequent("f")
    flow.add_step("a", func=print)
    simulation = simulate(flow)
    assert list(tmp_path.iterdir())
    del simulation
    assert list(tmp_path.iterdir()) == []


def test_what_the_package_offers_is_there_and_nothing_else():
    import sequent.testing

    for name in sequent.testing.__all__:
        assert getattr(sequent.testing, name)
    assert sequent.testing.MemoryStore is MemoryStore
    assert dir(sequent.testing) == sequent.testing.__all__
    with pytest.raises(AttributeError, match="has no attribute 'simulat'"):
        sequent.testing.simulat  # noqa: B018 - it is the mistake


def test_a_store_in_memory_outlives_its_runs_so_that_they_can_be_recovered():
    failing = [True]

    @container(task_construct="invoke")
    class small:
        @step
        def a(self) -> None: ...

        @step(requires=a)
        def b(self) -> int:
            if failing.pop():
                raise ValueError
            return 7

        result = b

    store = MemoryStore()
    try:
        assert not small.run(store=store)
        failing[:] = [False]
        recovered = small.run(store=store, run_mode=sequent.RUN_RECOVER)
        assert (recovered.recovery, recovered.result) == (1, 7)
        (record,) = store.runs()
        told = [(attempt.path, attempt.attempt) for attempt in store.attempts(record)]
        assert told == [("a", 1), ("b", 1), ("b", 2)]
    finally:
        store.close()
