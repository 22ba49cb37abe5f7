"""The attempts that hosts may go on with, and the amounts that are held for them."""

from __future__ import annotations

from sequent.model.scope import host_in
from sequent.runtime.rows import HandedOver, Hold, TaskKey
from sequent.runtime.store.sql.attempt_rows import AttemptRows
from sequent.runtime.store.sql.hosted_holds import RowPlace, holders_on_hosts


class HostedAttemptRows(AttemptRows):
    """Lists attempts that a driver has handed over to hosts."""

    def handed_over(self) -> list[HandedOver]:
        """Return the attempts without an outcome in copies on hosts, which a driver has handed over."""
        if not self._nodes.has_any_copies:
            return []
        holders = holders_on_hosts(self._session, self._run)
        holds = self._task_holds() if holders else {}
        found: list[HandedOver] = []
        for frame, node, iteration, token in self._session.rows("handed_over", self._run):
            index, places = self._nodes.used(node), holders.get((frame, node, iteration))
            if places and index is not None:
                held = tuple(hold for place in sorted(places) for hold in holds.get(place, ()))
                around = self._sequence_of(frame)
                sequence = (*around, iteration) if iteration else around
                key = TaskKey(frame, index, iteration)
                found.append(HandedOver(key, host_in(around), bytes(token), held, sequence))
        return found

    def _task_holds(self) -> dict[RowPlace, list[Hold]]:
        """Return the amounts that each task and container holds."""
        holds: dict[RowPlace, list[Hold]] = {}
        for frame, node, iteration, pool, amount, is_shared in self._session.rows("task_holds", self._run):
            index = self._nodes.used(node)
            if index is not None:
                hold = Hold(TaskKey(frame, index, iteration), pool, amount, is_shared=bool(is_shared))
                holds.setdefault((frame, node, iteration), []).append(hold)
        return holds
