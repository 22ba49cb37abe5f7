"""Asks a connection, and tells its errors as the store's."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Generator, Iterator
from typing import Any

from sequent.runtime.store.sqlite.compiled import COLUMN_TYPES
from sequent.runtime.store.sqlite.fields import check_rows
from sequent.runtime.store.sqlite.opening import DATABASE_ERRORS, store_error
from sequent.runtime.store.sqlite.tally import Tally, count_run

Execute = Callable[[str, tuple[object, ...]], sqlite3.Cursor]
"""Executes a statement with its values."""
_AT_ONCE = 64
"""Rows of a stream that are looked at together."""


class Reader:
    """Asks a connection, and tells its errors as the store's."""

    def __init__(self, connection: sqlite3.Connection, path: str) -> None:
        self._connection = connection
        self._path = path
        self.guard = threading.RLock()
        """Held during a transaction, since a connection has one at a time."""

    def rows(self, text: str, *values: object) -> list[Any]:
        found = self.unchecked(text, *values)
        check_rows(COLUMN_TYPES.get(text, ()), found)
        return found

    def unchecked(self, text: str, *values: object) -> list[Any]:
        """The rows, for somebody who looks at each by itself."""
        try:
            return self._connection.execute(text, values).fetchall()
        except DATABASE_ERRORS as error:
            raise store_error(error, self._path) from error

    def row(self, text: str, *values: object) -> Any:
        """The first row; None where there is none."""
        found = self.rows(text, *values)
        return found[0] if found else None

    @contextlib.contextmanager
    def snapshot(self) -> Generator[None]:
        """Have all that is asked within it answered as of one moment, whoever writes meanwhile."""
        with self.guard:
            try:
                self._connection.execute("BEGIN")
                yield
            except DATABASE_ERRORS as error:
                raise store_error(error, self._path) from error
            finally:
                with contextlib.suppress(*DATABASE_ERRORS):
                    self._connection.execute("COMMIT")

    @contextlib.contextmanager
    def transaction(self) -> Generator[Execute]:
        """Write all that is executed in it, or nothing; one at a time, as threads may drive runs of a store."""
        with self.guard:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                yield self._connection.execute
                self._connection.execute("COMMIT")
            except BaseException as error:
                with contextlib.suppress(*DATABASE_ERRORS):
                    if self._connection.in_transaction:
                        self._connection.execute("ROLLBACK")
                if isinstance(error, DATABASE_ERRORS):
                    raise store_error(error, self._path) from error
                raise

    def tally(self, run: int) -> Tally:
        """What all rows of a run come to."""
        try:
            return count_run(self._connection, run)
        except DATABASE_ERRORS as error:
            raise store_error(error, self._path) from error

    def stream(self, text: str, *values: object) -> Iterator[Any]:
        """Row by row, for a statement whose rows are many and whose order does not allow pages."""
        try:
            cursor = self._connection.execute(text, values)
            while found := cursor.fetchmany(_AT_ONCE):
                check_rows(COLUMN_TYPES.get(text, ()), found)
                yield from found
        except DATABASE_ERRORS as error:
            raise store_error(error, self._path) from error
