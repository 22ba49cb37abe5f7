"""The store in a file of SQLite: opened, copied and checked as a whole."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from sequent.runtime.store.sql.checking import problems_of
from sequent.runtime.store.sql.session import Session
from sequent.runtime.store.sql.store import SqlStore
from sequent.runtime.store.sqlite.access import has_wal
from sequent.runtime.store.sqlite.claims import free_reserve
from sequent.runtime.store.sqlite.database import SqliteDatabase
from sequent.runtime.store.sqlite.location import Location
from sequent.runtime.store.sqlite.opening import check_schema, open_file

if TYPE_CHECKING:
    from sequent.runtime.store.sqlite.backup import Copy


class SqliteStore(SqlStore):
    """The runs in one file, beside which each run has a directory of its own."""

    def __init__(self, location: Location, now: Callable[[], float] = time.time) -> None:
        """Open the file, which is made if it is not there.

        Raises:
            StoreError: it cannot be used; it was left as it is.
        """
        open_file(location)
        # A part that is not in the file yet, as after a driver was killed, may be another store's.
        is_doubtful = has_wal(location.path)
        self.path = location.path
        session = Session(SqliteDatabase(location, now))
        try:
            check_schema(session.connection, location.path)
        except BaseException:
            session.close()
            raise
        super().__init__(session, now, is_doubtful=is_doubtful)
        self._free_reserves()

    def _free_reserves(self) -> None:
        """Give back the room that drivers had set aside who were killed."""
        for (number,) in self._session.rows("running"):
            if not self._database.is_driven(number):
                free_reserve(self._database.directory(number))

    def back_up(self, path: str) -> Copy:
        """Write a copy of the whole store under that real path, while its runs go on.

        Raises:
            StoreError: there is something already, or it cannot be written.
        """
        from sequent.runtime.store.sqlite.backup import back_up

        return back_up(self._session, self.path, path, len(self.runs()))

    def problems(self) -> Iterator[str]:
        """What is wrong with the store; each of its pages, rows and large values is looked at."""
        return problems_of(self._session)
