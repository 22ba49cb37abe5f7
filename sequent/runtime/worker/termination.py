"""The effect of SIGTERM on a worker: no outcome is lost, and a running step can clean up."""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType

from attrs import define, field

LOST_CHANNEL = 113
"""The exit code of a worker whose step has closed the worker's own descriptors."""


class Terminated(BaseException):
    """The worker was told to end: raised in the step, so that its ``finally`` blocks run, or while the worker waits."""


@define
class Termination:
    """Whether this process was asked to end, and whether it is idle or in a step."""

    is_idle: bool = True
    is_in_step: bool = False
    was_asked: bool = False
    _masks: dict[int, set[int]] = field(factory=dict[int, set[int]])
    """The signals that each forking thread had blocked before."""

    def install(self) -> None:
        """Handle SIGTERM. A step's own handler lasts only for that step; its forked processes end on SIGTERM."""
        signal.signal(signal.SIGTERM, self._handle)
        os.register_at_fork(before=self._hold_back, after_in_parent=self._go_on, after_in_child=self._give_back)

    def _hold_back(self) -> None:
        # A forked copy would lose a TERM that arrives before its first look.
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
        """Raise in the author's code on SIGTERM from here on, and also for a signal that came before.

        Raises:
            Terminated: the worker was told to end while the step was being prepared.
        """
        self.is_in_step = True
        if self.was_asked:
            self.is_in_step = False
            raise Terminated

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """End the author's code; if it was told to end, it has not succeeded, even if it caught the exception.

        Raises:
            Terminated: it returned nevertheless.
        """
        self.is_in_step = False
        if self.was_asked and kind is None:
            raise Terminated


def die_of(number: int) -> None:
    """End by that signal, so that the parent process sees it."""
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def signal_name(number: int) -> str:
    """Return the name of a signal."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
