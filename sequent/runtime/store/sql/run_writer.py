"""Writes a run: the only way to do so, closed as soon as another process has taken the run over."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from selectors import BaseSelector
from typing import NamedTuple, TypeVar

from msgspec.structs import replace

from sequent.errors import FencedError, StoreError
from sequent.model.commands import typed
from sequent.model.interventions import InterventionRecord
from sequent.model.plan import Plan
from sequent.runtime.processes.left_processes import forget_workers
from sequent.runtime.rows import Ask, Batch
from sequent.runtime.store.sql.database import RunClaim
from sequent.runtime.store.sql.definitions import put_definition
from sequent.runtime.store.sql.interventions import InterventionRows
from sequent.runtime.store.sql.run_list import RunRow, seal_run
from sequent.runtime.store.sql.run_reading import RunReading
from sequent.runtime.store.sql.session import Session
from sequent.runtime.store.sql.shared_pools import Sharing
from sequent.runtime.store.sql.tally import RunningTally, read_tally
from sequent.runtime.store.sql.writing import BatchWriter

T = TypeVar("T")
_PIECE = 0.005
"""Seconds that a commit waits for another run's commit, before the driver looks round."""


class Guard(NamedTuple):
    """The values that every transaction must find in a run's row."""

    number: int
    epoch: int
    owner: str


