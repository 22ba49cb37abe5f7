"""A store on a read-only file system is called that, and can be looked at."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.acceptance.command_line import CommandLine
from tests.disks import small_disk

READ_ONLY, REMOUNT = 1, 32
DAY = ("-p", "day=2026-11-24")


@contextmanager
def read_only(sequent: CommandLine, directory: Path, *, with_log: bool) -> Generator[None]:
    """The store on a disk that nobody can write to; with a log beside it that has its newest commits, or without."""
    with small_disk(directory, "16m"):
        sequent.environment["SEQUENT_STORE"] = str(directory / "runs.db")
        assert sequent("run", "flows:nightly", *DAY, "--run-id", "first").returncode == 0
        if with_log:
            # Whoever has it open when the last writer ends leaves the log behind.
            with closing(sqlite3.connect(directory / "runs.db")) as holding:
                holding.execute("SELECT count(*) FROM run").fetchone()
                assert sequent("run", "flows:broken", "--run-id", "second").returncode == 1
                for end in ("", "-wal"):
                    shutil.copy(directory / f"runs.db{end}", directory / f"kept{end}")
            for end in ("", "-wal"):
                os.replace(directory / f"kept{end}", directory / f"runs.db{end}")
            assert (directory / "runs.db-wal").stat().st_size > 0
        libc = ctypes.CDLL(None, use_errno=True)
        assert libc.mount(b"tmpfs", str(directory).encode(), b"tmpfs", READ_ONLY | REMOUNT, None) == 0
        yield


@pytest.mark.parametrize("with_log", [False, True])
def test_it_can_be_read_and_whoever_would_write_is_told_why_not(sequent, tmp_path, with_log):
    with read_only(sequent, tmp_path / "disk", with_log=with_log):
        before = sorted(os.listdir(tmp_path / "disk"))
        runs = json.loads(sequent("ls", "--json").stdout)["runs"]
        assert [run["id"] for run in runs] == ["second", "first"][not with_log :]
        assert "success" in sequent("show", "first").stdout
        assert "loading 3 rows" in sequent("logs", "first").stdout
        assert sequent("graph", "first").returncode == 0
        for words in (("run", "flows:nightly", *DAY), ("recover", "first", "--rerun", "load")):
            done = sequent(*words)
            assert (done.returncode, "is on a read-only file system" in done.stderr) == (4, True), done.stderr
        assert sorted(os.listdir(tmp_path / "disk")) == before


def test_a_store_that_cannot_be_made_there_is_told_of_so(sequent, tmp_path):
    with read_only(sequent, tmp_path / "disk", with_log=False):
        done = sequent("run", "flows:nightly", *DAY, "--store", str(tmp_path / "disk" / "new.db"))
    assert done.returncode == 4
    assert "new.db' cannot be made: its directory is on a read-only file system" in done.stderr
