"""Patience with an action that is refused: when to try it again, for how long, and which notices to show."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable
from typing import TypeVar

from sequent.errors import StoreFullError

T = TypeVar("T")
E = TypeVar("E", bound=Exception)

BUSY_PATIENCE = 30.0
"""Seconds for which a store may be locked before a run gives up."""
FULL_PATIENCE = 300.0
"""Seconds for which there may be no room: on the disk, or for another process."""

WRITABLE = "it can be written again"


class Patience:
    """Counts the time since the first of several refusals in a row.

    Args:
        monotonic: a clock, in seconds.
        first: seconds until the next try; doubled each time, ...
        longest: ... up to this many.
        silent: seconds for which nothing is said, since it may be over in a moment.
    """

    def __init__(
        self,
        monotonic: Callable[[], float] = time.monotonic,
        *,
        first: float = 0.01,
        longest: float = 1.0,
        silent: float = 0.9,
    ) -> None:
        self._monotonic = monotonic
        self._first, self._longest, self._silent = first, longest, silent
        self._since: float | None = None
        self._counted_from = 0.0
        """The moment from which the limit counts: the first refusal, or a later one after which others went on."""
        self._limit = 0.0
        self._retry_at: float | None = None
        self._has_said = False
        self.retry_after = 0.0
        """Seconds from the last refusal until the next try."""

    @property
    def lasts(self) -> bool:
        """Whether the last try was refused."""
        return self._since is not None

    @property
    def is_over(self) -> bool:
        """Whether it has been refused for too long."""
        return self._since is not None and self._monotonic() - self._counted_from > self._limit

    def try_again(self, limit: float) -> bool:
        """Note a refusal; return whether to try again: not once, or for so many seconds from the first refusal on."""
        now = self._monotonic()
        if self._since is None:
            self._since = self._counted_from = now
        self._limit = limit
        self.retry_after = min(self._longest, max(self._first, 2 * self.retry_after))
        self._retry_at = now + self.retry_after
        return not self.is_over

    def count_anew(self) -> None:
        """Count the limit from now on: others go on meanwhile, so this is a queue, and nothing is stuck."""
        self._counted_from = self._monotonic()

    def notice(self, message: str) -> str:
        """Return a notice about the wait: once, and '' as long as it may be over in a moment."""
        if self._has_said or self._since is None or self._monotonic() - self._since < self._silent:
            return ""
        self._has_said = True
        return f"{message}; trying again for up to {self._limit:.0f} seconds"

    def renew(self, message: str) -> str:
        """Note a try that was not refused; return a notice if there was one about the wait, '' otherwise."""
        has_said, self._has_said = self._has_said, False
        self._since = self._retry_at = None
        self.retry_after = 0.0
        return message if has_said else ""

    def left(self) -> float | None:
        """Return the seconds until the next try; None if there is none."""
        return None if self._retry_at is None else max(0.0, self._retry_at - self._monotonic())

    def take_due(self) -> bool:
        """Return whether to try again now; True only once."""
        if self.left() != 0:
            return False
        self._retry_at = None
        return True


_hurried = [False]


def hurry(*, is_hurried: bool = True) -> None:
    """Let waits in the middle of something give up with the next refusal, or, with False, wait again."""
    _hurried[0] = is_hurried


def is_hurried() -> bool:
    """Return whether somebody has asked this process twice to stop."""
    return _hurried[0]


def patiently(
    act: Callable[[], T],
    kind: type[E],
    refusal: Callable[[E], str],
    limit: float,
    patience: Patience | None = None,
    relief: str = "",
) -> T:
    """Act for a run that has no driver yet: while the action is refused, say so, sleep, and try again.

    Args:
        act: the action.
        kind: the class of errors that may be refusals.
        refusal: the notice for an error; '' if the error is not a refusal.
        limit: the seconds after which to give up.
        patience: when to try again; None: the default.
        relief: the notice once it is not refused any more, if there was one before.

    Raises:
        kind: it is not a refusal, the time is up, or somebody is in a hurry.
    """
    patience = patience or Patience()
    while True:
        try:
            done = act()
        except kind as error:
            message = refusal(error)
            if not message or not patience.try_again(limit) or is_hurried():
                raise
            say(patience.notice(message))
        else:
            say(patience.renew(relief))
            return done
        time.sleep(patience.retry_after)


def wait_for_room(write: Callable[[], T]) -> T:
    """Write to a store for a run that has no driver yet: while the disk is full, say so, and try again.

    Raises:
        StoreFullError: it has been full for too long.
    """
    return patiently(write, StoreFullError, lambda error: error.message, FULL_PATIENCE, relief=WRITABLE)


def say(text: str) -> None:
    """Write a notice to standard error: a run has no observer yet."""
    if text:
        # The stream may be closed, or have no reader any more.
        with contextlib.suppress(OSError, ValueError, AttributeError):
            sys.stderr.write(f"{text}\n")
            sys.stderr.flush()
