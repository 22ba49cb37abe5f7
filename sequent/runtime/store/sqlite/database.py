"""SQLite as a store's database: one file, and beside it a directory for each run."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sequent.errors import StoreError
from sequent.runtime.processes import run_locks
from sequent.runtime.records import Owner
from sequent.runtime.store.directories import check_run_directory, make_run_directory, prepare_run_directory
from sequent.runtime.store.sql.records import read_owner
from sequent.runtime.store.sql.statements import Statement
from sequent.runtime.store.sqlite.claims import SqliteClaim, commits_file, read_commits
from sequent.runtime.store.sqlite.connection import PIECE, PatientConnection, is_read_only, refusal
from sequent.runtime.store.sqlite.location import Location, run_directory
from sequent.runtime.store.sqlite.opening import DATABASE_ERRORS, connect, store_error
from sequent.runtime.store.sqlite.schema import statements

if TYPE_CHECKING:
    from sequent.runtime.store.sql.database import OpenDatabase
    from sequent.runtime.store.sqlite.value_files import ValueFiles

_INDEX = """
    SELECT (SELECT count(*) FROM frame NOT INDEXED WHERE run = ?1),
    (SELECT count(*) FROM frame INDEXED BY frame_by_id WHERE run = ?1),
    (SELECT ifnull(sum(id * 31 + parent * 7 + number), 0) FROM frame NOT INDEXED WHERE run = ?1),
    (SELECT ifnull(sum(id * 31 + parent * 7 + number), 0) FROM frame INDEXED BY frame_by_id WHERE run = ?1)
