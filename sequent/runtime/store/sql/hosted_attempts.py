"""The attempts that hosts may go on with, and the amounts that are held for them."""

from __future__ import annotations

from sequent.model.scope import host_in
from sequent.runtime.rows import AttemptOnHost, Hold, TaskKey
from sequent.runtime.store.sql.attempt_rows import AttemptRows
from sequent.runtime.store.sql.hosted_holds import AttemptThere, RowPlace, attempts_there
from sequent.runtime.store.sql.records import read_host, read_orphans


class HostedAttemptRows(AttemptRows):
    """Lists attempts that a driver has handed over to hosts."""

    def handed_over(self) -> list[AttemptOnHost]:
        """Return the attempts without an outcome in copies on hosts, which a driver has handed over, and orphans."""
        if not self._nodes.has_any_copies:
            return []
        attempts = attempts_there(self._session, self._run)
        holds = self._task_holds() if attempts else {}
        return [*(self._told_of(each, holds) for each in attempts), *self._orphans()]

    def _told_of(self, attempt: AttemptThere, holds: dict[RowPlace, list[Hold]]) -> AttemptOnHost:
        frame, node, iteration = attempt.task
        index, around = self._nodes.used(node), self._sequence_of(frame)
        held = tuple(hold for place in sorted(attempt.holders) for hold in holds.get(place, ()))
        sequence = (*around, iteration) if iteration else around
        key = None if index is None else TaskKey(frame, index, iteration)
        places = frozenset((frame, self._nodes.used(node) or 0) for frame, node, _ in attempt.holders)
        return AttemptOnHost(key, host_in(around), attempt.token, held, sequence, places)

    def _orphans(self) -> list[AttemptOnHost]:
        """Return the attempts that have lost their tasks, and for which amounts are kept."""
        holds: dict[tuple[str, str], list[Hold]] = {}
        for frame, node, iteration, text, pool, amount, is_shared in self._session.rows("orphan_holds", self._run):
            hold = Hold(self._holder(frame, node, iteration), pool, amount, is_shared=bool(is_shared))
            for attempt in read_orphans(text):
                holds.setdefault(attempt, []).append(hold)
        return [
            AttemptOnHost(None, read_host(self._value(host)), bytes.fromhex(token), tuple(held))
            for (token, host), held in holds.items()
        ]

    def _task_holds(self) -> dict[RowPlace, list[Hold]]:
        """Return the amounts that each task and container holds."""
        holds: dict[RowPlace, list[Hold]] = {}
        for frame, node, iteration, pool, amount, is_shared in self._session.rows("task_holds", self._run):
            hold = Hold(self._holder(frame, node, iteration), pool, amount, is_shared=bool(is_shared))
            holds.setdefault((frame, node, iteration), []).append(hold)
        return holds

    def _holder(self, frame: int, node: int, iteration: int) -> TaskKey:
        """Return the place of a holder; one of which the plan knows nothing counts as a part of the flow."""
        return TaskKey(frame, self._nodes.used(node) or 0, iteration)
