"""A connection that waits for a lock in the open: it says so, and whoever presses Ctrl-C is obeyed."""

from __future__ import annotations

import sqlite3
from typing import Any

from sequent.runtime.patience import BUSY_PATIENCE, Patience, patiently

PIECE = 0.1
"""Seconds for which SQLite waits by itself: meanwhile no signal is heard."""


class PatientConnection(sqlite3.Connection):
    """Tries a statement that found the store locked again and again; what goes through a cursor is tried once."""

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        execute = super().execute
        try:
            return execute(sql, parameters)
        except sqlite3.OperationalError as error:
            if not _refusal(error):
                raise
        patience = Patience(longest=PIECE)
        return patiently(lambda: execute(sql, parameters), sqlite3.OperationalError, _refusal, BUSY_PATIENCE, patience)


def _refusal(error: sqlite3.OperationalError) -> str:
    is_locked = getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return "the store is locked by another process" if is_locked else ""
