"""Writes a run: the only door, which closes as soon as somebody else has taken the run over."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence

from attrs import evolve

from sequent.errors import FencedError, StoreError
from sequent.model.outcome import Failure
from sequent.model.plan import Plan
from sequent.model.saved import SavedFrame
from sequent.model.spec import Amounts
from sequent.model.status import Status
from sequent.runtime.ownership import RunLock, forget_workers
from sequent.runtime.rows import Ask, AttemptRecord, Batch, FrameKey, RunRecord, TaskKey, Wait
from sequent.runtime.store import statements
from sequent.runtime.store.ballast import Ballast
from sequent.runtime.store.nodes import KnownNodes
from sequent.runtime.store.opening import PATIENCE, connect, store_error
from sequent.runtime.store.reading import RunRows
from sequent.runtime.store.saved import SavedLoader
from sequent.runtime.store.sharing import Sharing
from sequent.runtime.store.values import ValueFiles
from sequent.runtime.store.writing import BatchWriter

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
        *,
        on_close: Callable[[SqlRun], None],
        is_driven: Callable[[int], bool],
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
        self._is_open = True
        self._pid = os.getpid()
        self._ballast = Ballast(directory)
        self._connection = connect(path, _PATIENCE)
        self._cursor = self._connection.cursor()
        self._writer = BatchWriter(self._cursor, record.number, record.id, self._values)
        self._sharing = Sharing(self._cursor, record.number, self._writer, is_driven)
        info = os.stat(path)
        self._file = (info.st_dev, info.st_ino)

    # -- writing

    def commit(self, batch: Batch) -> None:
        with self._transaction():
            self._writer.write(batch, self._now)
            if batch.end is not None:
                self._sharing.give_up()
        if batch.end is not None:
            status, counts, reason = batch.end
            self.record = evolve(
                self.record, status=status, counts=dict(counts), ended=self._writer.ended, reason=reason
            )

    @contextlib.contextmanager
    def _transaction(self) -> Generator[None]:
        """All of what is written in it, provided that the run is still this driver's; or nothing."""
        self._check_open()
        execute = self._cursor.execute
        try:
            execute("BEGIN IMMEDIATE")
            execute(statements.guard(), self._claim.guard)
            if self._cursor.rowcount != 1:
                raise self._fenced()
            yield
            execute("COMMIT")
        except sqlite3.Error as error:
            self._roll_back()
            raise store_error(error, self._path) from error
        except BaseException:
            self._roll_back()
            raise

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

    # -- reading

    def saved(self, plan: Plan) -> SavedFrame | None:
        ids = self._nodes.ids_for(plan)
        if ids is None:
            raise StoreError(
                f"the flow has steps or containers that run '{self.record.id}' does not know",
                code="changed-flow",
                hint="recover it with the flow as it was, or start a new run",
            )
        self._writer.ids = None if ids == list(range(len(ids))) else ids
        return SavedLoader(plan, ids, self._rows, self.record.recovery).root()

    def last_id(self) -> int:
        return self._rows.last_id()

    def items(self, frame: int, node: int) -> str | None:
        return self._rows.items(frame, self._writer.node(node))

    def drawn_items(self, frame: int, node: int, step: int | None) -> Iterator[str]:
        if step is not None:
            return self._rows.drawn_by_step(frame, self._writer.node(step))
        return self._rows.drawn_items(frame, self._writer.node(node))

    def item(self, key: FrameKey) -> str | None:
        return self._rows.item(FrameKey(key.parent, self._writer.node(key.node), key.number))

    def result(self, key: TaskKey) -> str | None:
        return self._rows.result(TaskKey(key.frame, self._writer.node(key.node), key.iteration))

    def results(self, frame: int, step: int) -> Iterator[tuple[int, str]]:
        return self._rows.results(frame, self._writer.node(step))

    def frames(self, frame: int, node: int) -> Iterator[tuple[int, int, Status]]:
        return self._rows.frames(frame, self._writer.node(node))

    def use_pools(self, capacities: Mapping[str, int], wake: str) -> None:
        # Nothing is under way yet that this could hold up.
        self._connection.execute(f"PRAGMA busy_timeout = {PATIENCE}")
        try:
            with self._transaction():
                self._sharing.use(capacities, wake)
        finally:
            self._connection.execute(f"PRAGMA busy_timeout = {_PATIENCE}")

    def ask(self, asks: Sequence[Ask]) -> list[Ask]:
        with self._transaction():
            return self._sharing.ask(asks)

    def wanted_again(self) -> Amounts:
        return self._rows.wanted_again()

    def waiting(self, pools: Collection[str]) -> list[str]:
        return self._sharing.waiting(pools)

    def free_space(self) -> None:
        self._ballast.free()

    def wait(self, key: TaskKey, attempt: int) -> Wait | None:
        found = self._rows.wait(TaskKey(key.frame, self._writer.node(key.node), key.iteration), attempt)
        return None if found is None else evolve(found, key=key)

    def kept(self) -> dict[str, int]:
        return self._rows.kept()

    def container_problems(self, limit: int) -> list[Failure]:
        return self._rows.container_problems(limit)

    def frame(self, key: FrameKey) -> tuple[int, Status] | None:
        return self._rows.frame(FrameKey(key.parent, self._writer.node(key.node), key.number))

    def last_iteration(self, frame: int, step: int) -> int:
        return self._rows.step_extent(frame, self._writer.node(step)).last

    def failures_within(self, frame: int, node: int, limit: int) -> tuple[int, list[AttemptRecord]]:
        return self._rows.failures_within(frame, self._writer.node(node), limit)

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
        self._ballast.free()
        forget_workers(self.directory)
        self._claim.lock.release()
        self._on_close(self)
