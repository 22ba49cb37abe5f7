"""Processes that the author's code has forked and that return from it like the original."""

from __future__ import annotations

import os

from sequent.model.outcome import Problem
from sequent.runtime.logs.log_segment import flush_streams


class Original:
    """The process that calls the author's code; only this one reports the outcome."""

    def __init__(self) -> None:
        self._pid = os.getpid()

    def end_copy(self, problem: Problem | None) -> None:
        """End this process if it is a forked copy.

        Args:
            problem: why the code has failed in this process.
        """
        if os.getpid() == self._pid:
            return
        if problem is not None:
            os.write(2, problem.traceback.encode())
        flush_streams()
        os._exit(0 if problem is None else 1)
