"""Until when the attempt of a worker may go on: as long as it may take, and until its agent orders its end."""

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
    """Why an attempt failed that took longer than it may."""
    return problem_of(TimeoutError(f"took longer than {seconds:g} s"))


def problem_of_stop(number: int) -> Problem:
    """Why an attempt failed that was ended by that signal, since its run was."""
    message = f"it was ended by {signal_name(number)}, since the run is being stopped"
    return Problem(type="Signal", message=message, signal=number)


class Limit:
    """How long the attempt may take that this process executes.

    Worker and agent read the same clock of one machine, and what the worker has said before the limit, the agent has
    heard when it decides. So an attempt whose code ended in time has not timed out, whatever happens next; and where
    the agent may have decided otherwise, this process takes no further order, lest that one be ended.

    Args:
        descriptor: where the agent hears.
        word: by which it knows this process.
        ordered: memory of both, whose first byte says whether this process is to end.
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
        """Whether the attempt has one."""
        return self._seconds is not None

    def begin(self, seconds: float | None) -> None:
        """An attempt begins, which may take that long; None: as long as it likes."""
        self._seconds = seconds
        if seconds is not None:
            self._until = time.monotonic() + seconds
            self._say(self._until)

    def end(self) -> Problem | None:
        """The attempt's code has ended; where it took too long, that is its problem."""
        seconds, self._seconds = self._seconds, None
        if seconds is None:
            return None
        is_late = time.monotonic() >= self._until
        self._say(0.0)
        self.may_be_ended = time.monotonic() >= self._until
        return problem_of_timeout(seconds) if is_late else None

    def problem_of_order(self) -> Problem | None:
        """Why an attempt whose code ends now is no success: the agent has ordered its end, whatever came of that."""
        return problem_of_stop(signal.SIGTERM) if self._ordered[0] else None

    def _say(self, until: float) -> None:
        os.write(self.descriptor, RECORD.pack(self._word, until))