class SqlRun(RunReading):
    """A run that this process drives.

    Every transaction ends with the guard, so at any committed write exactly one (owner, epoch) has the run. Every
    statement may be repeated: a commit whose answer was lost is written again, to the same effect. It has a connection
    of its own, which waits for a lock no longer than for a flush. After that the driver tries again by its own clock.
    """

    def __init__(
        self,
        reading: RunReading,
        claim: RunClaim,
        guard: Guard,
        row: RunRow,
        now: Callable[[], float],
        on_close: Callable[[SqlRun], None],
    ) -> None:
        self._database = reading.database
        self._own = Session(self._database, _PIECE, row.id)
        shared, number, nodes, _ = reading.rows
        # A server has few connections, so its drivers read through the one that they write with.
        session = shared if self._database.begins_locked else self._own
        values = self._database.values(number, self._own)
        super().__init__(reading.record, session, number, nodes, values, has_seals=row.seal is not None)
        self.directory = self._database.directory(row.number)
        self._claim = claim
        self._guard = guard
        self._now = now
        self._on_close = on_close
        self._values.remove_unfinished()
        self._is_open = True
        self._pid = os.getpid()
        self._touched: int | None = row.touched
        """The number of transactions that were committed; None if the answer of the last one was lost."""
        claim.begin(row.touched)
        self._tally = RunningTally(self._own, row.number, read_tally(row.tally))
        self._writer = BatchWriter(self._own, row.number, self.record.id, self._nodes, self._values, self._tally)
        self._interventions = InterventionRows(self._own, row.number)
        self._seen: object = None
        """The state of the store at the last look for interventions."""
        self._seen_as_refused: object = None
        """The state of the store as a write was refused last."""
        self._sharing = Sharing(self._own, row.number, self._nodes, self._writer)

    # -- writing

    def commit(self, batch: Batch) -> None:
        if batch.end is not None:
            # A driver that is killed after this write leaves nothing behind.
            self._claim.free_space()
        if not self._write_whole(batch):
            # Amounts that other runs may wait for are given back beside no other such transaction.
            is_alone = batch.end is not None or any(hold.is_shared for hold in batch.holds)
            self._within(lambda: self._write(batch), is_alone=is_alone)
        if batch.unrun is not None:
            self._record = replace(self._record, unrun=batch.unrun)
        if batch.reason is not None:
            self._record = replace(self._record, reason=batch.reason)
        if batch.end is not None:
            self._record = batch.end.of(self._record, self._writer.ended)

    def _write(self, batch: Batch) -> None:
        self._writer.write(batch, self._now)
        if batch.decisions:
            self._interventions.decide(batch.decisions)
        if batch.end is not None:
            self._sharing.give_up()
        if batch.end is not None or batch.unrun is not None or batch.reason is not None:
            seal_run(self._own, self._run)

    def _write_whole(self, batch: Batch) -> bool:
        """Write a batch by one statement, if it has only usual rows that fit; return whether that was done."""
        try:
            # Large values are written before the rows that point to them.
            rows = self._writer.whole(batch) if self._database.whole_batches else None
        except self._database.errors as error:
            raise self._database.error(error) from error
        tally = None if rows is None else self._tally.after(rows.tally)
        if rows is None or tally is None:
            return False
        self._check_open()
        self._know_touched()
        try:
            name, values = rows.statement(tally, self._guard)
            answer = self._own.row_at_once(name, *values)
        except self._database.misfits:
            return False
        except self._database.errors as error:
            self._tally.set(None)
            if not self._has_committed():
                raise self._database.error(error) from error
        else:
            if answer[0] is None:
                raise self._fenced()
            self._touched = answer[0]
        self._tally.set(tally)
        self._end_commit()
        return True

    def _know_touched(self) -> None:
        """Read how many transactions were committed, if the answer of the last one was lost."""
        if self._touched is None:
            self._has_committed()

    def _has_committed(self) -> bool:
        """Return whether a transaction whose answer was lost was committed, as far as the database can be asked.

        Raises:
            FencedError: another process has the run.
        """
        if self._database.begins_locked:
            return False
        before, self._touched = self._touched, None
        try:
            epoch, owner, touched = self._own.row_at_once("guard_row", self._run)
        except self._database.errors:
            return False
        if (epoch, owner) != self._guard[1:]:
            raise self._fenced()
        self._touched = touched
        return before is not None and touched == before + 1

    def _end_commit(self) -> None:
        """Count a committed transaction; whatever follows from it is let out only if the run still is this driver's."""
        self._claim.committed()
        if not self._claim.is_held(self._own):
            raise self._fenced()

    def _within(self, write: Callable[[], T], *, is_patient: bool = False, is_alone: bool = False) -> T:
        """Write all in one transaction if the run is still this driver's; otherwise write nothing.

        With ``is_patient``, a locked store is waited for: nothing is under way yet that this could hold up. With
        ``is_alone``, no other such transaction of any run goes on meanwhile.
        """
        self._check_open()
        self._know_touched()
        try:
            self._own.begin(is_patient=is_patient, is_alone=is_alone)
            if not self._database.begins_locked and self._own.row("lock_run", *self._guard) is None:
                raise self._fenced()
            self._tally.begin()
            try:
                written = write()
            except StoreError:
                # The rows of a process that took the run over do not fit, either: report first that the run is lost.
                self._keep_out()
                raise
            self._keep_out()
        except self._database.errors as error:
            self._own.roll_back()
            raise self._database.error(error) from error
        except BaseException:
            self._own.roll_back()
            raise
        self._commit()
        self._tally.end(is_known=True)
        self._end_commit()
        return written

    def _commit(self) -> None:
        try:
            self._own.commit()
        except self._database.errors as error:
            self._own.roll_back()
            if not self._has_committed():
                self._tally.end(is_known=False)
                raise self._database.error(error) from error
        except BaseException:
            self._own.roll_back()
            raise
        else:
            self._touched = None if self._touched is None else self._touched + 1

    def _keep_out(self) -> None:
        """Let the writes count only if the run is still this driver's."""
        if self._own.execute("guard", self._tally.text(), *self._guard) != 1:
            raise self._fenced()

    def _check_open(self) -> None:
        if not self._is_open or self._pid != os.getpid() or not self._claim.is_held(self._own):
            raise self._fenced()
        self._database.check_place()

    def _fenced(self) -> FencedError:
        return FencedError(
            f"run '{self.record.id}' is no longer driven by this process: another one took it over",
            hint=f"see who drives it now: {typed('show', self.record.id)}",
        )

    def adopt(self, plan: Plan, fingerprints: Mapping[str, str]) -> None:
        def write() -> None:
            number = put_definition(self._own, self._nodes.learn(plan), plan.description, fingerprints)
            self._own.execute("put_definition", number, self._run)
            seal_run(self._own, self._run)

        self._within(write, is_patient=True, is_alone=True)
        parts = plan.description
        outline = {path: part.kind.value for path, part in parts.items()}
        returned = {path: part.returns for path, part in parts.items()}
        self._record = replace(
            self._record, description=parts, outline=outline, returned=returned, fingerprints=dict(fingerprints)
        )

    # -- interventions

    def interventions(self) -> list[InterventionRecord]:
        return InterventionRows(self._session, self._run).all()

    def new_interventions(self) -> list[InterventionRecord]:
        try:
            seen = self._database.seen_writes(self._own)
        except self._database.errors as error:
            raise self._database.error(error) from error
        if seen is not None and seen == self._seen:
            return []
        found = self._interventions.open()
        self._seen = seen
        return found

    def is_overtaken(self) -> bool:
        unanswered: tuple[type[Exception], ...] = (StoreError, *self._database.errors)
        try:
            seen = self._database.seen_writes(self._own)
        except unanswered:
            return False
        before, self._seen_as_refused = self._seen_as_refused, seen
        return seen != before

    # -- shared pools

    def use_pools(self, capacities: Mapping[str, int]) -> None:
        self._within(lambda: self._sharing.use(capacities), is_patient=True, is_alone=True)

    def ask(self, asks: Sequence[Ask]) -> list[Ask]:
        return self._within(lambda: self._sharing.ask(asks), is_alone=True)

    def wake_waiting(self, pools: Collection[str]) -> None:
        for number in self.waiting(pools):
            self._database.wake(self._own, number)

    # -- being woken

    def watch(self, selector: BaseSelector, on_wake: Callable[[], None]) -> None:
        def wake() -> None:
            self._check_owner()
            on_wake()

        self._claim.watch(selector, wake)

    def _check_owner(self) -> None:
        """Check that no other process has the run, as far as the database answers at once.

        Raises:
            FencedError: another process has it.
        """
        unanswered: tuple[type[Exception], ...] = (StoreError, *self._database.errors)
        try:
            is_ours = self._claim.is_held(self._own)
            epoch, owner, _ = self._own.row_at_once("guard_row", self._run)
        except unanswered:
            return
        if not is_ours or (epoch, owner) != self._guard[1:]:
            raise self._fenced()

    def free_space(self) -> None:
        self._claim.free_space()

    # -- letting go

    def close(self) -> None:
        if not self._is_open or self._pid != os.getpid():
            return
        self._is_open = False
        self._own.close()
        forget_workers(self.directory)
        self._claim.release()
        self._on_close(self)
