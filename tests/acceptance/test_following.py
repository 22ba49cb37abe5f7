"""Following a run from another terminal, in processes of their own, whichever way its steps are executed."""

from __future__ import annotations

import os
import subprocess

import pytest

from tests.patience import PATIENCE

FLOW = """
import os
from sequent import container, step


@container(task_construct={construct!r})
class talkative:
    @step
    def talk(self) -> None:
        print("one", flush=True)
        with open("go", "rb") as gate:
            gate.read()
        print("two")
        os.system("echo three")

    @step(requires=talk)
    def end(self) -> None:
        print("four")
"""


@pytest.mark.parametrize("construct", ["process", "thread"])
def test_what_a_step_prints_is_seen_while_it_runs_and_following_ends_with_the_run(sequent, construct):
    (sequent.directory / "talks.py").write_text(FLOW.format(construct=construct))
    gate = sequent.directory / "go"
    os.mkfifo(gate)
    run = sequent.start("run", "talks:talkative", "--run-id", "t1")
    with gate.open("wb"):
        # The gate is open once the step waits at it.
        follower = sequent.start("logs", "t1", "-f")
        heading, line = follower.stdout.readline(), follower.stdout.readline()
    assert ("talk/1" in heading, line) == (True, "one\n")
    rest, errors = follower.communicate(timeout=PATIENCE)
    run.communicate(timeout=PATIENCE)
    assert (run.returncode, follower.returncode) == (0, 0), errors
    lines = [line for line in rest.splitlines() if "end/1" not in line]
    # What a program writes in a thread's name goes to the driver's own output.
    assert lines == (["two", "three", "four"] if construct == "process" else ["two", "four"])


def test_following_can_be_interrupted(sequent):
    (sequent.directory / "talks.py").write_text(FLOW.format(construct="process"))
    gate = sequent.directory / "go"
    os.mkfifo(gate)
    run = sequent.start("run", "talks:talkative", "--run-id", "t1")
    with gate.open("wb"):
        follower = sequent.start("logs", "t1", "-f", stderr=subprocess.STDOUT)
        follower.stdout.readline()
        follower.send_signal(2)
        rest, _ = follower.communicate(timeout=PATIENCE)
    assert (follower.returncode, rest) in [(130, ""), (130, "one\n")]
    run.communicate(timeout=PATIENCE)
