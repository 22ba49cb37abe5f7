"""For how long a write that the store could not take is tried again."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from sequent.errors import StoreBusyError, StoreError, StoreFullError
from sequent.runtime.clock import Clock, SystemClock
from sequent.runtime.notices import notify

T = TypeVar("T")

FIRST_RETRY = 0.01
"""Seconds until it is tried again; doubled each time."""
LONGEST_RETRY = 1.0
BUSY_PATIENCE = 30.0
"""Seconds for which a store may be locked before the run gives up."""
FULL_PATIENCE = 300.0
"""Seconds for which its disk may be full."""
_SAID_AFTER = 0.9
"""Seconds after which it is said that something is waited for; with the wait between two tries, less than two."""


class Patience:
    """Counts the time since the first of several failures in a row."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since: float | None = None
        self.retry_after = 0.0
        """Seconds until the next try."""
        self._has_said = False

    def lasts(self, error: StoreError) -> bool:
        """Whether the write that failed in this way is to be tried again."""
        now = self._clock.monotonic()
        if self._since is None:
            self._since = now
        self.retry_after = min(LONGEST_RETRY, max(FIRST_RETRY, 2 * self.retry_after))
        return now - self._since <= _patience_with(error)

    def notice(self, error: StoreError) -> str:
        """What is to be said of what is waited for: once, and nothing as long as it may be over in a moment."""
        if self._has_said or self._since is None or self._clock.monotonic() - self._since < _SAID_AFTER:
            return ""
        self._has_said = True
        return f"{error.message}; trying again for up to {_patience_with(error):.0f} seconds"

    def renew(self) -> str:
        """A write has succeeded; give what is to be said of that."""
        has_said, self._has_said = self._has_said, False
        self._since = None
        self.retry_after = 0.0
        return "it can be written again" if has_said else ""


def wait_for_room(write: Callable[[], T]) -> T:
    """Do what a run needs of its store before it has a driver: while the disk is full, say so, and try again.

    Raises:
        StoreFullError: it has been full for too long.
    """
    patience = Patience(SystemClock())
    while True:
        try:
            done = write()
        except StoreFullError as error:
            if not patience.lasts(error):
                raise
            said = patience.notice(error)
        else:
            said = patience.renew()
            if said:
                notify(said)
            return done
        if said:
            notify(said)
        time.sleep(patience.retry_after)


def _patience_with(error: StoreError) -> float:
    """Seconds for which what ends in that way is tried again; negative: not once."""
    if isinstance(error, StoreFullError):
        return FULL_PATIENCE
    return BUSY_PATIENCE if isinstance(error, StoreBusyError) else -1.0
