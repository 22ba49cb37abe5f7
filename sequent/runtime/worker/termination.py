"""What a TERM does to a worker: nothing is lost that has ended, and a running step gets to clean up."""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType

from attrs import define, field

LOST_CHANNEL = 113
"""The status with which a worker ends whose step has closed the worker's own descriptors."""


class Terminated(BaseException):
    """The worker was told to end: raised within the step, so that its ``finally`` blocks run, or while it waits."""


@define
class Termination:
    """Whether somebody asked this process to end, and what it was doing then."""

    is_idle: bool = True
    is_in_step: bool = False
    was_asked: bool = False
    _masks: dict[int, set[int]] = field(factory=dict[int, set[int]])
    """What each thread that is just forking had blocked before."""

    def install(self) -> None:
        """Take over TERM. A step that has its own handler keeps it only for itself; what it forks ends of a TERM."""
        signal.signal(signal.SIGTERM, self._handle)
        os.register_at_fork(before=self._hold_back, after_in_parent=self._go_on, after_in_child=self._give_back)

    def _hold_back(self) -> None:
        # A copy forgets what has come for it before it looks.
        self._masks[threading.get_ident()] = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})

    def _go_on(self) -> None:
        mask = self._masks.pop(threading.get_ident(), None)
        if mask is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    def _give_back(self) -> None:
        if signal.getsignal(signal.SIGTERM) == self._handle:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
        self._go_on()

    def _handle(self, number: int, frame: FrameType | None) -> None:
        del frame
        is_first, self.was_asked = not self.was_asked, True
        if is_first and (self.is_in_step or self.is_idle):
            raise Terminated

    def __enter__(self) -> None:
        """From here on the author's code runs, and a TERM is an exception in it; one that came before is so too.

        Raises:
            Terminated: the worker was told to end while the step was being prepared.
        """
        self.is_in_step = True
        if self.was_asked:
            self.is_in_step = False
            raise Terminated

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """The author's code has ended; where it was told to, it is no success, though it may have caught that.

        Raises:
            Terminated: it returned in spite of that.
        """
        self.is_in_step = False
        if self.was_asked and kind is None:
            raise Terminated


def die_of(number: int) -> None:
    """End by that signal, so that whoever waits for this process sees it."""
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def signal_name(number: int) -> str:
    """How people call a signal."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
