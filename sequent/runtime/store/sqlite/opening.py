"""Makes a store's file, or opens an existing one: a Sequent store of this version; all others are left alone."""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3

from sequent.errors import StoreBusyError, StoreError, StoreFullError
from sequent.runtime.durable_files import flush_directory
from sequent.runtime.store.directories import check_inner_directory
from sequent.runtime.store.sqlite.access import check_file, check_new_name
from sequent.runtime.store.sqlite.connection import PIECE, PatientConnection, address_of, is_read_only, refusal
from sequent.runtime.store.sqlite.location import Location, prepare_directory, refused, runs_directory
from sequent.runtime.store.sqlite.schema import APPLICATION_ID, OLDEST, VERSION, creation, tables
from sequent.runtime.store.sqlite.unfinished import Unfinished, remove_unfinished

_MAGIC = b"SQLite format 3\0"
DATABASE_ERRORS = (sqlite3.Error, UnicodeDecodeError)
"""The errors of the database; the second one, if damage has reached the text of its own error."""


def open_file(location: Location) -> None:
    """Make sure that the store's file exists, is ours and is whole enough to be opened.

    Raises:
        StoreError: it is not; nothing was written to it.
    """
    prepare_directory(location)
    remove_unfinished(location.path)
    try:
        if not os.path.lexists(location.path):
            check_new_name(location.path)
            _create(location.path)
        check_file(location.path)
        check_inner_directory(runs_directory(location.path), "the runs of the store")
        with open(location.path, "rb") as file:
            header = file.read(100)
        if not os.access(location.path, os.W_OK) and not is_read_only(location.path):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise refused(location.path, error) from error
    _check_header(location.path, header)


def _check_header(path: str, header: bytes) -> None:
    """Judge a file by its first hundred bytes, before SQLite reads it."""
    if len(header) < 100 or not header.startswith(_MAGIC):
        flaw = "it is empty" if not header else "it is not an SQLite database, or is encrypted or cut"
        raise _foreign(path, flaw)
    application = int.from_bytes(header[68:72], "big")
    if application != APPLICATION_ID:
        raise _foreign(path, f"it is another application's database (application id {application:#010x})")
    _check_version(path, int.from_bytes(header[60:64], "big"))


def _check_version(path: str, version: int) -> None:
    if OLDEST <= version <= VERSION:
        return
    if version > VERSION:
        raise StoreError(
            f"the store '{path}' was written by a newer Sequent: its schema is {version}, this one knows {VERSION}",
            code="newer-store",
            hint="use the Sequent that wrote it, or a newer one",
        )
    raise StoreError(
        f"the store '{path}' has the unknown schema {version}; this Sequent knows {VERSION}",
        code="foreign-store",
        hint="name another store",
    )


def _foreign(path: str, why: str) -> StoreError:
    return StoreError(
        f"'{path}' is not a Sequent store: {why}",
        code="foreign-store",
        hint="it was left as it is; name another file, or move this one away",
    )


def _create(path: str) -> None:
    """Make an empty store, complete before it gets its name: no process ever sees half of one."""
    new = Unfinished(path)
    try:
        with contextlib.closing(
            sqlite3.connect(f"{address_of(new.name)}?mode=rw", uri=True, isolation_level=None)
        ) as connection:
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {VERSION}")
            connection.execute("BEGIN IMMEDIATE")
            for statement in creation():
                connection.execute(statement)
            connection.execute("COMMIT")
            connection.execute("PRAGMA journal_mode = WAL")
        # Another process may have been faster; its store stands.
        with contextlib.suppress(FileExistsError):
            os.link(new.name, path)
        flush_directory(os.path.dirname(path))
    except DATABASE_ERRORS as error:
        raise store_error(error, path) from error
    finally:
        new.close()


_ROOM = 1 << 16
"""Bytes that opening a store takes: those of the file that its processes share."""


