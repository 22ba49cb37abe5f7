"""A connection that waits for a lock in the open: it says so, and whoever presses Ctrl-C is obeyed."""

from __future__ import annotations

import sqlite3
import time
from typing import Any

from sequent.runtime.notices import notify

PATIENCE = 30.0
"""Seconds for which a locked store is waited for."""
PIECE = 0.1
"""Seconds for which SQLite waits by itself: meanwhile no signal is heard."""
_SAID_AFTER = 1.0


class PatientConnection(sqlite3.Connection):
    """Tries a statement that found the store locked again and again; what goes through a cursor is tried once."""

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        began = time.monotonic()
        has_said = False
        while True:
            try:
                return super().execute(sql, parameters)
            except sqlite3.OperationalError as error:
                waited = time.monotonic() - began
                if not _is_locked(error) or waited > PATIENCE:
                    raise
            if waited > _SAID_AFTER and not has_said:
                has_said = True
                notify(f"the store is locked by another process; waiting for up to {PATIENCE:.0f} seconds")
            time.sleep(0 if waited < PIECE else PIECE)


def _is_locked(error: sqlite3.OperationalError) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
