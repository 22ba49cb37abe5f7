"""PostgreSQL as a store's database: a schema on a server, and a directory of this machine for each run's logs."""

from __future__ import annotations

import contextlib
import os
import secrets
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

import psycopg

from sequent.errors import StoreError
from sequent.model.record_text import text_of_record
from sequent.runtime.logs.segment_files import begin_at, first_number
from sequent.runtime.processes import left_processes, run_locks, run_owners
from sequent.runtime.processes.wake_socket import wake
from sequent.runtime.records import Owner
from sequent.runtime.store.directories import check_run_directory, make_run_directory, prepare_run_directory
from sequent.runtime.store.postgresql.address import ServerAddress
from sequent.runtime.store.postgresql.connection import PostgresqlConnection
from sequent.runtime.store.postgresql.errors import read_only, store_error
from sequent.runtime.store.postgresql.hearing import Hearing
from sequent.runtime.store.postgresql.leases import LASTS, LeaseClaim
from sequent.runtime.store.postgresql.schema import SchemaStatements
from sequent.runtime.store.postgresql.value_pieces import ValuePieces
from sequent.runtime.store.sql.database import OpenDatabase
from sequent.runtime.store.sql.records import read_owner
from sequent.runtime.store.sql.session import Session
from sequent.runtime.store.sql.statements import Statement

_LIMITS = "SET LOCAL lock_timeout = '10s'; SET LOCAL idle_in_transaction_session_timeout = '30s'"
"""A process that was stopped within a transaction must not hold up the others."""
_READS_ONLY = "SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean"


APART = 100_000
"""So many segments of a run's logs have numbers of one machine's own."""


class Lease(NamedTuple):
    """The driver of a run, by its lease."""

    run: int
    token: str
    owner: str
    seconds_left: float
    until: float
    """When it ends, in seconds since 1970."""


