"""A clock that stands still until it is moved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TypeAlias, cast

from sequent.errors import UsageError
from sequent.model.durations import read_seconds
from sequent.model.wording import repr_of

Seconds: TypeAlias = float | str | timedelta
"""A length of time: a number of seconds, "30s", or a timedelta."""
A_LENGTH = 'give "30s", a number of seconds or a timedelta'
"""The hint for a value that is none."""
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
"""The default time of the wall clock when a simulation begins: the same in every run of a test."""


class FakeClock:
    """A clock that stands still until it is moved; satisfies the port ``Clock``.

    It replaces both clocks of the machine: the one that counts from boot begins at 0, and the wall clock at ``start``.
    """

    def __init__(self, start: datetime = BEGINNING) -> None:
        """Begin at a moment.

        Raises:
            UsageError: it is not a moment, or has no time zone.
        """
        if not isinstance(cast("object", start), datetime):
            raise UsageError(
                f"start is {repr_of(start)}",
                code="moment",
                hint="give a datetime with its zone, in which the clock begins",
            )
        if start.tzinfo is None:
            raise UsageError(
                f"the clock begins at {start.isoformat()}, which has no time zone",
                code="time-zone",
                hint="give it one, such as timezone.utc",
            )
        self._start = start.timestamp()
        self.elapsed = 0.0
        """The seconds that have passed since its beginning."""

    def now(self) -> float:
        """Return the seconds since 1970."""
        return self._start + self.elapsed

    def monotonic(self) -> float:
        """Return the seconds since the beginning."""
        return self.elapsed

    def boottime(self) -> float:
        """Return the same: the machine was booted at the beginning."""
        return self.elapsed

    def boot_id(self) -> str:
        """Return the id of the only boot."""
        return "simulated"

    def pass_time(self, length: float | str | timedelta) -> None:
        """Let time pass: a number of seconds, a string such as "6h", or a timedelta.

        Raises:
            UsageError: it is none of these, or negative.
        """
        try:
            self.elapsed += read_seconds(length)
        except ValueError as error:
            raise UsageError(str(error), code="length-of-time", hint=A_LENGTH) from None

    def elapsed_at(self, moment: float) -> float:
        """Return how much time has passed when the wall clock shows a moment, in seconds since 1970."""
        return moment - self._start
