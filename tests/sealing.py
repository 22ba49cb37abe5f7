"""The sums that a store keeps of its runs, worked out anew after a test has changed rows by itself."""

from __future__ import annotations

import sqlite3

from sequent.runtime.store.sql.run_list import RunRow
from sequent.runtime.store.sql.tally import TABLES, Tally
from sequent.runtime.store.sqlite.schema import statements


def tally_of(connection: sqlite3.Connection, number: int) -> Tally:
    """What the rows of a run come to.

    Raises:
        sqlite3.Error: a row has what cannot be summed up.
    """
    return Tally(*connection.execute(statements()["tally_run"].text, [number] * TABLES).fetchone())


def seal_anew(connection: sqlite3.Connection) -> None:
    """Make the sums of all runs fit their rows.

    Raises:
        sqlite3.Error: a row has what cannot be summed up.
        TypeError: the same, of a run's own row.
    """
    for (number,) in connection.execute("SELECT number FROM run").fetchall():
        tally = tally_of(connection, number)
        connection.execute("UPDATE run SET tally = ? WHERE number = ?", (tally.text, number))
        row = RunRow(*connection.execute(statements()["run_with_number"].text, (number,)).fetchone())
        connection.execute("UPDATE run SET seal = ? WHERE number = ?", (row.checksum(), number))
