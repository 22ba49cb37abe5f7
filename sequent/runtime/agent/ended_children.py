"""What tells an agent of the ends of its children, and how signals are while it does and in the children."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from types import FrameType


class ChildWatch:
    """Something that becomes readable when a child ends. Signals for the driver's terminal pass meanwhile."""

    def __init__(self) -> None:
        self._woken, self._wake = socket.socketpair()
        for end in (self._woken, self._wake):
            end.setblocking(False)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            signal.signal(number, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, _wake_only)
        signal.set_wakeup_fd(self._wake.fileno(), warn_on_full_buffer=False)

    def fileno(self) -> int:
        """The descriptor to wait for."""
        return self._woken.fileno()

    def clear(self) -> None:
        """Be readable only for ends to come."""
        with contextlib.suppress(BlockingIOError):
            self._woken.recv(4096)

    def close_in_child(self) -> None:
        """Watch nothing, and have signals as a program has them that was just started."""
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self._woken.close()
        self._wake.close()


def next_ended() -> tuple[int, int] | None:
    """A child that has ended, and its status; None while none has."""
    try:
        pid, status = os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return None
    return (pid, status) if pid else None


def _wake_only(number: int, frame: FrameType | None) -> None:
    """Do nothing: that there is a handler makes the signal write to the wake-up descriptor."""
