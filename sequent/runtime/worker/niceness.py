"""The niceness of a worker: raised for an attempt, restored afterwards."""

from __future__ import annotations

import contextlib
import os

from sequent.errors import UsageError


class Niceness:
    """The nice value of this process, which programs that it starts inherit."""

    def __init__(self) -> None:
        self._own = self._now = self._look()

    def raise_by(self, nice: int) -> None:
        """Add to the niceness of the run itself; a negative number lowers it.

        Raises:
            UsageError: the system does not let this user lower it.
        """
        try:
            os.setpriority(os.PRIO_PROCESS, 0, self._own + nice)
        except PermissionError:
            raise UsageError(
                f"'nice' is {nice}, and the system lets this user only raise it",
                code="nice",
                hint="give a number from 0 to 19; a negative one needs root's rights, or a limit that allows it",
            ) from None
        self._now = self._look()

    def restore(self) -> bool:
        """Restore the niceness; return whether the system allows that."""
        if self._now != self._own:
            with contextlib.suppress(PermissionError):
                os.setpriority(os.PRIO_PROCESS, 0, self._own)
            self._now = self._look()
        return self._now == self._own

    def _look(self) -> int:
        return os.getpriority(os.PRIO_PROCESS, 0)
