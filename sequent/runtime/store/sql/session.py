"""Sends queries to a database through one connection, and raises its errors as the store's."""

from __future__ import annotations

import contextlib
from _thread import RLock
from collections.abc import Generator, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sequent.runtime.store.sql.fields import check_rows

if TYPE_CHECKING:
    from sequent.runtime.store.sql.database import Database

_AT_ONCE = 64
"""Rows of a stream that are checked together."""
Row = tuple[Any, ...]


class Session:
    """One connection to a database, used by the names of statements."""

    def __init__(self, database: Database, patience: float | None = None, label: str = "") -> None:
        """Connect; statements wait for a locked database with a notice, or for so many seconds."""
        self.database = database
        self.connection: Any = database.connect(patience, label)
        self._statements = database.statements
        self._cursor: Any = self.connection.cursor()
        is_patient = patience is None or not database.begins_locked
        self._do = self.connection.execute if is_patient else self._cursor.execute
        self._guard = RLock()
        """Held during a transaction: a connection has one at a time, and threads may drive runs of a store."""

    def close(self) -> None:
        """Close the connection."""
        # A connection of SQLite stays open as long as a cursor has a statement.
        self._cursor.close()
        self.connection.close()

    # -- questions

    def rows(self, name: str, *values: object) -> list[Any]:
        rows = self.unchecked(name, *values)
        check_rows(self._statements[name].columns, rows)
        return rows

    def unchecked(self, name: str, *values: object) -> list[Any]:
        """Return the rows unchecked, for a caller that checks each by itself."""
        return self.ask(self._statements[name].text, *values)

    def ask(self, text: str, *values: object) -> list[Any]:
        """Return the rows of a query in the database's own SQL."""
        try:
            return list(self._do(text, values).fetchall())
        except self.database.errors as error:
            raise self.database.error(error) from error

    def row(self, name: str, *values: object) -> Any:
        """Return the first row; None if there is none."""
        rows = self.rows(name, *values)
        return rows[0] if rows else None

    def row_at_once(self, name: str, *values: object) -> Any:
        """Return the first row without waiting for a database that does not answer.

        Raises:
            Exception: an error of the database's driver.
        """
        return self._cursor.execute(self._statements[name].text, values).fetchone()

    def stream(self, name: str, *values: object) -> Iterator[Any]:
        """Yield row by row, for a statement with many rows whose order does not allow pages."""
        statement = self._statements[name]
        # A connection has one transaction at a time: no other thread may write within that of the rows.
        guard = self._guard if self.database.streams_in_transaction else contextlib.nullcontext()
        try:
            with guard, self.database.stream(self.connection, statement.text, values) as cursor:
                while rows := cursor.fetchmany(_AT_ONCE):
                    check_rows(statement.columns, rows)
                    yield from rows
        except self.database.errors as error:
            raise self.database.error(error) from error

    # -- changes, within a transaction

    def execute(self, name: str, *values: object) -> int:
        """Execute a statement; return the number of rows that it matched."""
        return int(self._do(self._statements[name].text, values).rowcount)

    def write(self, name: str, rows: Sequence[Row]) -> int:
        """Execute a statement with each of these rows; return the number of matches in all."""
        if len(rows) == 1:
            return int(self._cursor.execute(self._statements[name].text, rows[0]).rowcount)
        return int(self._cursor.executemany(self._statements[name].text, rows).rowcount) if rows else 0

    def execute_between(self, name: str, *values: object) -> int:
        """Execute a statement once, between the transactions of other threads; return the number of matches."""
        with self._guard:
            return int(self._cursor.execute(self._statements[name].text, values).rowcount)

    def begin(self, *, is_patient: bool = True, is_alone: bool = False) -> None:
        """Begin a transaction; wait for a locked database, or try once."""
        text = self.database.begin_alone if is_alone else self.database.begin_write
        (self.connection.execute if is_patient else self._cursor.execute)(text)

    def commit(self) -> None:
        """Commit the transaction."""
        self._do("COMMIT")

    def roll_back(self) -> None:
        """Roll the transaction back, if there is one."""
        with contextlib.suppress(*self.database.errors):
            self._cursor.execute("ROLLBACK")

    @contextlib.contextmanager
    def transaction(self) -> Generator[None]:
        """Write all that is executed in it, or nothing; no other such transaction goes on meanwhile."""
        with self._guard:
            try:
                self.begin(is_alone=True)
                yield
                self.commit()
            except BaseException as error:
                self.roll_back()
                if isinstance(error, self.database.errors):
                    raise self.database.error(error) from error
                raise

    @contextlib.contextmanager
    def snapshot(self) -> Generator[None]:
        """Answer all queries within it as of one moment, whatever is written meanwhile."""
        with self._guard:
            try:
                self._do(self.database.begin_read)
                yield
            except self.database.errors as error:
                raise self.database.error(error) from error
            finally:
                with contextlib.suppress(*self.database.errors):
                    self._cursor.execute("COMMIT")
