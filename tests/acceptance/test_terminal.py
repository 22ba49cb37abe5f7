"""What commands write on a terminal."""

from __future__ import annotations

import os
import pty
import re
import sys

import pytest

from tests.acceptance.command_line import WAITING
from tests.children import Child


def on_terminal(sequent, *words, codes=(0, 1), **environment):
    """Run a command with a terminal as its stderr and stdout; what it wrote there."""
    ours, theirs = pty.openpty()
    sequent.environment = {**sequent.environment, "TERM": "xterm", "COLUMNS": "100", "LINES": "40", **environment}
    for name in ("CI", *(name for name, value in environment.items() if not value)):
        if not environment.get(name):
            sequent.environment.pop(name, None)
    process = sequent.start(*words, stdout=theirs, stderr=theirs)
    os.close(theirs)
    written = b""
    while True:
        try:
            chunk = os.read(ours, 65536)
        except OSError:
            break
        if not chunk:
            break
        written += chunk
    os.close(ours)
    assert process.wait() in codes
    return written.decode()


def test_on_a_terminal_a_table_of_steps_is_drawn_with_the_failure_above_it(sequent):
    text = on_terminal(sequent, "run", "flows:broken", NO_COLOR="")
    assert "\x1b[?25h" in text
    assert "step" in text
    assert "\x1b[31m✗ failure" in text
    assert "ValueError: the receiver is away" in text
    assert "recover" in text


@pytest.mark.parametrize("environment", [{"TERM": "dumb"}, {"CI": "true"}])
def test_a_terminal_that_cannot_redraw_gets_plain_lines(sequent, environment):
    text = on_terminal(sequent, "run", "flows:nightly", "--day=2026-11-24", **environment)
    assert "\x1b" not in text
    assert "success  load/1" in text


def test_a_log_on_a_terminal_cannot_steer_it(sequent):
    sequent("run", "flows:broken", "--run-id", "night7")
    text = on_terminal(sequent, "logs", "night7")
    assert "\x1b" not in text
    assert "about to send\\x1b]0;owned\\x07" in text


def until_written(terminal, text, written=b""):
    """Read from a terminal until that was written; all that was."""
    while text not in written.decode("utf-8", "replace"):
        written += os.read(terminal, 65536)
    return written


def interrupted(line, script, *words):
    """Run a script whose command gets a signal at its progress, on a terminal; what it wrote there."""
    (line.directory / "interrupted.py").write_text(script)
    environment = {**line.environment, "TERM": "xterm"}
    environment.pop("CI", None)
    ours, theirs = pty.openpty()
    command = [sys.executable, "interrupted.py", *words]
    process = Child(command, cwd=line.directory, env=environment, stdout=theirs, stderr=theirs)
    os.close(theirs)
    text = until_written(ours, "nothing was changed").decode()
    assert process.wait() == 130
    os.close(ours)
    return text.strip()


def test_a_run_is_watched_from_another_terminal_as_its_driver_shows_it(sequent):
    (sequent.directory / "waiting.py").write_text(WAITING)
    for pipe in ("began", "go"):
        os.mkfifo(sequent.directory / pipe)
    sequent.environment |= {"TERM": "xterm", "COLUMNS": "100", "LINES": "40"}
    sequent.environment.pop("CI", None)
    driver, theirs = pty.openpty()
    running = sequent.start("run", "waiting:slow", stdout=theirs, stderr=theirs)
    os.close(theirs)
    assert (sequent.directory / "began").read_text() == "now"
    terminal, theirs = pty.openpty()
    watching = sequent.start("show", "--watch", stdout=theirs, stderr=theirs)
    os.close(theirs)
    seen = {who: until_written(who, "1 not begun").decode() for who in (driver, terminal)}
    tables = []
    for text in seen.values():
        lines = [" ".join(re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", line).split()) for line in text.splitlines()]
        tables.append([line for line in lines if line.startswith(("step", "▶"))][-2:])
    assert tables == [["step running waiting success failure skipped", "▶ active wait 1"]] * 2
    (sequent.directory / "go").write_text("go")
    until_written(driver, "success in")
    shown = until_written(terminal, "after: 1 success").decode()
    assert "run r00001 of slow: ✓ success" in shown
    for process, end in ((running, driver), (watching, terminal)):
        assert process.wait() == 0
        os.close(end)


def test_without_a_terminal_a_watched_run_is_shown_once_it_has_ended(sequent):
    (sequent.directory / "waiting.py").write_text(WAITING)
    for pipe in ("began", "go"):
        os.mkfifo(sequent.directory / pipe)
    running = sequent.start("run", "waiting:slow")
    assert (sequent.directory / "began").read_text() == "now"
    watching = sequent.start("show", "latest", "--watch", "--json")
    (sequent.directory / "go").write_text("go")
    shown, _ = watching.communicate()
    running.communicate()
    assert '"status": "success"' in shown


def test_a_page_is_not_written_to_a_terminal(sequent):
    sequent("run", "flows:broken", "--run-id", "night7")
    text = on_terminal(sequent, "report", "night7", codes=(2,))
    assert "<html" not in text
    assert "not text for a terminal" in text
    assert "sequent report -o report.html" in text
    assert sequent("report", "night7").stdout.startswith("<!DOCTYPE html>")