"""


class SqliteDatabase:
    """The file of a store that exists and was checked."""

    begin_read = "BEGIN"
    begin_write = begin_alone = "BEGIN IMMEDIATE"
    begins_locked = True
    streams_in_transaction = False
    whole_batches = False
    misfits: tuple[type[Exception], ...] = ()
    tables_of_runs: tuple[str, ...] = ()
    errors: tuple[type[Exception], ...] = DATABASE_ERRORS

    def __init__(self, location: Location, now: Callable[[], float] = time.time) -> None:
        self.name = location.told
        self.path = location.path
        self.statements: Mapping[str, Statement] = statements()
        self._location = location
        self._now = now
        info = os.stat(self.path)
        self._file = (info.st_dev, info.st_ino)

    def connect(self, patience: float | None = None, label: str = "") -> PatientConnection:
        return connect(self._location, PIECE if patience is None else patience)

    def stream(self, connection: Any, text: str, values: Sequence[object]) -> contextlib.AbstractContextManager[Any]:
        return contextlib.closing(connection.execute(text, values))

    def error(self, error: Exception) -> StoreError:
        return store_error(error, self.path)

    def check_place(self) -> None:
        try:
            info = os.stat(self.path)
        except OSError as error:
            raise StoreError(f"the store '{self.path}' is gone: {error.strerror}", code="store-gone") from error
        if (info.st_dev, info.st_ino) != self._file:
            raise StoreError(f"the store '{self.path}' was replaced by another file", code="store-gone")

    def refuse_reading_only(self) -> None:
        if is_read_only(self.path):
            raise refusal(self.path)

    # -- whether it is whole

    def check_pages(self, session: OpenDatabase, most: int | None = None) -> None:
        if most is None or os.stat(self.path).st_size <= most:
            _check_pages(session, self.path)

    def check_commits(self, session: OpenDatabase, number: int) -> None:
        # Before reading the row: a driver commits first, and counts then.
        committed = read_commits(self.directory(number))
        run_id, touched = session.row("commits", number)
        if committed > touched:
            raise StoreError(
                f"the store '{self.path}' is older than run '{run_id}': it has {touched:,} of the run's "
                f"{committed:,} commits, so steps that have succeeded since then would run again",
                code="damaged-store",
                hint="restore the file as it was, with its -wal; if you restored a copy of it on purpose, "
                f"let that work run again: rm '{commits_file(self.directory(number))}'",
            )

    def has_whole_indexes(self, session: OpenDatabase, number: int) -> bool:
        return _has_whole_index(session, number)

    def stray_rows(self, session: OpenDatabase) -> list[tuple[str, int]]:
        text = """SELECT "table", count(*) FROM pragma_foreign_key_check GROUP BY 1 ORDER BY 1"""
        return session.ask(text)

    def free_bytes(self, session: OpenDatabase) -> int:
        return int(session.ask("PRAGMA freelist_count")[0][0]) * int(session.ask("PRAGMA page_size")[0][0])

    def seen_writes(self, session: OpenDatabase) -> int | None:
        # From memory that processes share.
        return int(session.ask("PRAGMA data_version")[0][0])

    # -- runs and their drivers

    def directory(self, number: int) -> str:
        return run_directory(self.path, number)

    def check_directory(self, number: int) -> None:
        check_run_directory(self.directory(number))

    def make_directory(self, number: int) -> bool:
        return make_run_directory(self.directory(number))

    def values(self, number: int, session: OpenDatabase) -> ValueFiles:
        from sequent.runtime.store.sqlite.value_files import ValueFiles

        return ValueFiles(self.directory(number))

    def wake(self, session: OpenDatabase, number: int) -> None:
        from sequent.runtime.processes.wake_socket import wake

        wake(self.directory(number))

    def claim(self, number: int, owner: str, *, forces: bool = False) -> SqliteClaim | None:
        directory = self.directory(number)
        prepare_run_directory(directory)
        lock = run_locks.try_lock(run_locks.driver_lock(directory), owner)
        return None if lock is None else SqliteClaim(lock, directory, has_reserve=not self._location.is_temporary)

    def as_of_now(self, session: OpenDatabase) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()

    def driver(self, number: int) -> Owner | None:
        """Return the process that drives a run now: the holder of its lock, by its own record once it is written."""
        holder = run_locks.lock_holder(run_locks.driver_lock(self.directory(number)))
        if holder is None:
            return None
        with contextlib.suppress(StoreError):
            owner = read_owner(holder.owner)
            if owner.pid == holder.pid:
                return owner
        from sequent.runtime.processes.run_owners import owner_of

        return owner_of(holder.pid, self._now())

    def is_driven(self, number: int) -> bool:
        directory = self.directory(number)
        locks = (run_locks.driver_lock(directory), run_locks.agent_lock(directory))
        return any(run_locks.lock_holder(lock) is not None for lock in locks)

    def is_alive(self, number: int) -> bool:
        from sequent.runtime.processes import left_processes

        return self.is_driven(number) or left_processes.has_leftovers(self.directory(number))

    def last_written(self, number: int) -> float | None:
        try:
            return os.stat(commits_file(self.directory(number))).st_mtime
        except FileNotFoundError:
            return None

    def claim_dead(self, number: int) -> SqliteClaim | None:
        from sequent.runtime.processes import left_processes

        directory = self.directory(number)
        lock = run_locks.try_lock(run_locks.driver_lock(directory), '{"pruned": true}')
        if lock is None:
            return None
        has_agent = run_locks.lock_holder(run_locks.agent_lock(directory)) is not None
        if has_agent or left_processes.has_leftovers(directory):
            lock.release()
            return None
        return SqliteClaim(lock, directory, has_reserve=False)


def _check_pages(session: OpenDatabase, path: str) -> None:
    """Check that SQLite finds no error in any page of the file.

    Raises:
        StoreError: it finds one.
    """
    told = [line for (line,) in session.ask("PRAGMA integrity_check(3)")]
    if told != ["ok"]:
        raise StoreError(
            f"the store '{path}' is damaged: {'; '.join(map(str, told))}",
            code="damaged-store",
            hint="restore it from a copy; it was left as it is",
        )


def _has_whole_index(session: OpenDatabase, run: int) -> bool:
    """Return whether the index of iterations has the same rows of a run as the table."""
    rows, indexed, total, indexed_total = session.ask(_INDEX, run)[0]
    return bool((rows, total) == (indexed, indexed_total))
