"""The log of an attempt, for the code that executes it."""

from __future__ import annotations

from typing import Protocol

from sequent.model.outcome import LogSpan


class AttemptLog(Protocol):
    """Takes the output of one attempt after the other."""

    def begin(self, path: str, sequence: str, attempt: int) -> None:
        """Count output from now on as that attempt's."""

    def mask(self, words: tuple[bytes, ...]) -> None:
        """Write *** in place of these until the attempt ends."""

    def keep(self, data: bytes) -> None:
        """Add output of a program."""

    def end(self) -> LogSpan | None:
        """Return the span written since ``begin``; None if nothing is kept."""
