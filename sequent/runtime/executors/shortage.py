"""What to do where the machine has no room for another process: wait, and try again."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import TypeVar

from sequent.errors import ShortageError
from sequent.runtime.agent.room import is_scarce
from sequent.runtime.notices import notify

PATIENCE = 300.0
"""Seconds after which a start is given up that is refused again and again; as long as a full store is waited for."""
_FIRST_RETRY = 0.1
_LONGEST_RETRY = 2.0
_Started = TypeVar("_Started")


class Shortage:
    """Starts that were refused: when to try again, and for how long."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._since: float | None = None
        self._wait = 0.0
        self._retry_at: float | None = None
        self._reason = ""

    @property
    def lasts(self) -> bool:
        """Whether the last start was refused."""
        return self._since is not None

    def refuse(self, reason: str) -> str:
        """A start was refused; give what is to be said of it, which is nothing a second time."""
        self._reason = reason
        now = self._monotonic()
        self._wait = min(_LONGEST_RETRY, 2 * self._wait or _FIRST_RETRY)
        self._retry_at = now + self._wait
        if self._since is not None:
            return ""
        self._since = now
        return f"a worker cannot be started: {reason}; trying again for {PATIENCE / 60:.0f} minutes"

    def end(self) -> str:
        """A start was not refused; give what is to be said of it."""
        was_there = self._since is not None
        self._since = self._retry_at = None
        self._wait = 0.0
        return "workers can be started again" if was_there else ""

    def left(self) -> float | None:
        """The seconds until the next try; None where there is none."""
        return None if self._retry_at is None else max(0.0, self._retry_at - self._monotonic())

    def take_due(self) -> bool:
        """Whether it is to be tried again now; said once."""
        if self.left() != 0:
            return False
        self._retry_at = None
        return True

    def check(self) -> None:
        """See that it has not lasted too long.

        Raises:
            ShortageError: it has.
        """
        if self._since is not None and self._monotonic() - self._since > PATIENCE:
            raise self.error()

    def error(self) -> ShortageError:
        """The error of a shortage that does not end."""
        return ShortageError(
            f"a worker cannot be started: {self._reason}",
            hint="make room for more (files, processes, descriptors, memory); the run can then be recovered",
        )


def patiently(start: Callable[[], _Started]) -> _Started:
    """Start what a run needs before it begins: where there is no room, say so, and try again.

    Raises:
        ShortageError: there is none for too long.
        OSError: it is refused for another reason.
    """
    shortage = Shortage()
    while True:
        try:
            return start()
        except OSError as error:
            if not is_scarce(error):
                raise
            said = shortage.refuse(error.strerror or os.strerror(error.errno or 0))
            shortage.check()
        if said:
            notify(said)
        time.sleep(shortage.left() or 0.0)
