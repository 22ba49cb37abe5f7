"""The store in a file of SQLite: opening, copying and checking it as a whole."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

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
    """The runs in one file, and beside it a directory for each run."""

    def __init__(self, location: Location, now: Callable[[], float] = time.time) -> None:
        """Open the file, made if it does not exist.

        Raises:
            StoreError: it cannot be used; it was left as it is.
        """
        open_file(location)
        # A part that is not in the file yet, such as after a driver was killed, may be another store's.
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
        """Free the room that killed drivers had reserved."""
        for (number,) in self._session.rows("running"):
            if not self._database.is_driven(number):
                free_reserve(self._database.directory(number))

    def back_up(self, path: str) -> Copy:
        """Write a copy of the whole store to that real path, while its runs go on.

        Raises:
            StoreError: the path exists, or cannot be written.
        """
        from sequent.runtime.store.sqlite.backup import back_up

        return back_up(self._session, self.path, path, len(self.runs()))
