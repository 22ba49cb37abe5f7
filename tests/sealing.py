"""The sums that a store keeps of its runs, worked out anew after a test has changed rows by itself."""

from __future__ import annotations

import sqlite3

from sequent.runtime.store.sqlite.listing import RunRow
from sequent.runtime.store.sqlite.run_queries import run_with_number
from sequent.runtime.store.sqlite.tally import count_run


def seal_anew(connection: sqlite3.Connection) -> None:
    """Make the sums of all runs fit their rows.

    Raises:
        sqlite3.Error: a row has what cannot be summed up.
        TypeError: the same, of a run's own row.
    """
    for (number,) in connection.execute("SELECT number FROM run").fetchall():
        tally = count_run(connection, number)
        connection.execute("UPDATE run SET tally = ? WHERE number = ?", (tally.text, number))
        row = RunRow(*connection.execute(run_with_number(), (number,)).fetchone())
        connection.execute("UPDATE run SET seal = ? WHERE number = ?", (row.checksum(), number))
