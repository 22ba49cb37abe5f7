"""Runs that people steer from other terminals, by processes as they are."""

from __future__ import annotations

import os
import signal

import pytest

from sequent.runtime.processes import process_trees
from tests.patience import wait_until


@pytest.fixture
def waiting(sequent, waiting_run):
    """A run whose first step waits for ``go``."""
    return waiting_run


def goes(sequent) -> None:
    (sequent.directory / "go").write_text("go")


def test_a_held_step_waits_until_another_terminal_releases_it(sequent, waiting):
    held = sequent("hold", "slow1", "after", "--why", "the line is down")
    assert (held.returncode, held.stderr) == (0, "run slow1: nothing more starts in after\n")
    goes(sequent)
    wait_until(lambda: "wait: 1 success" in sequent("show", "slow1").stdout)
    assert "'after' is held since" in sequent("ls").stdout
    shown = sequent("show", "slow1").stdout
    assert "after: not begun" in shown
    assert shown.splitlines()[-1].endswith(": the line is down")
    assert waiting.poll() is None
    released = sequent("release", "slow1", "after")
    assert released.stderr == "run slow1: after goes on\n"
    _, err = waiting.communicate()
    assert (waiting.returncode, (sequent.directory / "after").exists()) == (0, True), err
    assert "held" not in sequent("ls").stdout


def test_a_hold_outlives_a_driver_that_is_killed_and_a_release_meanwhile_waits_for_the_next(sequent, waiting):
    assert sequent("hold", "slow1", "after").returncode == 0
    waiting.send_signal(signal.SIGKILL)
    waiting.wait()
    recovering = sequent.start("recover", "slow1")
    assert (sequent.directory / "began").read_text() == "now"
    goes(sequent)
    wait_until(lambda: "wait: 1 success" in sequent("show", "slow1").stdout)
    assert sequent("stop", "slow1").returncode == 0
    recovering.communicate()
    assert not (sequent.directory / "after").exists()
    assert "note: 'after' is held by " in sequent("recover", "slow1", "--plan").stdout
    assert "after: not begun, held" in sequent("graph", "slow1").stdout
    released = sequent("release", "slow1", "after")
    assert released.stderr == "run slow1: after goes on, once the run is resumed\n"
    assert sequent("recover", "slow1").returncode == 0
    assert (sequent.directory / "after").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("hold", "slow1", "aftr"), "run 'slow1' has no step or container 'aftr'"),
        (("hold", "slow1", "after/x"), "'x' is not a sequence"),
        (("hold", "slow1", "after@etl1"), "'after' has no copies on hosts"),
        (("release", "slow1", "after"), "run 'slow1' refused this: 'after' is not held"),
    ],
)
def test_what_cannot_be_held_is_refused_with_the_reason(sequent, waiting, words, said):
    done = sequent(*words)
    assert done.returncode == 2
    assert said in done.stderr


def test_a_driver_that_is_stopped_is_named_and_decides_once_it_goes_on(sequent, waiting):
    waiting.send_signal(signal.SIGSTOP)
    wait_until(lambda: process_trees.is_stopped(waiting.pid))
    held = sequent("hold", "slow1", "after")
    assert held.returncode == 0
    assert f"asked process {waiting.pid} on " in held.stderr
    assert held.stderr.endswith(", which is stopped, and answers once it goes on\n")
    waiting.send_signal(signal.SIGCONT)
    wait_until(lambda: "'after' is held since" in sequent("ls").stdout)


def test_a_task_is_marked_and_not_executed(sequent, waiting):
    marked = sequent("mark", "slow1", "after", "success", "--why", "done by hand")
    assert (marked.returncode, marked.stderr) == (0, "run slow1: after counts as a success\n")
    goes(sequent)
    _, err = waiting.communicate()
    assert (waiting.returncode, (sequent.directory / "after").exists()) == (0, False), err
    assert sequent("show", "slow1").stdout.splitlines()[-1].endswith(": done by hand")


def test_a_task_that_has_failed_is_marked_and_the_recovery_keeps_that(sequent):
    assert sequent("run", "flows:broken", "--run-id", "bad").returncode == 1
    wrong = sequent("mark", "bad", "load", "success")
    assert (wrong.returncode, "'load' has succeeded" in wrong.stderr) == (2, True)
    assert "is not JSON" in sequent("mark", "bad", "send", "success", "--result", "{").stderr
    marked = sequent("mark", "bad", "send", "success")
    assert marked.stderr == "run bad: send counts as a success, once the run is resumed\n"
    recovered = sequent("recover", "bad")
    assert recovered.returncode == 0, recovered.stderr
    assert "send: 1 success" in sequent("show", "bad").stdout


def test_many_at_once_are_all_heard(sequent, waiting):
    asking = [sequent.start("hold", "slow1", name) for name in ("after", "wait", "after/1")]
    assert [process.wait() for process in asking] == [0, 0, 0]
    for process in asking:
        process.communicate()
    assert sequent("show", "slow1").stdout.count("  hold ") == 3
    assert os.path.exists(sequent.directory / "go")
