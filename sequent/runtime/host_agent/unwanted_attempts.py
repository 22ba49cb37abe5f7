"""The attempts that are being ended on this host, since a driver did not want their outcomes."""

from __future__ import annotations

from collections.abc import Collection

from sequent.runtime.hosts.protocol.messages import LostThere, OutcomeThere
from sequent.runtime.orders import AttemptEnded, AttemptLost, AttemptTakenBack


class UnwantedAttempts:
    """Decides what becomes of the outcomes of such attempts: the next driver may want one after all."""

    def __init__(self) -> None:
        self._ending: set[str] = set()
        self.wanted: Collection[str] = ()
        """The attempts of earlier drivers whose outcomes the present one wants."""

    def add(self, token: str) -> None:
        """Note that an attempt is being ended."""
        self._ending.add(token)

    def clear(self) -> None:
        """Note that none is being ended any more."""
        self._ending.clear()

    def outcome_of(
        self, report: AttemptEnded | AttemptLost | AttemptTakenBack, outcome: OutcomeThere
    ) -> OutcomeThere | None:
        """Return the outcome of an attempt that is over, as its driver is to have it; None if no driver wants it."""
        if outcome.token not in self._ending:
            return outcome
        self._ending.remove(outcome.token)
        if outcome.token not in self.wanted:
            return None
        has_succeeded = isinstance(report, AttemptEnded) and report.problem is None
        return outcome if has_succeeded else LostThere(outcome.token, "an earlier driver had it ended")