def connect(location: Location, piece: float = PIECE) -> PatientConnection:
    """Open a connection with every pragma as it must be.

    Args:
        location: the file of a store, in a directory that was checked.
        piece: seconds for which SQLite itself waits for a lock.

    Raises:
        StoreError: the file, or a file beside it, is not as we make it.
    """
    path = location.path
    try:
        check_file(path)
        if is_read_only(path):
            from sequent.runtime.store.sqlite.reading_only import open_to_read

            return open_to_read(path)
        connection = sqlite3.connect(
            f"{address_of(path)}?mode=rw",
            uri=True,
            timeout=PIECE,
            isolation_level=None,
            check_same_thread=False,
            factory=PatientConnection,
        )
    except OSError as error:
        raise refused(path, error) from error
    except DATABASE_ERRORS as error:
        raise store_error(error, path) from error
    try:
        _assert_pragmas(connection, location, round(1000 * piece))
    except BaseException:
        connection.close()
        raise
    return connection


def _assert_pragmas(connection: sqlite3.Connection, location: Location, piece: int) -> None:
    path, flush = location.path, ("OFF", 0) if location.is_temporary else ("FULL", 2)
    wanted: list[tuple[str, str | int, str | int]] = [
        ("trusted_schema", "OFF", 0),
        ("cell_size_check", "ON", 1),
        ("foreign_keys", "ON", 1),
        ("journal_mode", "WAL", "wal"),
        ("synchronous", *flush),
        ("busy_timeout", piece, piece),
    ]
    try:
        for name, value, answer in wanted:
            connection.execute(f"PRAGMA {name} = {value}")
            found = connection.execute(f"PRAGMA {name}").fetchone()
            if found is None or found[0] != answer:
                raise StoreError(f"the store '{path}' does not take {name} = {value}: it has {found}")
    except DATABASE_ERRORS as error:
        raise store_error(error, path) from error


def check_schema(connection: sqlite3.Connection, path: str) -> None:
    """Upgrade an older store; refuse one that lacks a table, or contains code.

    Raises:
        StoreError: the file was damaged or altered, or cannot be upgraded now.
    """
    try:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        _check_version(path, version)
        _refuse_code(connection, path)
        if version < VERSION:
            from sequent.runtime.store.sqlite.migrations import migrate

            migrate(connection, path)
        found = connection.execute("SELECT name FROM sqlite_schema").fetchall()
    except DATABASE_ERRORS as error:
        raise store_error(error, path) from error
    missing = sorted(tables() - {name for (name,) in found})
    if missing:
        raise _foreign(path, f"it has no table '{missing[0]}'")


def _refuse_code(connection: sqlite3.Connection, path: str) -> None:
    """Refuse triggers and views, since Sequent makes none."""
    kinds = connection.execute("SELECT type, name FROM sqlite_schema").fetchall()
    code = sorted(name for kind, name in kinds if kind not in ("table", "index"))
    if code:
        raise _foreign(path, f"it holds '{code[0]}', which Sequent did not put there")


def _has_no_room(path: str) -> bool:
    """Return whether the disk is full: SQLite only says that the file beside the store cannot be read or written."""
    try:
        disk = os.statvfs(os.path.dirname(path))
    except OSError:
        return False
    return disk.f_bavail * disk.f_frsize < _ROOM


def store_error(error: Exception, path: str) -> StoreError:
    """Return SQLite's error as a user's error."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreBusyError(f"the store '{path}' is locked by another process", hint=f"which one: fuser '{path}'")
    if code == sqlite3.SQLITE_READONLY:
        return refusal(path)
    if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and _has_no_room(path)):
        return StoreFullError(
            f"the store '{path}' cannot be written: {os.strerror(errno.ENOSPC)}",
            hint="free some space; the run can then be recovered",
        )
    is_garbled = isinstance(error, UnicodeDecodeError) or "Could not decode" in str(error)
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB) or is_garbled:
        return StoreError(
            f"the store '{path}' is damaged: {error}",
            code="damaged-store",
            hint="restore it from a copy; it was left as it is",
        )
    if code == sqlite3.SQLITE_IOERR:
        return StoreError(
            f"the store '{path}' cannot be read or written: {os.strerror(errno.EIO)} ({error})",
            hint="check its disk; acknowledged outcomes are kept",
        )
    return StoreError(
        f"the store '{path}' cannot be used: {error}", hint="name another store, or restore this one from a copy"
    )
