"""Flows that are run within steps: others, and themselves as long as that comes to an end."""

from __future__ import annotations

import pytest

NESTED = "the flow 'again' is run within one of its own steps, with the same parameters: it would run itself for ever"

CALLED = """
import sequent

def work() -> None:
    flow.run()

flow = sequent.Sequent("again")
flow.add_step("work", func=work)
"""

TYPED = """
import sys

import sequent

flow = sequent.Sequent("again", config={"task_construct": "CONSTRUCT"})
flow.add_step("work", command=(sys.executable, "-m", "sequent", "run", "again.py:flow"))
"""

SPAWNING = """
import multiprocessing

import sequent

def child() -> None: ...

def work() -> None:
    process = multiprocessing.get_context("spawn").Process(target=child)
    process.start()
    process.join()
    assert process.exitcode == 0

flow = sequent.Sequent("again")
flow.add_step("work", func=work)
flow.run()
"""

COUNTING = """
from sequent import container, param, step

@container(task_construct="invoke")
class down:
    number: int = param()

    @step
    def further(self) -> int:
        if self.number == 0:
            return 0
        outcome = down(number=self.number - 1).run()
        return outcome.result + 1 if outcome else -100

    result = further
"""

OTHER = """
import sequent

def work() -> str:
    return "from within"

def run_inner() -> str:
    return inner.run().result

inner = sequent.Sequent("inner")
inner.result = inner.add_step("work", func=work)
flow = sequent.Sequent("outer")
flow.result = flow.add_step("run_inner", func=run_inner)
"""

ELSEWHERE = """
import os

from sequent import container, step

@container
class flow:
    @step
    def work(self) -> str:
        if os.environ.get("SEQUENT_STORE") == "other.db":
            return "the inner one"
        os.environ["SEQUENT_STORE"] = "other.db"
        return flow().run().result

    result = work
"""


@pytest.mark.parametrize(
    "text",
    [CALLED, TYPED.replace("CONSTRUCT", "process"), TYPED.replace("CONSTRUCT", "thread")],
    ids=["called", "typed", "typed by a thread"],
)
def test_a_flow_that_its_own_step_runs_is_refused_there(sequent, text):
    (sequent.directory / "again.py").write_text(text)
    done = sequent("run", "again.py:flow")
    assert done.returncode == 1
    assert NESTED in done.stderr + sequent("logs", "latest").stdout
    assert len(sequent("ls").stdout.splitlines()) == 2


def test_a_script_that_a_program_of_its_step_runs_again_is_refused_there(sequent):
    (sequent.directory / "script.py").write_text(SPAWNING)
    sequent.run_script("script.py")
    logged = sequent("logs", "latest").stdout
    assert NESTED in logged
    assert 'hint: put run() under if __name__ == "__main__":' in logged
    assert len(sequent("ls").stdout.splitlines()) == 2


def test_a_flow_may_run_itself_with_other_parameters_until_that_ends(sequent):
    (sequent.directory / "down.py").write_text(COUNTING)
    done = sequent("run", "down.py:down", "-p", "number=3")
    assert (done.returncode, done.stdout) == (0, "3\n"), done.stderr


def test_runs_are_not_within_one_another_without_end(sequent):
    (sequent.directory / "down.py").write_text(COUNTING)
    done = sequent("run", "down.py:down", "-p", "number=20")
    assert done.returncode == 0
    assert int(done.stdout) < 0
    assert "the flow 'down' is run within 16 nested runs" in sequent("show", "r00016").stdout
    assert len(sequent("ls").stdout.splitlines()) == 1 + 16


@pytest.mark.parametrize("text", ['["of another version"]', "[" * 100_000, "1 2", '{"identities": [7]}', '{"more": 1}'])
def test_what_a_run_alone_tells_its_steps_is_refused_from_anybody_else(sequent, text):
    (sequent.directory / "nested.py").write_text(OTHER)
    sequent.environment["SEQUENT_RUNS_AROUND"] = text
    done = sequent("run", "nested.py:inner")
    assert done.returncode == 2, done.stderr
    assert "which this version of Sequent did not write" in done.stderr


@pytest.mark.parametrize(("text", "result"), [(OTHER, "from within"), (ELSEWHERE, "the inner one")])
def test_a_step_may_run_another_flow_or_its_own_in_another_store(sequent, text, result):
    (sequent.directory / "nested.py").write_text(text)
    done = sequent("run", "nested.py:flow")
    assert (done.returncode, done.stdout) == (0, f"{result}\n"), done.stderr
