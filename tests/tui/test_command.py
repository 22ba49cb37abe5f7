"""The command that shows the screen."""

from __future__ import annotations

import os
import pty

import pytest

from sequent.cli.commands import top as command
from sequent.cli.commands.top import top
from sequent.errors import UsageError
from tests.acceptance.command_line import FLOWS, CommandLine
from tests.acceptance.test_terminal import until_written


@pytest.fixture
def sequent(tmp_path):
    line = CommandLine(tmp_path)
    (line.directory / "flows.py").write_text(FLOWS)
    line.environment |= {"TERM": "xterm", "COLUMNS": "100", "LINES": "40"}
    line.environment.pop("CI", None)
    return line


def test_without_its_package_the_error_names_the_extra(monkeypatch):
    monkeypatch.setattr(command, "PACKAGE", "no_such_package")
    with pytest.raises(UsageError) as caught:
        top()
    assert caught.value.message == "the screen needs the extra 'tui'; missing: no_such_package"
    assert caught.value.hint == "install it: pip install 'sequent[tui]'"


def test_without_a_terminal_the_error_names_the_commands_that_need_none(sequent):
    done = sequent("top")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        "error: the screen needs a terminal",
        "  hint: list the runs with sequent ls, and look at one with sequent show",
    ]


@pytest.mark.parametrize("environment", [{"TERM": "dumb"}, {"CI": "true"}])
def test_a_terminal_that_cannot_redraw_is_refused(sequent, environment):
    sequent.environment |= environment
    ours, theirs = pty.openpty()
    process = sequent.start("top", stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    until_written(ours, "sequent ls")
    assert process.wait() == 2
    os.close(ours)


def test_on_a_terminal_it_shows_the_runs_until_q_and_loads_no_flow(sequent):
    sequent("run", "flows:broken", "--run-id", "night7")
    (sequent.directory / "loaded").unlink()
    ours, theirs = pty.openpty()
    process = sequent.start("top", stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    until_written(ours, "night7")
    os.write(ours, b"\r")
    until_written(ours, "sequent recover night7 --plan")
    os.write(ours, b"q")
    # It leaves the whole screen.
    until_written(ours, "\x1b[?1049l")
    assert process.wait() == 0
    os.close(ours)
    assert not (sequent.directory / "loaded").exists()
