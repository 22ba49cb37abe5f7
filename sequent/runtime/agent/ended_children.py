"""Tells an agent when its children end, and sets signals for the agent and for its children."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from types import FrameType


class ChildWatch:
    """Becomes readable when a child ends. Signals of the driver's terminal are ignored meanwhile."""

    def __init__(self) -> None:
        self._woken, self._wake = socket.socketpair()
        for end in (self._woken, self._wake):
            end.setblocking(False)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            signal.signal(number, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, _wake_only)
        signal.set_wakeup_fd(self._wake.fileno(), warn_on_full_buffer=False)

    def fileno(self) -> int:
        """Return the descriptor to wait for."""
        return self._woken.fileno()

    def clear(self) -> None:
        """Forget past ends, so that only new ones make it readable."""
        with contextlib.suppress(BlockingIOError):
            self._woken.recv(4096)

    def close_in_child(self) -> None:
        """Stop watching, and reset signals to those of a program that was just started."""
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self._woken.close()
        self._wake.close()


def next_ended() -> tuple[int, int] | None:
    """Return a child that has ended, and its status; None while there is none."""
    try:
        pid, status = os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return None
    return (pid, status) if pid else None


def _wake_only(number: int, frame: FrameType | None) -> None:
    """Do nothing: a handler makes the signal write to the wake-up descriptor."""
