"""All runs of a store: making, taking, listing and finding them."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeVar

from sequent.errors import BusyError, StoreError
from sequent.model.outcome import Failure, LogSpan
from sequent.model.plan import Plan
from sequent.model.record_text import text_of_record
from sequent.model.run_target import Target
from sequent.model.status import RunStatus, Status
from sequent.runtime.logs.segment_files import segment_path
from sequent.runtime.processes import left_processes, run_locks
from sequent.runtime.records import AttemptRecord, Pending, RunOrigin, RunRecord
from sequent.runtime.store import run_ids
from sequent.runtime.store.nodes import KnownNodes, places_of
from sequent.runtime.store.sql.attempt_rows import AttemptRows
from sequent.runtime.store.sql.checking import WHOLE, check_run, problems_of
from sequent.runtime.store.sql.database import LargeValues, RunClaim
from sequent.runtime.store.sql.definitions import put_definition, read_nodes
from sequent.runtime.store.sql.records import read_owner
from sequent.runtime.store.sql.run_list import Listing, RunRow, naming_run, seal_run
from sequent.runtime.store.sql.run_reading import RunReading, SeenRun
from sequent.runtime.store.sql.run_writer import Guard, SqlRun
from sequent.runtime.store.sql.session import Session
from sequent.runtime.store.sql.shared_pools import refuse_other_sizes, want_again
from sequent.runtime.store.sql.tally import NOTHING, count_run

if TYPE_CHECKING:
    from sequent.runtime.pruning import Pruned, PruneRule

R = TypeVar("R", bound=RunReading)
_MOST_TIDIED = 8
"""The number of runs before a new one that are tidied: a killed one is mostly the last."""


class SqlStore:
    """The runs in one database."""

    def __init__(self, session: Session, now: Callable[[], float] = time.time, *, is_doubtful: bool = False) -> None:
        """Take an open database; if it is doubtful, it is checked before the first run is made."""
        self.name = session.database.name
        self._session = session
        self._database = session.database
        self._listing = Listing(session)
        self._now = now
        self._is_doubtful = is_doubtful
        self._pid = os.getpid()
        self._driven: list[SqlRun] = []

    # -- making runs

    def create(
        self,
        target: Target,
        plan: Plan,
        run_id: str | None,
        fingerprints: Mapping[str, str],
        origin: RunOrigin | None = None,
    ) -> SqlRun:
        if run_id is not None:
            run_ids.check_id(run_id)
        if self._is_doubtful:
            self._database.check_pages(self._session, WHOLE)
            self._is_doubtful = False
        now = self._now()
        owner = text_of_record(run_locks.owner_of(os.getpid(), now))
        claim: RunClaim | None = None
        execute = self._session.execute
        try:
            with self._session.transaction():
                number, id_ = self._free_number(run_id)
                claim = self._database.claim(number, owner)
                if claim is None:
                    raise StoreError(f"the lock of the new run {number} is held by another process")
                sizes = {pool.name: pool.capacity for pool in plan.pools if pool.is_shared}
                refuse_other_sizes(self._session, number, sizes)
                definition = put_definition(self._session, places_of(plan), plan.description, fingerprints)
                status = RunStatus.RUNNING.value
                run = (number, id_, 1, owner, 0, status, 0, now, "{}", target.flow, definition, NOTHING.text)
                execute("insert_run", *run)
                request = (number, text_of_record(target), text_of_record(plan.params))
                execute("insert_request", *request, text_of_record(origin) if origin else None)
                seal_run(self._session, number)
            self._tidy(number)
            return self._drive(claim, Guard(number, 1, owner))
        except BaseException:
            if claim is not None:
                claim.release()
            raise

    def _free_number(self, run_id: str | None) -> tuple[int, str]:
        """Return a number without a run or a directory, with its directory made, and the run's id.

        Raises:
            UsageError: the id is taken.
        """
        if run_id is not None and self._has(run_id):
            raise run_ids.taken(run_id)
        number = int(self._session.row("last_number")[0] or 0)
        while True:
            number += 1
            id_ = run_id or run_ids.default_id(number)
            # A directory may belong to a run that an older copy of this store does not know: it is left alone, unless
            # its maker was killed before there was a run.
            if (run_id is not None or not self._has(id_)) and self._database.make_directory(number):
                return number, id_

    def _tidy(self, number: int) -> None:
        """Remove files that the runs just before that one left if they were killed while they began or ended."""
        for earlier in range(max(1, number - _MOST_TIDIED), number):
            directory = self._database.directory(earlier)
            if left_processes.has_list(directory) and not self._database.is_alive(earlier):
                left_processes.forget_workers(directory)

    def _has(self, run_id: str) -> bool:
        return self._session.row("has_id", run_id) is not None

    # -- taking runs

    def take(self, run_id: str, *, resumes: bool = False, reopens: bool = False) -> SqlRun:
        self._database.refuse_reading_only()
        row = self._listing.find(run_id)
        number, directory = row.number, self._database.directory(row.number)
        owner = text_of_record(run_locks.owner_of(os.getpid(), self._now()))
        claim = self._database.claim(number, owner)
        if claim is None:
            raise self._busy(self._listing.with_number(number))
        try:
            run_locks.wait_for_agent(directory, row.id)
            left_processes.end_leftovers(directory)
            epoch = self._raise_epoch(self._listing.with_number(number), owner, resumes=resumes, reopens=reopens)
            return self._drive(claim, Guard(number, epoch, owner))
        except BaseException:
            claim.release()
            raise

    def _raise_epoch(self, row: RunRow, owner: str, *, resumes: bool, reopens: bool) -> int:
        """Make the run this process's own; a success keeps its status and recovery, unless reopened."""
        epoch, number, session = row.epoch + 1, row.number, self._session
        status, recovery, ended, unrun = RunStatus.RUNNING.value, row.recovery + (not resumes), None, None
        if row.status == RunStatus.SUCCESS and not reopens:
            status, recovery, ended, unrun = row.status, row.recovery, row.ended, row.unrun
        with session.transaction():
            values = (epoch, owner, status, recovery, ended, None, unrun, number, row.epoch)
            is_taken = session.execute("take_run", *values) == 1
            session.execute("drop_holds", number)
            want_again(session, number)
            if recovery != row.recovery:
                session.execute("drop_problems", number)
                if row.tally is not None:
                    session.execute("put_tally", count_run(session, number).text, number)
            if not is_taken:
                raise self._busy(self._listing.with_number(number))
            seal_run(session, number)
        return epoch

    def _busy(self, row: RunRow) -> BusyError:
        return run_locks.busy(row.id, self._database.driver(row.number) or read_owner(row.owner))

    def _drive(self, claim: RunClaim, guard: Guard) -> SqlRun:
        row = self._listing.with_number(guard.number)
        run = SqlRun(self._reading(RunReading, row), claim, guard, row, self._now, self._driven.remove)
        self._driven.append(run)
        return run

    # -- looking at runs

    def _reading(self, kind: type[R], row: RunRow) -> R:
        return kind(self._listing.record(row), *self._parts(self._session, row), has_seals=row.seal is not None)

    def _parts(self, session: Session, row: RunRow) -> tuple[Session, int, KnownNodes, LargeValues]:
        """Return the parts needed to read the rows of a run, through that connection."""
        nodes = read_nodes(self._session, row.definition, is_digested=row.seal is not None)
        return session, row.number, nodes, self._database.values(row.number, session)

    def _attempts(self, row: RunRow, session: Session | None = None) -> AttemptRows:
        return AttemptRows(*self._parts(session or self._session, row), has_seals=row.seal is not None)

    def runs(self, flow: str | None = None, limit: int | None = None) -> list[RunRecord]:
        return self._listing.records(flow, limit)

    def find(self, run_id: str, flow: str | None = None) -> RunRecord:
        return self._listing.record(self._listing.find(run_id, flow))

    def attempts(self, run: RunRecord, path: str | None = None) -> Iterator[AttemptRecord]:
        # Each has a connection of its own: a statement under way would hold up the store's others.
        with contextlib.closing(Session(self._database)) as session, naming_run(run.id):
            yield from self._attempts(self._listing.with_number(run.number), session).attempts(path)

    def pending(self, run: RunRecord) -> list[Pending]:
        return self._attempts(self._listing.with_number(run.number)).pending()

    def container_problems(self, run: RunRecord) -> list[Failure]:
        with naming_run(run.id):
            return self._attempts(self._listing.with_number(run.number)).container_problems()

    def look(self, run: RunRecord) -> SeenRun:
        with naming_run(run.id):
            row = self._listing.with_number(run.number)
            reading = self._reading(SeenRun, row)
            check_run(self._session, self._listing, run.number, reading.nodes)
            return reading

    def picture(self, run: RunRecord) -> str:
        with naming_run(run.id):
            definition = self._listing.with_number(run.number).definition
            found = self._session.row("definition_picture", definition)
            return "" if found is None else str(found[0])

    def standings(self, run: RunRecord) -> Mapping[str, Mapping[Status, int]]:
        with naming_run(run.id):
            return self._attempts(self._listing.with_number(run.number)).standings()

    def log_file(self, run: RunRecord, span: LogSpan) -> str:
        self._database.check_directory(run.number)
        return segment_path(self._database.directory(run.number), span)

    def prune(self, rule: PruneRule) -> Pruned:
        from sequent.runtime.store.sql.pruning import Pruning

        return Pruning(self._session, self._now).prune(rule)

    def problems(self) -> Iterator[str]:
        """Yield the problems of the store; each of its pages, rows and large values is checked."""
        return problems_of(self._session)

    def close(self) -> None:
        if self._pid != os.getpid():
            return
        for run in tuple(self._driven):
            run.close()
        self._session.close()
