"""A whole flow that holds a pool of all runs: its runs take turns, however one of them ends."""

from __future__ import annotations

import json
import os
import signal

import pytest

LOCKED = """
from pathlib import Path

from sequent import Pool, container, step

lock = Pool("lock", 1, shared=True)


@container(acquires={lock: 1})
class nightly:
    @step
    def wait(self) -> None:
        Path("began").write_text("now")
        Path("go").read_text()

    @step(requires=wait)
    def after(self) -> None: ...
"""
WAITS = "waiting for 1 of the pool 'lock', which other runs hold\n"


@pytest.fixture
def first(sequent):
    """A run whose first step has begun, and goes on once ``go`` is written; the next needs no waking."""
    (sequent.directory / "locked.py").write_text(LOCKED)
    os.mkfifo(sequent.directory / "began")
    os.mkfifo(sequent.directory / "go")
    process = sequent.start("run", "locked:nightly", "--run-id", "first")
    assert (sequent.directory / "began").read_text() == "now"
    yield process
    process.kill()
    process.communicate()


def until_it_waits(process) -> None:
    """Read until the run has said that it waits."""
    assert process.stderr.readline() == "run second of nightly\n"
    assert process.stderr.readline() == WAITS


def go_on(sequent) -> None:
    """Have the second run begin and end."""
    assert (sequent.directory / "began").read_text() == "now"
    (sequent.directory / "go").write_text("now")


def test_a_run_waits_until_the_one_before_has_ended(sequent, first):
    second = sequent.start("run", "locked:nightly", "--run-id", "second")
    until_it_waits(second)
    (sequent.directory / "go").write_text("now")
    go_on(sequent)
    first.communicate()
    assert first.returncode == 0
    _, err = second.communicate()
    assert second.returncode == 0, err


def test_a_run_that_waits_says_so_in_each_command_that_shows_it(sequent, first):
    second = sequent.start("run", "locked:nightly", "--run-id", "second")
    until_it_waits(second)
    reason = "it waits for 1 of the pool 'lock', which other runs hold"
    assert f"nothing yet, {reason}" in sequent("ls").stdout
    assert f"  {reason}\n" in sequent("show", "second").stdout
    why = sequent("why", "second", "wait").stdout
    assert why == "wait/1 waits: the run has not begun, and waits for 1 of pool 'lock', held by run first\n"
    (sequent.directory / "go").write_text("now")
    assert (sequent.directory / "began").read_text() == "now"
    assert reason not in sequent("ls").stdout
    (sequent.directory / "go").write_text("now")
    for process in (first, second):
        process.communicate()
    assert "waits" not in sequent("show", "second").stdout


def test_a_run_waits_until_a_killed_one_is_gone_whose_recovery_then_waits_for_it(sequent, first):
    second = sequent.start("run", "locked:nightly", "--run-id", "second")
    until_it_waits(second)
    first.send_signal(signal.SIGKILL)
    assert (sequent.directory / "began").read_text() == "now"
    third = sequent.start("recover", "first")
    assert third.stderr.readline() == "run first of nightly, recovery 1\n"
    assert third.stderr.readline() == WAITS
    (sequent.directory / "go").write_text("now")
    go_on(sequent)
    _, err = third.communicate()
    assert third.returncode == 0, err
    second.communicate()
    assert second.returncode == 0


def test_a_plan_says_what_the_flow_holds(sequent):
    (sequent.directory / "locked.py").write_text(LOCKED)
    assert "pool lock  1, shared by all runs, of which the flow holds 1" in sequent("plan", "locked:nightly").stdout
    assert json.loads(sequent("plan", "locked:nightly", "--json").stdout)["plan"]["acquires"] == {"lock": 1}
