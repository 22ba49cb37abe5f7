"""Writes a run: the only way to do so, closed as soon as another process has taken the run over."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeVar

from msgspec.structs import replace

from sequent.errors import FencedError, StoreError
from sequent.model.commands import typed
from sequent.model.plan import Plan
from sequent.runtime.processes.left_processes import forget_workers
from sequent.runtime.rows import Ask, Batch
from sequent.runtime.store.sql.database import RunClaim
from sequent.runtime.store.sql.definitions import put_definition
from sequent.runtime.store.sql.listing import RunRow, seal_run
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
        super().__init__(reading.record, *reading.rows, has_seals=row.seal is not None)
        self._database = reading.database
        self.directory = self._database.directory(row.number)
        self._claim = claim
        self._guard = guard
        self._now = now
        self._on_close = on_close
        self._values.remove_unfinished()
        self._is_open = True
        self._pid = os.getpid()
        claim.begin(row.touched)
        self._own = Session(self._database, _PIECE)
        self._tally = RunningTally(self._own, row.number, read_tally(row.tally))
        self._writer = BatchWriter(self._own, row.number, self.record.id, self._nodes, self._values, self._tally)
        self._sharing = Sharing(self._own, row.number, self._nodes, self._writer)

    # -- writing

    def commit(self, batch: Batch) -> None:
        if batch.end is not None:
            # A driver that is killed after this write leaves nothing behind.
            self._claim.free_space()
        self._within(lambda: self._write(batch))
        if batch.unrun is not None:
            self._record = replace(self._record, unrun=batch.unrun)
        if batch.reason is not None:
            self._record = replace(self._record, reason=batch.reason)
        if batch.end is not None:
            self._record = batch.end.of(self._record, self._writer.ended)

    def _write(self, batch: Batch) -> None:
        self._writer.write(batch, self._now)
        if batch.end is not None:
            self._sharing.give_up()
        if batch.end is not None or batch.unrun is not None or batch.reason is not None:
            seal_run(self._own, self._run)

    def _within(self, write: Callable[[], T], *, is_patient: bool = False) -> T:
        """Write all in one transaction if the run is still this driver's; otherwise write nothing.

        With ``is_patient``, a locked store is waited for: nothing is under way yet that this could hold up.
        """
        self._check_open()
        is_decided = True
        try:
            self._own.begin(is_patient=is_patient)
            self._tally.begin()
            try:
                written = write()
            except StoreError:
                # The rows of a process that took the run over do not fit, either: report first that the run is lost.
                self._keep_out()
                raise
            self._keep_out()
            is_decided = False
            self._own.commit()
            self._tally.end(is_known=True)
            self._claim.committed()
        except self._database.errors as error:
            if not is_decided:
                self._tally.end(is_known=False)
            self._own.roll_back()
            raise self._database.error(error) from error
        except BaseException:
            self._own.roll_back()
            raise
        return written

    def _keep_out(self) -> None:
        """Let the writes count only if the run is still this driver's."""
        if self._own.execute("guard", self._tally.text(), *self._guard) != 1:
            raise self._fenced()

    def _check_open(self) -> None:
        if not self._is_open or self._pid != os.getpid():
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

        self._within(write, is_patient=True)
        self._record = replace(self._record, description=plan.description, fingerprints=dict(fingerprints))

    # -- shared pools

    def use_pools(self, capacities: Mapping[str, int], wake: str) -> None:
        self._within(lambda: self._sharing.use(capacities, wake), is_patient=True)

    def ask(self, asks: Sequence[Ask]) -> list[Ask]:
        return self._within(lambda: self._sharing.ask(asks))

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
