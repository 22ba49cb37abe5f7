"""Writes the rows of a batch, within a transaction that somebody else begins and ends."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

from sequent.errors import StoreError
from sequent.model.status import Status
from sequent.runtime.rows import PASSED, Batch, Ending, Hold, Intent, TaskKey, Wait
from sequent.runtime.store.sqlite import shared_queries, statements
from sequent.runtime.store.sqlite.records import text_of_mapping, text_of_record, text_of_span
from sequent.runtime.store.sqlite.values import ValueFiles

_ACTIVE = Status.ACTIVE.value
KEPT = (0, 0, "", 0)
"""The place of what a run keeps, where that of a task or container stands otherwise: no frame has the id 0."""


class BatchWriter:
    """Writes batches of one run; each statement may be repeated to the same effect."""

    def __init__(self, cursor: sqlite3.Cursor, run: int, run_id: str, values: ValueFiles) -> None:
        self._cursor = cursor
        self._run = run
        self._run_id = run_id
        self._values = values
        self.ids: Sequence[int] | None = None
        """Per index of the plan, the index under which the store knows the node; None where they are the same."""
        self.ended = 0.0
        """When the run ended, once that is written."""

    def node(self, index: int) -> int:
        """The store's index of a node."""
        return index if self.ids is None else self.ids[index]

    def write(self, batch: Batch, now: Callable[[], float]) -> None:
        """All rows of a batch, each after what it refers to."""
        if batch.frames or batch.repeats or batch.closed_frames or batch.closed_repeats or batch.container_problems:
            self._write_iterations(batch)
        if batch.endings:
            self._all(statements.end_attempt(), list(map(self._ending, batch.endings)), "an attempt that ended")
        if batch.taken_back:
            for key, number in batch.taken_back:
                self._cursor.execute(statements.drop_attempt(), (self._run, *self.place(key), number))
        if batch.outdated or batch.superseded or batch.passed or batch.restored:
            self._write_revision(batch)
        if batch.intents:
            self._all(statements.insert_attempt(), list(map(self._intent, batch.intents)), "an attempt's number")
        if batch.waits or batch.holds or batch.beginnings:
            self._write_waiting(batch)
        if batch.end is not None:
            self.ended = now()
            counts = text_of_mapping({status.value: count for status, count in batch.end.counts.items()})
            values = (batch.end.status.value, self.ended, counts, batch.end.reason or None, self._run)
            self._cursor.execute(statements.end_run(), values)

    def _write_iterations(self, batch: Batch) -> None:
        run, node, kept = self._run, self.node, self._values.kept
        opened = [
            (run, new.key.parent, node(new.key.node), new.key.number, new.id, _ACTIVE, kept(new.item))
            for new in batch.frames
        ]
        self._all(statements.insert_frame(), opened, "an iteration's number")
        items = [(run, repeat.frame, node(repeat.node), kept(repeat.items)) for repeat in batch.repeats]
        self._all(statements.open_repeat(), items, "a repeat")
        broken = [(run, told.frame, node(told.node), text_of_record(told.problem)) for told in batch.container_problems]
        self._all(statements.put_problem(), broken, "a repeat")
        closed = [(status.value, run, key.parent, node(key.node), key.number) for key, status in batch.closed_frames]
        self._all(statements.close_frame(), closed, "an iteration that ended")
        ended = [(run, frame, node(index), status.value) for frame, index, status in batch.closed_repeats]
        self._all(statements.close_repeat(), ended, "a repeat")

    def _write_revision(self, batch: Batch) -> None:
        """What counts no more, and what is passed over."""
        outdated = [(self._run, *self.place(key), number) for key, number in batch.outdated]
        self._all(statements.outdate_attempt(), outdated, "an attempt that had succeeded")
        superseded = [(self._run, *self.place(key), number) for key, number in batch.superseded]
        self._all(statements.supersede_attempt(), superseded, "an attempt that counts no more")
        passed = [Intent(told.key, told.attempt, PASSED, told.at, told.item, told.recovery) for told in batch.passed]
        self._all(statements.insert_attempt(), list(map(self._intent, passed)), "an attempt's number")
        ended = [Ending(told.key, told.attempt, Status.SUCCESS, told.at) for told in batch.passed]
        self._all(statements.end_attempt(), list(map(self._ending, ended)), "an attempt that ended")
        restored = [
            (told.attempt, PASSED, told.at, told.at, told.recovery, self._run, *self.place(told.key), source)
            for told, source in batch.restored
        ]
        self._all(statements.restore_attempt(), restored, "an attempt that counts again")

    def _write_waiting(self, batch: Batch) -> None:
        """What only some tasks have: a moment at which their code began, a wait, a hold."""
        begun = [(told.at, self._run, *self.place(told.key), told.attempt) for told in batch.beginnings]
        self._all(statements.begin_attempt(), begun, "an attempt that began")
        self._all(statements.put_wait(), list(map(self._wait, batch.waits)), "a wait")
        for hold in batch.holds:
            self.put_hold(hold)

    def put_hold(self, hold: Hold) -> None:
        """How much is held now."""
        place = (self._run, *(KEPT if hold.key is None else self.place(hold.key)), hold.pool)
        if hold.amount:
            self._cursor.execute(statements.put_hold(), (*place, hold.amount, int(hold.is_shared)))
        else:
            self._cursor.execute(statements.drop_hold(), place)
            if hold.is_shared:
                # Who gives up may still have waited for it.
                self._cursor.execute(shared_queries.drop_ticket(), place[:-1])

    def place(self, key: TaskKey) -> tuple[int, int, str, int]:
        """Frame, node, host and iteration, as rows have them."""
        return key.frame, key.node if self.ids is None else self.ids[key.node], "", key.iteration

    def _all(self, text: str, rows: list[tuple[Any, ...]], what: str) -> None:
        """Write rows, each of which must match: an attempt ends that began, and no number is used twice."""
        if len(rows) == 1:
            self._cursor.execute(text, rows[0])
        elif rows:
            self._cursor.executemany(text, rows)
        if rows and self._cursor.rowcount != len(rows):
            raise StoreError(
                f"the rows of run '{self._run_id}' do not fit what is written: {what}",
                code="damaged-store",
                hint="they were altered by somebody else; nothing was written",
            )

    def _intent(self, intent: Intent) -> tuple[Any, ...]:
        key = intent.key
        node = key.node if self.ids is None else self.ids[key.node]
        return (
            self._run,
            key.frame,
            node,
            "",
            key.iteration,
            intent.attempt,
            intent.token,
            _ACTIVE,
            intent.at,
            self._values.kept(intent.item),
            intent.recovery,
        )

    def _ending(self, ending: Ending) -> tuple[Any, ...]:
        key = ending.key
        return (
            ending.status.value,
            ending.at,
            self._values.kept(ending.result),
            ending.verdict.value,
            None if ending.problem is None else text_of_record(ending.problem),
            None if ending.log is None else text_of_span(ending.log),
            self._run,
            key.frame,
            key.node if self.ids is None else self.ids[key.node],
            "",
            key.iteration,
            ending.attempt,
        )

    def _wait(self, wait: Wait) -> tuple[Any, ...]:
        return (self._run, *self.place(wait.key), wait.attempt, wait.boot, wait.due_boot, wait.due, wait.length)
