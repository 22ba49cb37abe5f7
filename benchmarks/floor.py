"""The floor: what bare sqlite3 does, one row a commit, with the store's own settings."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path


def commits_per_second(directory: Path, count: int = 3000) -> float:
    """How many single-row commits a second the disk under that directory takes (WAL, synchronous=FULL)."""
    connection = sqlite3.connect(directory / f"floor-{time.monotonic_ns()}.db", isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE step (id INTEGER PRIMARY KEY, state TEXT)")
        began = time.perf_counter()
        for number in range(count):
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("INSERT INTO step VALUES (?, 'done')", (number,))
            connection.execute("COMMIT")
        return count / (time.perf_counter() - began)
    finally:
        connection.close()
