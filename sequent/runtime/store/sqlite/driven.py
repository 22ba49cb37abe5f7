"""Writes a run: the only door, which closes as soon as somebody else has taken the run over."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TypeVar

from attrs import frozen
from msgspec.structs import replace

from sequent.by_fields import ByFields
from sequent.errors import FencedError, StoreError
from sequent.model.commands import typed
from sequent.model.plan import Plan
from sequent.model.spec import Amounts
from sequent.runtime.left_processes import forget_workers
from sequent.runtime.ownership import RunLock
from sequent.runtime.rows import Ask, Batch, RunRecord
from sequent.runtime.store.seen import RunReading
from sequent.runtime.store.sqlite import statements
from sequent.runtime.store.sqlite.ballast import Ballast
from sequent.runtime.store.sqlite.commits import CommitCount
from sequent.runtime.store.sqlite.definitions import put_definition
from sequent.runtime.store.sqlite.listing import Listing, RunRow, seal_run
from sequent.runtime.store.sqlite.opening import DATABASE_ERRORS, connect, store_error
from sequent.runtime.store.sqlite.reading import RunRows
from sequent.runtime.store.sqlite.sharing import Sharing
from sequent.runtime.store.sqlite.tally import RunningTally, read_tally
from sequent.runtime.store.sqlite.values import ValueFiles
from sequent.runtime.store.sqlite.writing import BatchWriter

T = TypeVar("T")
_PIECE = 0.005
"""Seconds that a commit waits for another run's, before the driver looks round."""


@frozen(eq=False, repr=False)
class Claim(ByFields):
    """What shows that a run is driven by this process."""

    lock: RunLock
    guard: tuple[int, int, str]
    """The run's number, its epoch and its owner, which every transaction must find in its row."""


class SqliteRun(RunReading):
    """A run that this process drives.

    Every transaction ends with the guard, so at any committed write exactly one (owner, epoch) has the
    run. Every statement may be repeated: a commit whose answer was lost is written again, to the same effect.
    It has a connection of its own, which waits for a lock no longer than for a flush: after that the driver
    tries again by its own clock.
    """

    def __init__(
        self,
        listing: Listing,
        record: RunRecord,
        claim: Claim,
        rows: RunRows,
        now: Callable[[], float],
        *,
        row: RunRow,
        on_close: Callable[[SqliteRun], None],
    ) -> None:
        super().__init__(rows, rows.nodes)
        self._sql = rows
        self._record = record
        self.directory = listing.directory(record.number)
        self._path = listing.path
        self._claim = claim
        self._now = now
        self._on_close = on_close
        self._run = record.number
        self._values = ValueFiles(self.directory)
        self._values.remove_unfinished()
        self._is_open = True
        self._pid = os.getpid()
        self._ballast = Ballast(self.directory)
        self._connection = connect(listing.location, _PIECE)
        self._cursor = self._connection.cursor()
        self._tally = RunningTally(self._cursor, record.number, read_tally(row.tally))
        self._commits = CommitCount(self.directory, row.touched)
        self._writer = BatchWriter(self._cursor, record.number, record.id, self._values, self._tally)
        self._sharing = Sharing(self._cursor, record.number, self._writer, listing)
        info = os.stat(self._path)
        self._file = (info.st_dev, info.st_ino)

    @property
    def record(self) -> RunRecord:
        return self._record

    # -- writing

    def commit(self, batch: Batch) -> None:
        if batch.end is not None:
            # Whoever is killed once that is written leaves nothing behind.
            self._ballast.free()
        self._within(lambda: self._write(batch))
        if batch.unrun is not None:
            self._record = replace(self._record, unrun=batch.unrun)
        if batch.end is not None:
            self._record = batch.end.of(self._record, self._writer.ended)

    def _write(self, batch: Batch) -> None:
        self._writer.write(batch, self._now)
        if batch.end is not None:
            self._sharing.give_up()
        if batch.end is not None or batch.unrun is not None:
            seal_run(self._cursor.execute, self._run)

    def _within(self, write: Callable[[], T], *, is_patient: bool = False) -> T:
        """Have all written in one transaction, provided that the run is still this driver's; or nothing.

        With ``is_patient``, a store that is locked is waited for: nothing is under way yet that this could hold up.
        """
        self._check_open()
        execute, is_decided = self._cursor.execute, True
        try:
            (self._connection.execute if is_patient else execute)("BEGIN IMMEDIATE")
            self._tally.begin()
            try:
                written = write()
            except StoreError:
                # The rows of whoever took the run over do not fit either: that it is lost is told first.
                self._guard()
                raise
            self._guard()
            is_decided = False
            execute("COMMIT")
            self._tally.end(is_known=True)
            self._commits.add()
        except DATABASE_ERRORS as error:
            if not is_decided:
                self._tally.end(is_known=False)
            self._roll_back()
            raise store_error(error, self._path) from error
        except BaseException:
            self._roll_back()
            raise
        return written

    def _guard(self) -> None:
        """Make what was written count only if the run is still this driver's."""
        self._cursor.execute(statements.guard(), (self._tally.text(), *self._claim.guard))
        if self._cursor.rowcount != 1:
            raise self._fenced()

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
            f"run '{self.record.id}' is no longer driven by this process: another one took it over",
            hint=f"see who drives it now: {typed('show', self.record.id)}",
        )

    def _roll_back(self) -> None:
        with contextlib.suppress(*DATABASE_ERRORS):
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def adopt(self, plan: Plan, fingerprints: Mapping[str, str]) -> None:
        def write() -> None:
            number = put_definition(self._cursor, self._nodes.learn(plan), plan.description, fingerprints)
            self._cursor.execute(statements.change_run("definition"), (number, self._run))
            seal_run(self._cursor.execute, self._run)

        self._within(write, is_patient=True)
        self._record = replace(self._record, description=plan.description, fingerprints=dict(fingerprints))

    def use(self, plan: Plan) -> None:
        super().use(plan)
        self._writer.ids = self._ids

    # -- shared pools

    def use_pools(self, capacities: Mapping[str, int], wake: str) -> None:
        self._within(lambda: self._sharing.use(capacities, wake), is_patient=True)

    def ask(self, asks: Sequence[Ask]) -> list[Ask]:
        return self._within(lambda: self._sharing.ask(asks))

    def wanted_again(self) -> Amounts:
        return self._sql.wanted_again()

    def waiting(self, pools: Collection[str]) -> list[str]:
        return self._sql.wakes(pools)

    def free_space(self) -> None:
        self._ballast.free()

    # -- letting go

    def close(self) -> None:
        if not self._is_open or self._pid != os.getpid():
            return
        self._is_open = False
        self._connection.close()
        self._commits.close()
        self._ballast.free()
        forget_workers(self.directory)
        self._claim.lock.release()
        self._on_close(self)
