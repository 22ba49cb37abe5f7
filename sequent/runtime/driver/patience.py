"""For how long a write that the store could not take is tried again."""

from __future__ import annotations

from sequent.errors import StoreBusyError, StoreError, StoreFullError
from sequent.runtime.ports import Clock

FIRST_RETRY = 0.01
"""Seconds until it is tried again; doubled each time."""
LONGEST_RETRY = 1.0
BUSY_PATIENCE = 30.0
"""Seconds for which a store may be locked before the run gives up."""
FULL_PATIENCE = 300.0
"""Seconds for which its disk may be full."""


class Patience:
    """Counts the time since the first of several failures in a row."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since: float | None = None
        self.retry_after = 0.0
        """Seconds until the next try."""

    def lasts(self, error: StoreError) -> bool:
        """Whether the write that failed in this way is to be tried again."""
        now = self._clock.monotonic()
        if self._since is None:
            self._since = now
        self.retry_after = min(LONGEST_RETRY, max(FIRST_RETRY, 2 * self.retry_after))
        if isinstance(error, StoreFullError):
            return now - self._since <= FULL_PATIENCE
        return isinstance(error, StoreBusyError) and now - self._since <= BUSY_PATIENCE

    def renew(self) -> None:
        """A write has succeeded."""
        self._since = None
        self.retry_after = 0.0
