"""What commands write on a terminal."""

from __future__ import annotations

import os
import pty

import pytest


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
