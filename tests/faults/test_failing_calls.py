"""One call of the kernel fails, whichever it is, in driver, agent or worker: the outcome is right or refused.

FAILING_CALLS says how many of them are tried, of some 250 (see CONTRIBUTING.md).
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.acceptance.command_line import CommandLine
from tests.faults import failing_calls, tolls
from tests.faults.drivers import ROOT

COUNT = int(os.environ.get("FAILING_CALLS", "8"))
MOST = 280
"""More calls than such a run makes."""
FLOW = """
import os

from sequent import container, step


def leave(name):
    # By a call that never fails here.
    e = os.environ
    os.symlink("x", f"done/{name}-{e['SEQUENT_STEP_SEQUENCE']}-{e['SEQUENT_STEP_ATTEMPT']}")


@container
class flow:
    @step
    def a(self) -> list[int]:
        print("something")
        leave("a")
        return [1, 2]

    @container(requires=a, repeats=a.result, parallel=2)
    class each:
        @step
        def b(self) -> str:
            leave("b")
            return "b"

    @step(requires=each)
    def c(self) -> str:
        leave("c")
        return "done"

    result = c
"""
TASKS = {"a-1", "b-1.1", "b-1.2", "c-1"}


@pytest.fixture
def line(tmp_path: Path) -> CommandLine:
    (tmp_path / "f.py").write_text(FLOW)
    (tmp_path / "done").mkdir()
    made = CommandLine(tmp_path)
    made.environment["PYTHONPATH"] = str(ROOT)
    return made


def run(line: CommandLine, fails: int) -> failing_calls.Outcome:
    words = [sys.executable, "-m", "sequent", "run", "f:flow", "--run-id", "r1"]
    return failing_calls.run(words, line.environment, line.directory, fails)


def executions(line: CommandLine) -> Counter[str]:
    return Counter(mark.rpartition("-")[0] for mark in os.listdir(line.directory / "done"))


def test_calls_of_each_process_of_a_run_may_fail(line):
    outcome = run(line, 0)
    assert (outcome.code, executions(line)) == (0, Counter(TASKS)), outcome.output
    assert len(outcome.calls) < MOST
    # A driver, an agent, and at least one worker.
    assert len({call.pid for call in outcome.calls}) > 2


@pytest.mark.parametrize("number", sorted({1 + MOST * part // COUNT for part in range(COUNT)}))
def test_whichever_call_fails_the_run_succeeds_or_says_why_not_and_its_recovery_does_the_rest(line, number):
    outcome = run(line, number)
    told = f"{outcome.failed}: {outcome.output}"
    assert "itself failed" not in outcome.output, told
    # A flow fails by its own steps alone.
    assert outcome.code in (0, 4), told
    before = tolls.succeeded(line.store) if outcome.code else set()
    if outcome.code and line("recover", "r1").returncode:
        # It had not begun yet.
        assert executions(line) == Counter()
        assert line("run", "f:flow", "--run-id", "r1").returncode == 0, told
    assert before <= tolls.succeeded(line.store)
    assert len(tolls.succeeded(line.store)) == len(TASKS)
    found = executions(line)
    assert set(found) == TASKS
    # What has ended and is written down is not executed again; what was under way may be.
    again = {name for name, count in found.items() if count > 1}
    assert not again & {f"{path.rpartition('.')[2]}-{sequence}" for _, path, sequence in before}
    assert max(found.values()) <= (2 if outcome.code else 1), told
