"""A line about a long command, on terminals alone."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import struct
import termios

import pytest

from sequent.cli.output.live_line import FRAME_SECONDS, PATIENCE, LiveLine


@pytest.fixture
def terminal(monkeypatch):
    """A terminal, and what was written to it."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("CI", raising=False)
    ours, theirs = pty.openpty()
    os.set_blocking(ours, False)

    def written():
        found = b""
        with contextlib.suppress(BlockingIOError):
            while True:
                found += os.read(ours, 65536)
        return found.decode()

    with open(theirs, "w") as stream:
        yield stream, written
    os.close(ours)


def shown(terminal, *moments, **options):
    """What is written if a text is shown at these moments."""
    stream, written = terminal
    now = [0.0]
    with LiveLine(stream, clock=lambda: now[0], **options) as line:
        for number, now[0] in enumerate(moments, 1):
            line.show(f"{number} of 9\x1b[8m")
    return written()


def test_it_appears_after_a_while_and_is_erased_in_the_end(terminal):
    assert shown(terminal, 0.0, PATIENCE + 1) == "\r\x1b[2K2 of 9\\x1b[8m\r\x1b[2K"


def test_a_short_command_shows_nothing(terminal):
    assert shown(terminal, 0.0, PATIENCE / 2) == ""


def test_it_is_drawn_four_times_a_second_at_most(terminal):
    text = shown(terminal, *(PATIENCE + FRAME_SECONDS * quarter / 4 for quarter in range(5)))
    assert text.count("of 9") == 2


def test_it_is_erased_after_an_error(terminal):
    stream, written = terminal
    now = [0.0]
    with contextlib.suppress(KeyboardInterrupt), LiveLine(stream, clock=lambda: now[0]) as line:
        now[0] = PATIENCE
        line.show("1 of 9")
        raise KeyboardInterrupt
    assert written().endswith("\r\x1b[2K")


@pytest.mark.parametrize(("name", "value"), [("TERM", "dumb"), ("CI", "true")])
def test_a_terminal_that_cannot_redraw_shows_nothing(terminal, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    assert shown(terminal, PATIENCE) == ""


def test_a_quiet_command_and_a_file_show_nothing(terminal, tmp_path):
    assert shown(terminal, PATIENCE, is_quiet=True) == ""
    with (tmp_path / "file").open("w+") as file:
        assert shown((file, lambda: file.seek(0) or file.read()), PATIENCE) == ""


def test_a_narrow_terminal_is_not_wrapped(terminal):
    fcntl.ioctl(terminal[0].fileno(), termios.TIOCSWINSZ, struct.pack("HHHH", 24, 4, 0, 0))
    assert shown(terminal, PATIENCE) == "\r\x1b[2K1 o\r\x1b[2K"
