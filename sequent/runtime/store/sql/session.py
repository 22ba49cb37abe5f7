"""Asks a database through one connection, and tells its errors as the store's."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Generator, Iterator, Sequence
from typing import Any

from sequent.runtime.store.sql.database import Database
from sequent.runtime.store.sql.fields import check_rows

_AT_ONCE = 64
"""Rows of a stream that are looked at together."""
Row = tuple[Any, ...]


class Session:
    """One connection to a database, which is asked by the names of statements."""

    def __init__(self, database: Database, patience: float | None = None) -> None:
        """Connect: a locked database is waited for, and that said, or for so many seconds."""
        self.database = database
        self.connection: Any = database.connect(patience)
        self._statements = database.statements
        self._cursor: Any = self.connection.cursor()
        self._do = self.connection.execute if patience is None else self._cursor.execute
        self._guard = threading.RLock()
        """Held during a transaction, since a connection has one at a time, and threads may drive runs of a store."""

    def close(self) -> None:
        """Leave the database alone."""
        # A connection of SQLite lives on as long as a cursor has a statement.
        self._cursor.close()
        self.connection.close()

    # -- questions

    def rows(self, name: str, *values: object) -> list[Any]:
        found = self.unchecked(name, *values)
        check_rows(self._statements[name].columns, found)
        return found

    def unchecked(self, name: str, *values: object) -> list[Any]:
        """The rows, for somebody who looks at each by itself."""
        return self.ask(self._statements[name].text, *values)

    def ask(self, text: str, *values: object) -> list[Any]:
        """The rows that a text of the database's own asks for."""
        try:
            return list(self._do(text, values).fetchall())
        except self.database.errors as error:
            raise self.database.error(error) from error

    def row(self, name: str, *values: object) -> Any:
        """The first row; None where there is none."""
        found = self.rows(name, *values)
        return found[0] if found else None

    def stream(self, name: str, *values: object) -> Iterator[Any]:
        """Row by row, for a statement whose rows are many and whose order does not allow pages."""
        statement = self._statements[name]
        try:
            cursor = self.connection.execute(statement.text, values)
            while found := cursor.fetchmany(_AT_ONCE):
                check_rows(statement.columns, found)
                yield from found
        except self.database.errors as error:
            raise self.database.error(error) from error

    # -- changes, within a transaction

    def execute(self, name: str, *values: object) -> int:
        """Have a statement executed; how many rows it matched."""
        return int(self._do(self._statements[name].text, values).rowcount)

    def insert(self, name: str, *values: object) -> int:
        """Have a row inserted whose number the database gives: the number."""
        return int(self._do(self._statements[name].text, values).lastrowid)

    def write(self, name: str, rows: Sequence[Row]) -> int:
        """Have a statement executed with each of these; how many rows that matched in all."""
        if len(rows) == 1:
            return int(self._cursor.execute(self._statements[name].text, rows[0]).rowcount)
        return int(self._cursor.executemany(self._statements[name].text, rows).rowcount) if rows else 0

    def begin(self, *, is_patient: bool = True) -> None:
        """Begin a transaction; it is waited for where the database is locked, or tried once."""
        (self.connection.execute if is_patient else self._cursor.execute)(self.database.begin_write)

    def commit(self) -> None:
        """End it: all is written."""
        self._do("COMMIT")

    def roll_back(self) -> None:
        """End it: nothing is. Does nothing where none is under way."""
        with contextlib.suppress(*self.database.errors):
            self._cursor.execute("ROLLBACK")

    @contextlib.contextmanager
    def transaction(self) -> Generator[None]:
        """Write all that is executed in it, or nothing."""
        with self._guard:
            try:
                self.begin()
                yield
                self.commit()
            except BaseException as error:
                self.roll_back()
                if isinstance(error, self.database.errors):
                    raise self.database.error(error) from error
                raise

    @contextlib.contextmanager
    def snapshot(self) -> Generator[None]:
        """Have all that is asked within it answered as of one moment, whoever writes meanwhile."""
        with self._guard:
            try:
                self._do(self.database.begin_read)
                yield
            except self.database.errors as error:
                raise self.database.error(error) from error
            finally:
                with contextlib.suppress(*self.database.errors):
                    self._cursor.execute("COMMIT")
