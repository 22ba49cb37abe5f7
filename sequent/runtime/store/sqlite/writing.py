"""Writes the rows of a batch, within a transaction that somebody else begins and ends."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

from sequent.errors import StoreError
from sequent.model.record_text import text_of_record
from sequent.model.status import Status
from sequent.runtime.rows import PASSED, Batch, Ending, Hold, Intent, TaskKey, Wait
from sequent.runtime.store.sqlite import open_queries, shared_queries, statements
from sequent.runtime.store.sqlite.records import text_of_span
from sequent.runtime.store.sqlite.seals import sealed
from sequent.runtime.store.sqlite.tally import (
    RunningTally,
    worth_of_closings,
    worth_of_endings,
    worth_of_frames,
    worth_of_intents,
)
from sequent.runtime.store.sqlite.values import ValueFiles

_ACTIVE = Status.ACTIVE.value
KEPT = (0, 0, "", 0)
"""The place of what a run keeps, where that of a task or container stands otherwise: no frame has the id 0."""


class BatchWriter:
    """Writes batches of one run; each statement may be repeated to the same effect."""

    def __init__(self, cursor: sqlite3.Cursor, run: int, run_id: str, values: ValueFiles, tally: RunningTally) -> None:
        self._cursor = cursor
        self._tally = tally
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
        for frame, container, step in batch.renewed:
            self._forget(frame, self.node(container), None if step is None else self.node(step))
        if batch.frames or batch.repeats or batch.closed_frames or batch.closed_repeats or batch.container_problems:
            self._write_iterations(batch)
        if batch.endings:
            self._end_attempts(batch.endings)
        for key, number in batch.taken_back:
            self._drop_attempt((self._run, *self.place(key), number))
        if batch.outdated or batch.superseded or batch.passed or batch.restored:
            self._write_revision(batch)
            self._tally.recount()
        if batch.intents:
            rows = list(map(self._intent, batch.intents))
            if self._is_first(statements.insert_attempt(), rows):
                self._tally.add(worth_of_intents(rows), len(rows))
            else:
                self._all(statements.put_attempt(), rows, "an attempt's number")
            self._lose_earlier(batch.intents)
        if batch.waits or batch.holds or batch.beginnings:
            self._write_waiting(batch)
        if batch.unrun is not None and batch.end is None:
            self._cursor.execute(statements.change_run("unrun"), (text_of_record(batch.unrun), self._run))
        if batch.end is not None:
            self.ended = now()
            counts = text_of_record(batch.end.counts)
            unrun = None if batch.end.unrun is None else text_of_record(batch.end.unrun)
            values = (batch.end.status.value, self.ended, counts, batch.end.reason or None, unrun, self._run)
            self._cursor.execute(statements.change_run("status ended counts reason unrun"), values)

    def _is_first(self, text: str, rows: list[tuple[Any, ...]]) -> bool:
        """Write rows that were not written before, as nearly always; else say so, and have all rows counted anew."""
        try:
            if len(rows) == 1:
                self._cursor.execute(text, rows[0])
            else:
                self._cursor.executemany(text, rows)
            is_first = self._cursor.rowcount == len(rows)
        except sqlite3.IntegrityError:
            is_first = False
        if not is_first:
            self._tally.recount()
        return is_first

    def _end_attempts(self, endings: list[Ending]) -> None:
        rows = list(map(self._ending, endings))
        if self._is_first(statements.end_attempt(), rows):
            self._tally.add(worth_of_endings(rows))
        else:
            self._all(statements.put_outcome(), rows, "an attempt that ended")

    def _lose_earlier(self, intents: list[Intent]) -> None:
        """Earlier attempts of these tasks that have no outcome died with whoever drove the run."""
        again = [(told.at, self._run, *self.place(told.key), told.attempt) for told in intents if told.attempt > 1]
        if again:
            where = "run = ? AND frame = ? AND node = ? AND host = ? AND iteration = ? AND number < ?"
            text, places = statements.lose_attempts(), [row[1:] for row in again]
            self._tally.measured("attempt", where, places, lambda: self._all(text, again, "", must_match=False))

    def _drop_attempt(self, place: tuple[Any, ...]) -> None:
        where = "run = ? AND frame = ? AND node = ? AND host = ? AND iteration = ? AND number = ?"
        self._tally.measured(
            "attempt", where, [place], lambda: self._all(statements.drop_attempt(), [place], "", must_match=False)
        )

    def _forget(self, frame: int, container: int, step: int | None) -> None:
        """A repeat is as if it had never begun."""
        self._tally.recount()
        run, execute = self._run, self._cursor.execute
        inside = execute(open_queries.frames_inside(), (run, frame, container)).fetchall()
        for statement in statements.drop_frame_with_all_in_it():
            self._cursor.executemany(statement, [(run, id_) for (id_,) in inside])
        if step is not None:
            for statement in statements.drop_iterations():
                execute(statement, (run, frame, step))
        execute(statements.drop_repeat(), (run, frame, container))

    def _write_iterations(self, batch: Batch) -> None:
        run, node, kept = self._run, self.node, self._values.kept
        if batch.frames:
            opened = [
                (run, new.key.parent, node(new.key.node), new.key.number, new.id, _ACTIVE, kept(new.item))
                for new in batch.frames
            ]
            if self._is_first(statements.insert_frame(), opened):
                self._tally.add(worth_of_frames(opened), len(opened))
            else:
                self._all(statements.put_frame(), opened, "an iteration's number")
        places = [(repeat.frame, repeat.node) for repeat in batch.repeats]
        places += [(told.frame, told.node) for told in batch.container_problems]
        places += [(frame, index) for frame, index, _ in batch.closed_repeats]
        if places:
            where = "run = ? AND frame = ? AND node = ?"
            rows = [(run, frame, node(index)) for frame, index in dict.fromkeys(places)]
            self._tally.measured("repeat", where, rows, lambda: self._write_repeats(batch))
        if batch.closed_frames:
            closed = [
                (status.value, run, key.parent, node(key.node), key.number) for key, status in batch.closed_frames
            ]
            if self._is_first(statements.close_frame(), closed):
                self._tally.add(worth_of_closings(closed))
            else:
                self._all(statements.put_status(), closed, "an iteration that ended")

    def _write_repeats(self, batch: Batch) -> None:
        run, node, kept = self._run, self.node, self._values.kept
        items = [(run, repeat.frame, node(repeat.node), kept(repeat.items)) for repeat in batch.repeats]
        self._all(statements.open_repeat(), items, "a repeat")
        broken = [
            (run, told.frame, node(told.node), sealed(text_of_record(told.problem)))
            for told in batch.container_problems
        ]
        self._all(statements.put_problem(), broken, "a repeat")
        ended = [(run, frame, node(index), status.value) for frame, index, status in batch.closed_repeats]
        self._all(statements.close_repeat(), ended, "a repeat")

    def _write_revision(self, batch: Batch) -> None:
        """What counts no more, and what is passed over."""
        outdated = [(self._run, *self.place(key), number) for key, number in batch.outdated]
        self._all(statements.outdate_attempt(), outdated, "an attempt that had succeeded")
        superseded = [(self._run, *self.place(key), number) for key, number in batch.superseded]
        self._all(statements.supersede_attempt(), superseded, "an attempt that counts no more")
        passed = [Intent(told.key, told.attempt, PASSED, told.at, told.item, told.recovery) for told in batch.passed]
        self._all(statements.put_attempt(), list(map(self._intent, passed)), "an attempt's number")
        ended = [Ending(told.key, told.attempt, Status.SUCCESS, told.at) for told in batch.passed]
        self._all(statements.put_outcome(), list(map(self._ending, ended)), "an attempt that ended")
        restored = [
            (told.attempt, PASSED, told.at, told.at, told.recovery, self._run, *self.place(told.key), source)
            for told, source in batch.restored
        ]
        self._all(statements.restore_attempt(), restored, "an attempt that counts again")

    def _write_waiting(self, batch: Batch) -> None:
        """What only some tasks have: a moment at which their code began, a wait, a hold."""
        begun = [(told.at, self._run, *self.place(told.key), told.attempt) for told in batch.beginnings]
        self._all(statements.begin_attempt(), begun, "an attempt that began")
        if batch.waits:
            waits = list(map(self._wait, batch.waits))
            where = "run = ? AND frame = ? AND node = ? AND host = ? AND iteration = ? AND attempt = ?"
            places = list(dict.fromkeys(wait[:6] for wait in waits))
            self._tally.measured("wait", where, places, lambda: self._all(statements.put_wait(), waits, "a wait"))
        for hold in batch.holds:
            if hold.key is None and not hold.is_shared:
                self._keep(hold)
            else:
                self.put_hold(hold)

    def _keep(self, hold: Hold) -> None:
        """How much the run keeps of a pool of its own, for its recoveries."""
        where = "run = ? AND frame = 0 AND shared = 0 AND pool = ?"
        self._tally.measured("hold", where, [(self._run, hold.pool)], lambda: self.put_hold(hold))

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

    def _all(self, text: str, rows: list[tuple[Any, ...]], what: str, *, must_match: bool = True) -> None:
        """Write rows, each of which must match: an attempt ends that began, and no number is used twice."""
        if len(rows) == 1:
            self._cursor.execute(text, rows[0])
        elif rows:
            self._cursor.executemany(text, rows)
        if must_match and rows and self._cursor.rowcount != len(rows):
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
            None if ending.problem is None else sealed(text_of_record(ending.problem)),
            None if ending.log is None else sealed(text_of_span(ending.log)),
            self._run,
            key.frame,
            key.node if self.ids is None else self.ids[key.node],
            "",
            key.iteration,
            ending.attempt,
        )

    def _wait(self, wait: Wait) -> tuple[Any, ...]:
        return (self._run, *self.place(wait.key), wait.attempt, wait.boot, wait.due_boot, wait.due, wait.length)
