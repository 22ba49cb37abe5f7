"""Tells which limits a replay has reached: to lift any other changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sequent.forecast.limits import LimitedPlan, LimitKind, RunLimit
from sequent.model.scope import is_within
from sequent.runtime.records import AttemptRecord
from sequent.view.attempts import most_at_once


class LimitUse:
    """The largest use of each limit in a replay.

    If a limit was never reached, nothing waited for it: without it, the replay would be the same. If a replay without
    limits never exceeds one, it would be the same with that one. Where the use is not known, both are possible.

    Args:
        limited: the plan of the replay, with its limits.
        attempts: the attempts of the replay.
        peaks: the largest amount of each pool that was held at once.
    """

    def __init__(self, limited: LimitedPlan, attempts: Sequence[AttemptRecord], peaks: Mapping[str, int]) -> None:
        self._limited = limited
        self._attempts = attempts
        self._peaks = peaks

    def reaches(self, limit: RunLimit) -> bool:
        """Return whether anything may have waited for a limit of the replay."""
        used = self._most(limit)
        return used is None or used + self._largest_request(limit) > limit.amount

    def exceeds(self, limit: RunLimit) -> bool:
        """Return whether the replay used more than a limit that was lifted for it."""
        used = self._most(limit)
        return used is None or used > limit.amount

    def _most(self, limit: RunLimit) -> int | None:
        elsewhere = self._limited.hosts
        match limit.kind:
            case LimitKind.POOL:
                return self._peaks.get(limit.name, 0)
            case LimitKind.SLOTS:
                return self._at_once(lambda attempt: attempt.host not in elsewhere)
            case LimitKind.HOST:
                return self._at_once(lambda attempt: attempt.host == limit.name)
            case LimitKind.TASKS:
                return self._at_once(lambda attempt: not limit.name or is_within(attempt.path, limit.name))
            case LimitKind.ITERATIONS:
                # The attempts do not tell when an iteration begins and ends.
                return None

    def _largest_request(self, limit: RunLimit) -> int:
        if limit.kind is not LimitKind.POOL:
            return 1
        amounts = (amount for node in self._limited.plan.nodes for pool, amount in node.acquires if pool == limit.name)
        return max(amounts, default=0)

    def _at_once(self, is_counted: Callable[[AttemptRecord], bool]) -> int:
        return most_at_once(attempt for attempt in self._attempts if is_counted(attempt))
