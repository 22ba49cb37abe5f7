"""The time limit of a worker's attempt: its timeout, and the agent's order to end."""

from __future__ import annotations

import mmap
import os
import signal
import time

from sequent.model.outcome import Problem
from sequent.runtime.agent.timeouts import RECORD
from sequent.runtime.worker.problems import problem_of
from sequent.runtime.worker.termination import signal_name


def problem_of_timeout(seconds: float) -> Problem:
    """Return the problem of an attempt that took too long."""
    return problem_of(TimeoutError(f"took longer than {seconds:g} s"))


def problem_of_stop(number: int) -> Problem:
    """Return the problem of an attempt that was ended by that signal because its run is being stopped."""
    message = f"it was ended by {signal_name(number)}, since the run is being stopped"
    return Problem(type="Signal", message=message, signal=number)


class Limit:
    """The time limit of the attempt that this process executes.

    Worker and agent read the same clock of one machine, and a message that the worker sends before the limit reaches
    the agent before it decides. So an attempt whose code ended in time has not timed out, whatever happens next. If the
    agent may have decided otherwise, this process takes no further order, since that attempt might be ended.

    Args:
        descriptor: leads to the agent.
        word: identifies this process to the agent.
        ordered: memory shared with the agent; its first byte tells whether this process is to end.
    """

    def __init__(self, descriptor: int, word: bytes, ordered: mmap.mmap) -> None:
        self.descriptor = descriptor
        self._ordered = ordered
        self._word = word
        self._seconds: float | None = None
        self._until = 0.0
        self.may_be_ended = False
        """Whether the agent may be about to end this process."""

    @property
    def is_set(self) -> bool:
        """Whether the attempt has a limit."""
        return self._seconds is not None

    def begin(self, seconds: float | None) -> None:
        """Begin an attempt that may take that long; None: as long as it likes."""
        self._seconds = seconds
        if seconds is not None:
            self._until = time.monotonic() + seconds
            self._say(self._until)

    def end(self) -> Problem | None:
        """End the attempt's code; return its problem if it took too long."""
        seconds, self._seconds = self._seconds, None
        if seconds is None:
            return None
        is_late = time.monotonic() >= self._until
        self._say(0.0)
        self.may_be_ended = time.monotonic() >= self._until
        return problem_of_timeout(seconds) if is_late else None

    def problem_of_order(self) -> Problem | None:
        """Return the problem if the agent has ordered the end: the attempt then fails, whatever its code has done."""
        return problem_of_stop(signal.SIGTERM) if self._ordered[0] else None

    def _say(self, until: float) -> None:
        os.write(self.descriptor, RECORD.pack(self._word, until))
