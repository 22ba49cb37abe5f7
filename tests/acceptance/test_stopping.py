"""Runs that are stopped and killed from another terminal, and what cannot be stopped."""

from __future__ import annotations

import os
import re

from tests.acceptance.command_line import WAITING


def test_a_run_is_stopped_from_another_terminal_and_recovered(sequent):
    (sequent.directory / "waiting.py").write_text(WAITING)
    for pipe in ("began", "go"):
        os.mkfifo(sequent.directory / pipe)
    running = sequent.start("run", "waiting:slow", "--run-id", "night7")
    assert (sequent.directory / "began").read_text() == "now"
    stopped = sequent("stop", "night7", "--why", "six \x1b[31m o'clock")
    assert stopped.returncode == 0, stopped.stderr
    assert stopped.stderr == "run night7: it stops once running steps have finished\n"
    shown = sequent("show", "night7").stdout.splitlines()
    assert re.fullmatch(r"  \S+  stop  by \S+@\S+: six \\x1b\[31m o'clock", shown[-1])
    (sequent.directory / "go").write_text("go")
    _, err = running.communicate()
    assert running.returncode == 130, err
    assert not (sequent.directory / "after").exists()
    assert sequent("recover", "night7").returncode == 0
    assert (sequent.directory / "after").exists()


def test_a_run_is_killed_from_another_terminal_and_its_step_runs_again(sequent):
    (sequent.directory / "waiting.py").write_text(WAITING)
    for pipe in ("began", "go"):
        os.mkfifo(sequent.directory / pipe)
    running = sequent.start("run", "waiting:slow", "--run-id", "night7")
    assert (sequent.directory / "began").read_text() == "now"
    killed = sequent("kill", "night7")
    assert (killed.returncode, killed.stderr) == (0, "run night7: its running steps are ended\n")
    _, err = running.communicate()
    assert running.returncode == 130, err
    assert "stopped" in sequent("ls").stdout
    recovering = sequent.start("recover", "night7")
    assert (sequent.directory / "began").read_text() == "now"
    (sequent.directory / "go").write_text("go")
    _, err = recovering.communicate()
    assert recovering.returncode == 0, err


def test_what_has_ended_is_not_stopped_and_what_it_is_is_said(sequent):
    sequent("run", "flows:nightly", "--day", "2026-11-24", "--run-id", "night7")
    done = sequent("stop", "night7")
    assert done.returncode == 2
    assert "run 'night7' of 'nightly' is not running: success since 20" in done.stderr
    assert "sequent show night7" in done.stderr


def test_a_run_that_is_not_there_is_not_stopped(sequent):
    sequent("run", "flows:nightly", "--day", "2026-11-24", "--run-id", "night7")
    done = sequent("stop", "night8")
    assert done.returncode == 2
    assert "there is no run 'night8'" in done.stderr
    assert "the latest runs are night7 (nightly, success)" in done.stderr
