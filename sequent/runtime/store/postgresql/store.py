"""The store in PostgreSQL: opening it, and the differences of a store that several machines share."""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Callable

from sequent.errors import BusyError, LogElsewhereError
from sequent.model.commands import typed
from sequent.model.outcome import LogSpan
from sequent.runtime.logs.segment_files import first_number
from sequent.runtime.processes import run_locks, run_owners
from sequent.runtime.records import RunRecord
from sequent.runtime.store.postgresql.address import ServerAddress
from sequent.runtime.store.postgresql.database import APART, PostgresqlDatabase
from sequent.runtime.store.postgresql.opening import has_store, identity, make_store, upgrade
from sequent.runtime.store.sql.records import read_owner
from sequent.runtime.store.sql.run_list import RunRow
from sequent.runtime.store.sql.session import Session
from sequent.runtime.store.sql.store import SqlStore

_NUMBER = re.compile(r"([0-9]{1,15})\.log\Z")


class PostgresqlStore(SqlStore):
    """The runs in one schema of a database, whose logs are where their drivers were."""

    def __init__(self, address: ServerAddress, now: Callable[[], float] = time.time, *, makes: bool = True) -> None:
        """Open the store, made if it does not exist.

        Raises:
            StoreError: the server refuses it, or the schema is not a store of this version.
        """
        database = PostgresqlDatabase(address, now)
        session = Session(database)
        try:
            if makes and not has_store(session, address):
                make_store(session, address, database.schema)
            self.is_made = has_store(session, address)
            if self.is_made:
                database.open(session, identity(session, address))
        except BaseException:
            session.close()
            raise
        super().__init__(session, now)
        self._postgresql = database

    @staticmethod
    def upgrade(address: ServerAddress) -> None:
        """Make the tables, or bring those of an older version up to this one.

        Raises:
            StoreError: the role may not, or a run is under way.
        """
        database = PostgresqlDatabase(address)
        with contextlib.closing(Session(database)) as session:
            upgrade(session, address, database.schema)

    def _busy(self, row: RunRow) -> BusyError:
        """Return the error of a run that is driven: on this machine, or elsewhere until its lease is over."""
        lease = self._postgresql.lease(row.number)
        told = run_owners.busy(row.id, read_owner(row.owner if lease is None else lease.owner))
        if lease is None or run_locks.lock_holder(run_locks.driver_lock(self._database.directory(row.number))):
            return told
        left = f"if that machine is gone, recover again in {lease.seconds_left:.0f} seconds"
        return BusyError(told.message, hint=f"{told.hint}, but steps that run there may go on; {left}")

    def log_file(self, run: RunRecord, span: LogSpan) -> str:
        file = super().log_file(run, span)
        number, first = _NUMBER.search(span.segment), first_number(self._database.directory(run.number))
        has_logs = os.path.exists(os.path.dirname(file))
        if number is None or (has_logs and first <= int(number[1]) < first + APART):
            return file
        raise LogElsewhereError(
            f"the log is on {self._host_of(run, int(number[1]))}", hint=f"read it there: {typed('logs', run.id)}"
        )

    def _host_of(self, run: RunRecord, segment: int) -> str:
        """Return the words for the machine that has a segment of a run's logs."""
        for first, text in self._session.rows("log_hosts", run.number):
            if first <= segment < first + APART:
                owner = read_owner(text)
                return f"the host '{owner.host}', where {owner.user} drove run '{run.id}'"
        return f"another machine, which drove run '{run.id}'"
