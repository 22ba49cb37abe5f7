"""One call of the C library fails, whichever it is, in driver, agent or worker: the outcome is right or refused.

FAILING_CALLS says how many of them are tried, of some 280; 300 tries all, with several errors (see CONTRIBUTING.md).
"""

from __future__ import annotations

import errno
import os
import random
import shutil
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.acceptance.command_line import CommandLine
from tests.faults import evidence, tolls
from tests.faults.shim import Action, Call, Kind, Shim

COUNT = int(os.environ.get("FAILING_CALLS", "8"))
MOST = 300
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


ERRORS = {"fitting": 0, "EIO": errno.EIO, "ENOSPC": errno.ENOSPC, "EINTR": errno.EINTR}
"""One that the call may well meet, or that all meet. The default run tries the first."""
DISKLESS = {"EIO": ("send", "sendto", "sendmsg"), "ENOSPC": ("send", "sendto", "sendmsg")}
"""By error of disks: the calls that never meet it. A worker takes others than it knows for a deed of its step."""


class Outcome(NamedTuple):
    """How a run went of which one call failed."""

    code: int
    output: str
    count: int
    processes: int
    failed: Call | None


@pytest.fixture
def line(tmp_path: Path) -> CommandLine:
    return scene(tmp_path)


def scene(directory: Path) -> CommandLine:
    """A directory with the flow, and no store."""
    (directory / "f.py").write_text(FLOW)
    (directory / "done").mkdir()
    return CommandLine(directory)


def run(line: CommandLine, library: Path, number: int, error: int = 0) -> Outcome:
    """Run, and have that call of all processes fail; 0: none."""
    words = {"kinds": Kind.EACH, "skipped": "/done/", "number": number, "error": error}
    with closing(Shim(library, line.directory / "shim", action=Action.FAIL, **words)) as shim:
        line.environment |= shim.environment
        done = line("run", "f:flow", "--run-id", "r1")
        for name in shim.environment:
            del line.environment[name]
        calls = shim.calls()
        failed = calls[number - 1] if shim.victim else None
        return Outcome(done.returncode, done.stdout + done.stderr, shim.count, len({it.pid for it in calls}), failed)


def executions(line: CommandLine) -> Counter[str]:
    return Counter(mark.rpartition("-")[0] for mark in os.listdir(line.directory / "done"))


def test_calls_of_each_process_of_a_run_may_fail(shim_library, line):
    outcome = run(line, shim_library, 0)
    assert (outcome.code, executions(line)) == (0, Counter(TASKS)), outcome.output
    # A driver, an agent, and at least one worker.
    assert outcome.processes > 2


def check(line: CommandLine, outcome: Outcome) -> None:
    """The run has succeeded or says why not, and its recovery does the rest."""
    told = f"{outcome.failed}: {outcome.output}"
    assert "itself failed" not in outcome.output, told
    # A flow fails by its own steps alone.
    assert outcome.code in (0, 4), told
    before = tolls.succeeded(line.store) if outcome.code else set()
    if outcome.code and line("recover", "r1").returncode:
        # It had not begun yet.
        assert executions(line) == Counter(), told
        assert line("run", "f:flow", "--run-id", "r1").returncode == 0, told
    assert before <= tolls.succeeded(line.store), told
    assert len(tolls.succeeded(line.store)) == len(TASKS), told
    found = executions(line)
    assert set(found) == TASKS, told
    # What has ended and is written down is not executed again; what was under way may be.
    again = {name for name, count in found.items() if count > 1}
    assert not again & {f"{path.rpartition('.')[2]}-{sequence}" for _, path, sequence in before}, told
    assert max(found.values()) <= (2 if outcome.code else 1), told


@pytest.mark.parametrize("error", [*ERRORS][: 1 if COUNT < MOST else None])
def test_whichever_call_fails_the_run_succeeds_or_says_why_not_and_its_recovery_does_the_rest(
    shim_library, tmp_path, error
):
    wrong: list[str] = []
    faults = 0
    numbers = sorted({1 + MOST * part // COUNT for part in range(COUNT)})
    for number in evidence.in_time(random.Random(COUNT).sample(numbers, len(numbers))):
        place = tmp_path / "run"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(mode=0o700)
        line = scene(place)
        outcome = run(line, shim_library, number, ERRORS[error])
        if outcome.failed is not None and outcome.failed.name in DISKLESS.get(error, ()):
            continue
        faults += outcome.failed is not None
        try:
            check(line, outcome)
        except AssertionError as problem:
            wrong.append(f"call {number}, {error}: {problem}")
    evidence.note(3, failures=faults, points=len(numbers))
    assert not wrong, "\n".join(wrong)
    assert faults
