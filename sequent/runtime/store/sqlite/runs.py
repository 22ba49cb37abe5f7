"""All runs of a store in SQLite: made, taken, listed and found."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from sequent.errors import BusyError, StoreError
from sequent.model.outcome import Failure, LogSpan
from sequent.model.plan import Plan
from sequent.model.record_text import text_of_record
from sequent.model.status import RunStatus, Status
from sequent.runtime import left_processes, ownership
from sequent.runtime.origin import RunOrigin
from sequent.runtime.pending import Pending
from sequent.runtime.rows import AttemptRecord, RunRecord
from sequent.runtime.segments import segment_path
from sequent.runtime.store import naming
from sequent.runtime.store.access import check_run_directory, has_wal
from sequent.runtime.store.location import Location, runs_directory
from sequent.runtime.store.nodes import places_of
from sequent.runtime.store.seen import SeenRun
from sequent.runtime.store.sqlite import queries, run_queries, statements
from sequent.runtime.store.sqlite.ballast import free_ballast
from sequent.runtime.store.sqlite.checking import check_pages_of_small, check_run
from sequent.runtime.store.sqlite.definitions import put_definition, read_nodes
from sequent.runtime.store.sqlite.driven import Claim, SqliteRun
from sequent.runtime.store.sqlite.listing import Listing, RunRow, naming_run, seal_run
from sequent.runtime.store.sqlite.opening import (
    check_schema,
    connect,
    open_file,
)
from sequent.runtime.store.sqlite.read_only import is_read_only, refusal
from sequent.runtime.store.sqlite.reader import Reader
from sequent.runtime.store.sqlite.reading import RunRows
from sequent.runtime.store.sqlite.records import read_owner
from sequent.runtime.store.sqlite.sharing import refuse_other_sizes, want_again
from sequent.runtime.store.sqlite.tally import NOTHING, count_run
from sequent.runtime.store.sqlite.unfinished import is_unbegun
from sequent.runtime.store.sqlite.values import ValueFiles
from sequent.runtime.target import Target

if TYPE_CHECKING:
    from sequent.runtime.pruning import Pruned, PruneRule
    from sequent.runtime.store.sqlite.copying import Copy

_MOST_TIDIED = 8
"""How many runs before a new one are looked at: a killed one is mostly the last."""


class SqliteStore:
    """The runs in one file, beside which each run has a directory of its own."""

    def __init__(self, location: Location, now: Callable[[], float] = time.time) -> None:
        """Open the file, which is made if it is not there.

        Raises:
            StoreError: it cannot be used; it was left as it is.
        """
        self.name = location.told
        self._location = location
        self._path = location.path
        self._now = now
        self._pid = os.getpid()
        self._driven: list[SqliteRun] = []
        if not location.is_temporary:
            open_file(location)
        self._is_doubtful = has_wal(location.path)
        """Whether a part of the store is not in its file, as after a driver was killed; it may be another store's."""
        self._connection = connect(self._location)
        try:
            check_schema(self._connection, self._path)
        except BaseException:
            self._connection.close()
            raise
        self._reader = Reader(self._connection, self._path)
        self._listing = Listing(self._reader, location, now)
        self._free_ballast()

    def _free_ballast(self) -> None:
        """Give back the room that drivers had set aside who were killed."""
        for (number,) in self._reader.rows(run_queries.running()):
            if not self._listing.is_driven(number):
                free_ballast(self._listing.directory(number))

    # -- making runs

    def create(
        self,
        target: Target,
        plan: Plan,
        run_id: str | None,
        fingerprints: Mapping[str, str],
        origin: RunOrigin | None = None,
    ) -> SqliteRun:
        if run_id is not None:
            naming.check_id(run_id)
        if self._is_doubtful:
            check_pages_of_small(self._reader, self._path)
            self._is_doubtful = False
        now = self._now()
        owner = text_of_record(ownership.owner_of(os.getpid(), now))
        lock: ownership.RunLock | None = None
        try:
            with self._reader.transaction() as execute:
                number, id_ = self._free_number(run_id)
                lock = self._locked(number, owner)
                sizes = {pool.name: pool.capacity for pool in plan.pools if pool.is_shared}
                refuse_other_sizes(execute, number, sizes, self._listing.is_driven)
                cursor = self._connection.cursor()
                definition = put_definition(cursor, places_of(plan), plan.description, fingerprints)
                status = RunStatus.RUNNING.value
                row = (number, id_, 1, owner, 0, status, 0, now, "{}", target.flow, definition, NOTHING.text)
                execute(statements.insert_run(), row)
                request = (number, text_of_record(target), text_of_record(plan.params))
                execute(statements.insert_request(), (*request, text_of_record(origin) if origin else None))
                seal_run(execute, number)
            self._tidy(number)
            return self._drive(number, Claim(lock, (number, 1, owner)))
        except BaseException:
            if lock is not None:
                lock.release()
            raise

    def _free_number(self, run_id: str | None) -> tuple[int, str]:
        """A number that neither a run nor a directory has, with its directory made, and the run's id.

        Raises:
            UsageError: the id is taken.
        """
        if run_id is not None and self._has(run_id):
            raise naming.taken(run_id)
        number = int(self._reader.row(run_queries.last_number())[0] or 0)
        ownership.prepare_directory(runs_directory(self._path))
        while True:
            number += 1
            id_ = run_id or naming.default_id(number)
            # A directory may belong to a run that an older copy of this store does not know: it is left alone, unless
            # whoever made it was killed before there was a run.
            if (run_id is not None or not self._has(id_)) and self._made(self._listing.directory(number)):
                return number, id_

    def _tidy(self, number: int) -> None:
        """Remove what runs just before that one have left that were killed while they began or ended."""
        for earlier in range(max(1, number - _MOST_TIDIED), number):
            directory = self._listing.directory(earlier)
            if left_processes.has_list(directory) and not self._listing.is_alive(earlier):
                left_processes.forget_workers(directory)

    def _has(self, run_id: str) -> bool:
        return self._reader.row(run_queries.has_id(), run_id) is not None

    def _made(self, directory: str) -> bool:
        try:
            if not is_unbegun(directory):
                os.mkdir(directory, 0o700)
            os.makedirs(os.path.join(directory, "logs"), 0o700, exist_ok=True)
        except FileExistsError:
            return False
        except OSError as error:
            raise StoreError(f"'{directory}' cannot be made: {error.strerror}", code="store-directory") from error
        return True

    def _locked(self, number: int, owner: str) -> ownership.RunLock:
        lock = ownership.try_lock(self._listing.lock_path(number), owner)
        if lock is None:
            raise StoreError(f"the lock of the new run {number} is held by somebody else")
        return lock

    # -- taking runs

    def take(self, run_id: str, *, resumes: bool = False, reopens: bool = False) -> SqliteRun:
        if is_read_only(self._path):
            raise refusal(self._path)
        row = self._listing.find(run_id)
        number, directory = row.number, self._listing.directory(row.number)
        ownership.prepare_directory(runs_directory(self._path))
        check_run_directory(directory)
        ownership.prepare_directory(directory)
        with contextlib.suppress(FileExistsError):
            # A store that was restored from a copy has no logs.
            os.mkdir(os.path.join(directory, "logs"), 0o700)
        owner = text_of_record(ownership.owner_of(os.getpid(), self._now()))
        lock = ownership.try_lock(self._listing.lock_path(number), owner)
        if lock is None:
            raise self._busy(self._listing.with_number(number))
        try:
            ownership.wait_for_agent(directory, row.id)
            left_processes.end_leftovers(directory)
            epoch = self._raise_epoch(self._listing.with_number(number), owner, resumes=resumes, reopens=reopens)
            return self._drive(number, Claim(lock, (number, epoch, owner)))
        except BaseException:
            lock.release()
            raise

    def _raise_epoch(self, row: RunRow, owner: str, *, resumes: bool, reopens: bool) -> int:
        """Make the run this process's own; one that has succeeded stays so, in the same recovery, unless reopened."""
        epoch = row.epoch + 1
        status, recovery, ended, unrun = RunStatus.RUNNING.value, row.recovery + (not resumes), None, None
        if row.status == RunStatus.SUCCESS and not reopens:
            status, recovery, ended, unrun = row.status, row.recovery, row.ended, row.unrun
        with self._reader.transaction() as execute:
            values = (epoch, owner, status, recovery, ended, None, unrun, row.number, row.epoch)
            taken = execute(statements.take_run(), values)
            execute(statements.drop_holds(), (row.number,))
            want_again(execute, row.number)
            if recovery != row.recovery:
                execute(statements.drop_problems(), (row.number,))
                if row.tally is not None:
                    tally = count_run(self._connection, row.number)
                    execute(statements.change_run("tally"), (tally.text, row.number))
            if taken.rowcount != 1:
                raise self._busy(self._listing.with_number(row.number))
            seal_run(execute, row.number)
        return epoch

    def _busy(self, row: RunRow) -> BusyError:
        return ownership.busy(row.id, self._listing.driver_of(row) or read_owner(row.owner))

    def _drive(self, number: int, claim: Claim) -> SqliteRun:
        row = self._listing.with_number(number)
        record, rows = self._listing.record(row), self._rows(row)
        run = SqliteRun(self._listing, record, claim, rows, self._now, row=row, on_close=self._driven.remove)
        self._driven.append(run)
        return run

    def _rows(self, row: RunRow, reader: Reader | None = None) -> RunRows:
        """All that a run has, read through another connection where one is given."""
        nodes = read_nodes(self._reader, row.definition, is_digested=row.seal is not None)
        values = ValueFiles(self._listing.directory(row.number))
        return RunRows(reader or self._reader, row.number, nodes, values, has_seals=row.seal is not None)

    # -- looking at runs

    def runs(self, flow: str | None = None, limit: int | None = None) -> list[RunRecord]:
        return self._listing.records(flow, limit)

    def find(self, run_id: str, flow: str | None = None) -> RunRecord:
        return self._listing.record(self._listing.find(run_id, flow))

    def attempts(self, run: RunRecord, path: str | None = None) -> Iterator[AttemptRecord]:
        # A connection of their own: a statement that is under way would hold back the store's others.
        with contextlib.closing(connect(self._location)) as connection, naming_run(run.id):
            row = self._listing.with_number(run.number)
            yield from self._rows(row, Reader(connection, self._path)).attempts(path)

    def pending(self, run: RunRecord) -> list[Pending]:
        return self._rows(self._listing.with_number(run.number)).pending()

    def container_problems(self, run: RunRecord) -> list[Failure]:
        with naming_run(run.id):
            return self._rows(self._listing.with_number(run.number)).container_problems(None)

    def look(self, run: RunRecord) -> SeenRun:
        with naming_run(run.id):
            row = self._listing.with_number(run.number)
            rows = self._rows(row)
            check_run(self._reader, self._listing, row, rows.nodes)
            return SeenRun(self._listing.record(row), rows, rows.nodes)

    def picture(self, run: RunRecord) -> str:
        with naming_run(run.id):
            definition = self._listing.with_number(run.number).definition
            found = self._reader.row(queries.definition_picture(), definition)
            return "" if found is None else str(found[0])

    def standings(self, run: RunRecord) -> Mapping[str, Mapping[Status, int]]:
        with naming_run(run.id):
            return self._rows(self._listing.with_number(run.number)).standings()

    def log_file(self, run: RunRecord, span: LogSpan) -> str:
        directory = self._listing.directory(run.number)
        check_run_directory(directory)
        return segment_path(directory, span)

    def prune(self, rule: PruneRule) -> Pruned:
        from sequent.runtime.store.sqlite.pruning import Pruning

        return Pruning(self._reader, self._listing, self._now).prune(rule)

    def back_up(self, path: str) -> Copy:
        """Write a copy of the whole store under that real path, while its runs go on.

        Raises:
            StoreError: there is something already, or it cannot be written.
        """
        from sequent.runtime.store.sqlite.copying import back_up

        return back_up(self._reader, self._listing, path)

    def problems(self) -> Iterator[str]:
        """What is wrong with the store; each of its pages, rows and large values is looked at."""
        from sequent.runtime.store.sqlite.copying import problems_of

        return problems_of(self._reader, self._listing)

    def close(self) -> None:
        if self._pid != os.getpid():
            return
        for run in tuple(self._driven):
            run.close()
        self._connection.close()