class PostgresqlDatabase:
    """The schema of a store that exists and was checked."""

    begin_read = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
    begin_write = f"BEGIN; {_LIMITS}"
    begins_locked = False
    streams_in_transaction = True
    whole_batches = True
    errors: tuple[type[Exception], ...] = (psycopg.Error,)
    misfits: tuple[type[Exception], ...] = (psycopg.errors.DivisionByZero,)
    tables_of_runs: tuple[str, ...] = ("piece", "log_host")

    def __init__(self, address: ServerAddress, now: Callable[[], float] = time.time) -> None:
        self.name = address.name
        self.address = address
        schema = SchemaStatements(address.schema)
        self.schema = schema
        self.statements: Mapping[str, Statement] = schema
        lock = schema["lock_store"].text.replace("%%", "%")
        self.begin_alone = f"{self.begin_write}; {lock}"
        self._now = now
        self._directory = ""
        self._channel = ""
        self._session: Session | None = None
        self._hearing: Hearing | None = None
        self._known = threading.local()
        """The leases that a thread has read as of one moment."""

    def open(self, session: Session, identity: str) -> None:
        """Take the session of the store, and the identity of the store, by which its directory here is named."""
        from platformdirs import user_state_path

        self._session = session
        self._channel = f"sequent_{identity}"
        self._hearing = Hearing(session.connection, self._channel)
        self._directory = os.path.realpath(user_state_path("sequent") / "postgresql" / identity)

    @property
    def session(self) -> Session:
        """The store's own session."""
        if self._session is None:
            raise AssertionError("the store is not open")
        return self._session

    @property
    def hearing(self) -> Hearing:
        """The way on which drivers of this process are woken from other machines."""
        if self._hearing is None:
            raise AssertionError("the store is not open")
        return self._hearing

    def connect(self, patience: float | None = None, label: str = "") -> PostgresqlConnection:
        return PostgresqlConnection(self.address, f"sequent/{label}" if label else "sequent")

    def stream(self, connection: Any, text: str, values: Sequence[object]) -> AbstractContextManager[Any]:
        streamed: AbstractContextManager[Any] = connection.stream(text, values)
        return streamed

    def error(self, error: Exception) -> StoreError:
        return store_error(error, self.address)

    def check_place(self) -> None:
        """Do nothing: a database of another server lacks the run, and its guard matches nothing."""

    def refuse_reading_only(self) -> None:
        if self.session.ask(_READS_ONLY)[0][0]:
            raise read_only(self.address)

    # -- whether it is whole: the server has checksums, foreign keys and a log of its own

    def check_pages(self, session: OpenDatabase, most: int | None = None) -> None:
        """Do nothing."""

    def check_commits(self, session: OpenDatabase, number: int) -> None:
        """Do nothing."""

    def has_whole_indexes(self, session: OpenDatabase, number: int) -> bool:
        return True

    def stray_rows(self, session: OpenDatabase) -> list[tuple[str, int]]:
        return []

    def free_bytes(self, session: OpenDatabase) -> int:
        return 0

    def seen_writes(self, session: OpenDatabase) -> int | None:
        return None

    # -- runs and their drivers

    def directory(self, number: int) -> str:
        return os.path.join(self._directory, str(int(number)))

    def check_directory(self, number: int) -> None:
        check_run_directory(self.directory(number))

    def make_directory(self, number: int) -> bool:
        os.makedirs(self._directory, 0o700, exist_ok=True)
        return make_run_directory(self.directory(number))

    def values(self, number: int, session: OpenDatabase) -> ValuePieces:
        return ValuePieces(session, number, self.directory(number))

    def wake(self, session: OpenDatabase, number: int) -> None:
        if not wake(self.directory(number)):
            with contextlib.suppress(*self.errors):
                session.row_at_once("notify", self._channel, str(number))

    def claim(self, number: int, owner: str, *, forces: bool = False) -> LeaseClaim | None:
        fenced = self._lease_of(number) if forces else None
        os.makedirs(self._directory, 0o700, exist_ok=True)
        directory = self.directory(number)
        is_new = not os.path.isdir(directory)
        prepare_run_directory(directory)
        if is_new:
            # Another machine has logs of the run, whose names in the rows must mean none of ours.
            begin_at(directory, APART * (1 + secrets.randbelow(APART)))
        path = run_locks.driver_lock(self.directory(number))
        # The token of a driver that died here is used again: so it does not matter whether an answer was lost.
        token = run_locks.last_owner(path) or secrets.token_hex(16)
        asked_at = time.monotonic()
        lock = run_locks.try_lock(path, token)
        if lock is None:
            return None
        try:
            gone = token if fenced is None else fenced.token
            is_ours = self.session.execute("claim_lease", number, token, owner, LASTS, gone, first_number(directory))
        except self.errors as error:
            lock.release()
            raise self.error(error) from error
        if not is_ours:
            lock.release()
            return None
        return LeaseClaim(self.session, number, token, lock, asked_at, self.hearing, directory)

    @contextlib.contextmanager
    def as_of_now(self, session: OpenDatabase) -> Generator[None]:
        self._known.leases = {row[0]: Lease(*row) for row in session.rows("leases")}
        try:
            yield
        finally:
            del self._known.leases

    def _lease_of(self, number: int) -> Lease | None:
        known: dict[int, Lease] | None = getattr(self._known, "leases", None)
        if known is not None:
            return known.get(number)
        row = self.session.row("lease_row", number)
        return None if row is None else Lease(*row)

    def lease(self, number: int) -> Lease | None:
        """Return the lease of a run, if its holder may be alive."""
        lease = self._lease_of(number)
        if lease is None or lease.seconds_left <= 0:
            return None
        # If the lock of a process that drove the run on this machine is free, that process is dead.
        is_dead = lease.token == run_locks.last_owner(run_locks.driver_lock(self.directory(number)))
        return None if is_dead else lease

    def driver(self, number: int) -> Owner | None:
        lease = self.lease(number)
        return None if lease is None else read_owner(lease.owner)

    def is_driven(self, number: int) -> bool:
        agent = run_locks.lock_holder(run_locks.agent_lock(self.directory(number)))
        return agent is not None or self.lease(number) is not None

    def is_alive(self, number: int) -> bool:
        return self.is_driven(number) or left_processes.has_leftovers(self.directory(number))

    def last_written(self, number: int) -> float | None:
        lease = self._lease_of(number)
        return None if lease is None else lease.until - LASTS

    def claim_dead(self, number: int) -> LeaseClaim | None:
        directory = self.directory(number)
        owner = run_owners.owner_of(os.getpid(), self._now())
        claim = self.claim(number, text_of_record(owner))
        if claim is None:
            return None
        has_agent = run_locks.lock_holder(run_locks.agent_lock(directory)) is not None
        if has_agent or left_processes.has_leftovers(directory):
            claim.release()
            return None
        return claim
