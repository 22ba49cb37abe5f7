"""Writes a run: the only door, which closes as soon as somebody else has taken the run over."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from attrs import evolve

from sequent.errors import FencedError, StoreError
from sequent.model.plan import Plan
from sequent.model.saved import SavedFrame
from sequent.model.status import Status
from sequent.runtime.ownership import RunLock, forget_workers
from sequent.runtime.rows import AttemptRecord, Batch, Ending, FrameKey, Intent, RunRecord, TaskKey
from sequent.runtime.store import statements
from sequent.runtime.store.nodes import KnownNodes
from sequent.runtime.store.opening import connect, store_error
from sequent.runtime.store.reading import RunRows
from sequent.runtime.store.records import text_of_mapping, text_of_record, text_of_span
from sequent.runtime.store.saved import SavedLoader
from sequent.runtime.store.values import ValueFiles

_PATIENCE = 5
"""Milliseconds that a commit waits for another run's."""


class Claim:
    """What shows that a run is driven by this process: its lock, and the epoch and the owner in its row."""

    def __init__(self, lock: RunLock, number: int, epoch: int, owner: str) -> None:
        self.lock = lock
        self.guard = (number, epoch, owner)
        """What every transaction must find in the run's row."""


class SqlRun:
    """A run that this process drives.

    Every transaction begins with the guard, so at any committed write exactly one (owner, epoch) has the
    run. Every statement may be repeated: a commit whose answer was lost is written again, to the same effect.
    It has a connection of its own, which waits for a lock no longer than for a flush: after that the driver
    tries again by its own clock.
    """

    def __init__(
        self,
        path: str,
        directory: str,
        record: RunRecord,
        claim: Claim,
        rows: RunRows,
        nodes: KnownNodes,
        now: Callable[[], float],
        on_close: Callable[[SqlRun], None],
    ) -> None:
        self.record = record
        self.directory = directory
        self._path = path
        self._claim = claim
        self._rows = rows
        self._nodes = nodes
        self._now = now
        self._on_close = on_close
        self._run = record.number
        self._values = ValueFiles(directory)
        self._ids: Sequence[int] | None = None
        self._ended = 0.0
        self._is_open = True
        self._pid = os.getpid()
        self._connection = connect(path, _PATIENCE)
        self._cursor = self._connection.cursor()
        info = os.stat(path)
        self._file = (info.st_dev, info.st_ino)

    # -- writing

    def commit(self, batch: Batch) -> None:
        self._check_open()
        execute = self._cursor.execute
        try:
            execute("BEGIN IMMEDIATE")
            execute(statements.guard(), self._claim.guard)
            if self._cursor.rowcount != 1:
                raise self._fenced()
            self._write(batch)
            execute("COMMIT")
        except sqlite3.Error as error:
            self._roll_back()
            raise store_error(error, self._path) from error
        except BaseException:
            self._roll_back()
            raise
        if batch.end is not None:
            status, counts = batch.end
            self.record = evolve(self.record, status=status, counts=dict(counts), ended=self._ended)

    def _check_open(self) -> None:
        if not self._is_open or self._pid != os.getpid():
            raise self._fenced()
        try:
            info = os.stat(self._path)
        except OSError as error:
            raise StoreError(f"the store '{self._path}' is gone: {error.strerror}", code="store-gone") from error
        if (info.st_dev, info.st_ino) != self._file:
            raise StoreError(f"the store '{self._path}' was replaced by another file", code="store-gone")

    def _fenced(self) -> FencedError:
        return FencedError(
            f"run '{self.record.id}' is no longer driven by this process: somebody took it over",
            hint=f"see who drives it now: sequent show {self.record.id}",
        )

    def _roll_back(self) -> None:
        with contextlib.suppress(sqlite3.Error):
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def _write(self, batch: Batch) -> None:
        """All rows of a batch, each after what it refers to."""
        if batch.frames or batch.repeats or batch.closed_frames or batch.closed_repeats:
            self._write_iterations(batch)
        if batch.endings:
            self._all(statements.end_attempt(), list(map(self._ending, batch.endings)), "an attempt that ended")
        if batch.intents:
            self._all(statements.insert_attempt(), list(map(self._intent, batch.intents)), "an attempt's number")
        if batch.end is not None:
            status, counts = batch.end
            self._ended = self._now()
            values = (status.value, self._ended, _counts_text(counts), self._run)
            self._cursor.execute(statements.end_run(), values)

    def _write_iterations(self, batch: Batch) -> None:
        run, node, kept = self._run, self._node, self._values.kept
        opened = [
            (run, new.key.parent, node(new.key.node), new.key.number, new.id, Status.ACTIVE.value, kept(new.item))
            for new in batch.frames
        ]
        self._all(statements.insert_frame(), opened, "an iteration's number")
        items = [(run, repeat.frame, node(repeat.node), kept(repeat.items)) for repeat in batch.repeats]
        self._all(statements.open_repeat(), items, "a repeat")
        closed = [(status.value, run, key.parent, node(key.node), key.number) for key, status in batch.closed_frames]
        self._all(statements.close_frame(), closed, "an iteration that ended")
        ended = [(run, frame, node(index), status.value) for frame, index, status in batch.closed_repeats]
        self._all(statements.close_repeat(), ended, "a repeat")

    def _all(self, text: str, rows: list[tuple[Any, ...]], what: str) -> None:
        """Write rows, each of which must match: an attempt ends that began, and no number is used twice."""
        if len(rows) == 1:
            self._cursor.execute(text, rows[0])
        elif rows:
            self._cursor.executemany(text, rows)
        if rows and self._cursor.rowcount != len(rows):
            raise StoreError(
                f"the rows of run '{self.record.id}' do not fit what is written: {what}",
                code="damaged-store",
                hint="they were altered by somebody else; nothing was written",
            )

    def _node(self, index: int) -> int:
        return index if self._ids is None else self._ids[index]

    def _intent(self, intent: Intent) -> tuple[Any, ...]:
        key = intent.key
        node = key.node if self._ids is None else self._ids[key.node]
        item = self._values.kept(intent.item)
        state = Status.ACTIVE.value
        return self._run, key.frame, node, "", key.iteration, intent.attempt, intent.token, state, intent.at, item

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
            key.node if self._ids is None else self._ids[key.node],
            "",
            key.iteration,
            ending.attempt,
        )

    # -- reading

    def saved(self, plan: Plan) -> SavedFrame | None:
        ids = self._nodes.ids_for(plan)
        if ids is None:
            raise StoreError(
                f"the flow has steps or containers that run '{self.record.id}' does not know",
                code="changed-flow",
                hint="recover it with the flow as it was, or start a new run",
            )
        self._ids = None if ids == list(range(len(ids))) else ids
        return SavedLoader(plan, ids, self._rows).root()

    def last_id(self) -> int:
        return self._rows.last_id()

    def items(self, frame: int, node: int) -> str | None:
        return self._rows.items(frame, self._node(node))

    def drawn_items(self, frame: int, node: int, step: int | None) -> Iterator[str]:
        if step is not None:
            return self._rows.drawn_by_step(frame, self._node(step))
        return self._rows.drawn_items(frame, self._node(node))

    def item(self, key: FrameKey) -> str | None:
        return self._rows.item(FrameKey(key.parent, self._node(key.node), key.number))

    def result(self, key: TaskKey) -> str | None:
        return self._rows.result(TaskKey(key.frame, self._node(key.node), key.iteration))

    def results(self, frame: int, step: int) -> Iterator[tuple[int, str]]:
        return self._rows.results(frame, self._node(step))

    def frames(self, frame: int, node: int) -> Iterator[tuple[int, int, Status]]:
        return self._rows.frames(frame, self._node(node))

    def failures(self, limit: int) -> tuple[int, list[AttemptRecord]]:
        return self._rows.failures(limit)

    def successes(self) -> int:
        return self._rows.successes()

    # -- letting go

    def close(self) -> None:
        if not self._is_open or self._pid != os.getpid():
            return
        self._is_open = False
        self._connection.close()
        forget_workers(self.directory)
        self._claim.lock.release()
        self._on_close(self)


def _counts_text(counts: Mapping[Status, int]) -> str:
    return text_of_mapping({status.value: count for status, count in counts.items()})
