"""Makes runs, and takes those that no process drives."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from sequent.errors import BusyError, StoreError
from sequent.model.plan import Plan
from sequent.model.record_text import text_of_record
from sequent.model.run_target import Target
from sequent.model.status import RunStatus
from sequent.runtime.processes import left_processes, run_owners
from sequent.runtime.records import RunOrigin
from sequent.runtime.store import run_ids
from sequent.runtime.store.nodes import places_of
from sequent.runtime.store.sql.database import RunClaim
from sequent.runtime.store.sql.definitions import put_definition
from sequent.runtime.store.sql.hosted_holds import drop_other_holds
from sequent.runtime.store.sql.run_list import Listing, RunRow, seal_run
from sequent.runtime.store.sql.run_writer import Guard
from sequent.runtime.store.sql.session import Session
from sequent.runtime.store.sql.shared_pools import refuse_other_sizes, want_again
from sequent.runtime.store.sql.takeover import TakeoverPorts, take_from_driver
from sequent.runtime.store.sql.tally import NOTHING, RunningTally, read_tally

_MOST_TIDIED = 8
"""The number of runs before a new one that are tidied: a killed one is mostly the last."""


class RunTaking:
    """The making and taking of a store's runs; each ends with a claim, and the guard of this process's writes."""

    def __init__(
        self, session: Session, listing: Listing, now: Callable[[], float], busy: Callable[[RunRow], BusyError]
    ) -> None:
        """Take the store's parts; ``busy`` returns the error about a run that is driven."""
        self._session = session
        self._database = session.database
        self._listing = listing
        self._now = now
        self._busy = busy
        self._ports = TakeoverPorts()

    # -- making runs

    def create(
        self,
        target: Target,
        plan: Plan,
        run_id: str | None,
        fingerprints: Mapping[str, str],
        origin: RunOrigin | None = None,
    ) -> tuple[RunClaim, Guard]:
        now = self._now()
        owner = text_of_record(run_owners.owner_of(os.getpid(), now))
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
        except BaseException:
            if claim is not None:
                claim.release()
            raise
        return claim, Guard(number, 1, owner)

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

    def take(self, run_id: str, *, resumes: bool, reopens: bool, forces: bool) -> tuple[RunClaim, Guard]:
        self._database.refuse_reading_only()
        row = self._listing.find(run_id)
        number, directory = row.number, self._database.directory(row.number)
        owner = text_of_record(run_owners.owner_of(os.getpid(), self._now()))
        claim = self._database.claim(number, owner)
        if claim is None and forces:
            claim = take_from_driver(self._session, row, owner, self._ports)
        if claim is None:
            raise self._busy(self._listing.with_number(number))
        try:
            self._end_remains(directory, row.id)
            epoch = self._raise_epoch(self._listing.with_number(number), owner, resumes=resumes, reopens=reopens)
        except BaseException:
            claim.release()
            raise
        return claim, Guard(number, epoch, owner)

    def _end_remains(self, directory: str, run_id: str) -> None:
        """Wait until no process of the run's earlier drivers is left on this machine, or end it."""
        run_owners.wait_for_agent(directory, run_id)
        left_processes.end_leftovers(directory)

    def _raise_epoch(self, row: RunRow, owner: str, *, resumes: bool, reopens: bool) -> int:
        """Make the run this process's own; a success keeps its status and recovery, unless reopened."""
        epoch, number, session = row.epoch + 1, row.number, self._session
        status, recovery, ended, unrun = RunStatus.RUNNING.value, row.recovery + (not resumes), None, None
        if row.status == RunStatus.SUCCESS and not reopens:
            status, recovery, ended, unrun = row.status, row.recovery, row.ended, row.unrun
        with session.transaction():
            values = (epoch, owner, status, recovery, ended, None, unrun, number, row.epoch)
            is_taken = session.execute("take_run", *values) == 1
            drop_other_holds(session, number)
            want_again(session, number)
            if recovery != row.recovery:
                self._drop_problems(number)
            if not is_taken:
                raise self._busy(self._listing.with_number(number))
            seal_run(session, number)
        return epoch

    def _drop_problems(self, number: int) -> None:
        """Remove the problems of containers that begin again, and change the run's tally by as much.

        The other rows are as they were. To count them anew would take as long as reading them, and make damage that
        was done since they were checked part of the tally.
        """
        session = self._session
        tally = RunningTally(session, number, read_tally(self._listing.with_number(number).tally))
        tally.begin()
        tally.measured("tally_repeats", [(number,)], lambda: session.execute("drop_problems", number))
        if (text := tally.text()) is not None:
            session.execute("put_tally", text, number)
