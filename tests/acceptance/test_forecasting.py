"""`forecast`: how long a run would take, as people and programs read it."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from tests.acceptance.test_terminal import interrupted

POOLED = """
import time
from pathlib import Path

from sequent import Pool, container, param, step

db = Pool("db", 1)


@container
class pooled:
    seconds: float = param(default=0.2)

    @step(acquires={db: 1})
    def one(self) -> None:
        time.sleep(self.seconds)
        Path("executed").touch()

    @step(acquires={db: 1})
    def two(self) -> None:
        time.sleep(self.seconds)

    @step(requires=one.failed)
    def never(self) -> None: ...
"""

INTERRUPTED = """
import os, signal, sys
from sequent.cli import main
from sequent.cli.output import live_line
from sequent.forecast import forecasting

live_line.PATIENCE = 0.0
forecasting.replayed = lambda *_: os.kill(os.getpid(), signal.SIGINT)
sys.exit(main())
"""


@pytest.fixture
def pooled(sequent):
    (sequent.directory / "pooled.py").write_text(POOLED)
    assert sequent("run", "pooled.py:pooled", "--max-concurrent", "2").returncode == 0
    (sequent.directory / "executed").unlink()
    return sequent


def test_the_end_the_path_and_what_holds_it_up_are_told_and_nothing_is_executed(pooled):
    done = pooled("forecast", "pooled.py:pooled", "--max-concurrent", "2", "--pool", "db=2")
    assert (done.returncode, done.stderr) == (0, "")
    assert "pooled would take" in done.stdout
    assert "in 8 of 10 cases" in done.stdout
    assert "(a guess, from 1 run only)" in done.stdout
    assert "with seconds=0.2 (where not given, as in r00001); it took " in done.stdout
    assert "started now, it would end at 2" in done.stdout
    assert "critical path, as in r00001: 1 task" in done.stdout
    assert "with these changes" in done.stdout
    assert "no limit holds it up" in done.stdout
    assert "no earlier run has executed never" in done.stdout
    assert not (pooled.directory / "executed").exists()


def test_programs_read_the_same(pooled):
    shown = json.loads(pooled("forecast", "pooled.py:pooled", "--max-concurrent", "2", "--json").stdout)["forecast"]
    start, end = (datetime.fromisoformat(shown[name]).timestamp() for name in ("start", "end"))
    assert end - start == pytest.approx(shown["seconds"]["median"], abs=1e-3)
    assert (shown["runs"], shown["params"]) == (["r00001"], {"seconds": 0.2})
    (held,) = shown["held_up"]
    assert (held["kind"], held["name"], held["amount"]) == ("pool", "db", 1)
    assert held["seconds"] == pytest.approx(shown["without_limits"])
    assert held["seconds"] > 0.1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--pool", "db"], "--pool 'db' is not NAME=AMOUNT"),
        (["--pool", "db=0"], "--pool 'db=0' is not NAME=AMOUNT"),
        (["--pool", "db=2", "--pool", "db=3"], "--pool names 'db' twice"),
        (["--pool", "base=2"], "the flow 'pooled' has no pool 'base'"),
        (["--host-slots", "edge1=2"], "no earlier run has executed a step on a host 'edge1'"),
        (["--runs", "0"], "--runs is 0"),
        (["-p", "minutes=3"], "the flow 'pooled' has no parameter 'minutes'"),
    ],
)
def test_a_mistake_in_the_question_is_told(pooled, words, said):
    done = pooled("forecast", "pooled.py:pooled", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_flow_that_never_ran_has_no_forecast_and_the_error_says_what_to_do(sequent):
    done = sequent("forecast", "flows.py:nightly")
    assert done.returncode == 2
    assert "there is no earlier run of the flow 'nightly'" in done.stderr
    assert "run it once" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_store_of_a_flow_is_found(sequent):
    script = (
        "from sequent import Sequent\n\n\ndef work() -> None: ...\n\n\n"
        'flow = Sequent("own", store="own.db")\nflow.add_step("work", func=work)\n'
    )
    (sequent.directory / "own.py").write_text(script)
    del sequent.environment["SEQUENT_STORE"]
    assert sequent("run", "own.py:flow").returncode == 0
    done = sequent("forecast", "own.py:flow")
    assert done.returncode == 0, done.stderr
    assert "own would take" in done.stdout


def test_the_progress_is_shown_on_a_terminal_and_ctrl_c_ends_it_with_a_sentence(pooled):
    text = interrupted(pooled, INTERRUPTED, "forecast", "pooled.py:pooled")
    shown, told = "earlier runs replayed: 0 of 1", "interrupted: there is no forecast; nothing was changed"
    assert text == f"\x1b[2K{shown}\r\x1b[2K{told}"


def test_the_successes_of_failed_runs_are_told_as_such(sequent):
    (sequent.directory / "failing.py").write_text(
        "from sequent import container, step\n"
        "@container\n"
        "class failing:\n"
        "    @step\n"
        "    def first(self): ...\n"
        "    @step(requires=first)\n"
        "    def second(self): raise ValueError('bad')\n"
    )
    sequent("run", "failing.py:failing")
    done = sequent("forecast", "failing.py:failing")
    assert "  from 1 earlier run; none has succeeded yet, so only the steps that have are known\n" in done.stdout
