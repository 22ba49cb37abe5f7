"""Many processes that write to one file: each waits for its turn, as long as others get theirs."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import closing

from sequent.runtime.store.sqlite import connection
from sequent.runtime.store.sqlite.connection import PatientConnection

TURNS = 80
TURN = 0.05


def test_a_write_waits_for_longer_than_its_patience_while_others_go_on(tmp_path, monkeypatch):
    monkeypatch.setattr(connection, "BUSY_PATIENCE", 1.5)
    file = str(tmp_path / "s.db")
    with closing(sqlite3.connect(file, isolation_level=None, check_same_thread=False)) as other:
        other.execute("PRAGMA journal_mode = WAL")
        # It never waits for the disk.
        other.execute("PRAGMA synchronous = OFF")
        other.execute("CREATE TABLE t (x)")
        begun = threading.Event()

        def write() -> None:
            for number in range(TURNS):
                other.execute("BEGIN IMMEDIATE")
                begun.set()
                other.execute("INSERT INTO t VALUES (?)", [number])
                time.sleep(TURN)
                other.execute("COMMIT")

        thread = threading.Thread(target=write)
        thread.start()
        begun.wait()
        with closing(sqlite3.connect(file, timeout=0, isolation_level=None, factory=PatientConnection)) as ours:
            ours.execute("BEGIN IMMEDIATE")
            ours.execute("COMMIT")
        thread.join()
