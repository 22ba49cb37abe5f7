"""A store that another process has locked: it is said, waited for, and whoever waits may press Ctrl-C."""

from __future__ import annotations

import signal
import sqlite3
import time
from collections.abc import Generator
from contextlib import closing, contextmanager

import pytest

from tests.acceptance.command_line import CommandLine
from tests.patience import PATIENCE, wait_until

SAID = "the store is locked by another process; trying again for up to 30 seconds"


@contextmanager
def locked(sequent: CommandLine) -> Generator[sqlite3.Connection]:
    assert sequent("run", "flows:nightly", "-p", "day=2026-11-24").returncode == 0
    with closing(sqlite3.connect(sequent.store, isolation_level=None, check_same_thread=False)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        yield connection


def read_until(stream, wanted: str) -> float:
    """Read lines until one has that in it; the seconds that this took."""
    began = time.monotonic()
    while wanted not in (line := stream.readline()):
        assert line, "it has ended"
    return time.monotonic() - began


@pytest.mark.parametrize("words", [("run", "flows:nightly", "-p", "day=2026-11-24"), ("recover", "--rerun", "load")])
def test_it_is_said_and_the_command_goes_on_once_it_is_free(sequent, words):
    with locked(sequent) as connection:
        process = sequent.start(*words)
        read_until(process.stderr, SAID)
        connection.execute("ROLLBACK")
        _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, errors


@pytest.mark.parametrize("words", [("run", "flows:nightly", "-p", "day=2026-11-24"), ("recover", "--rerun", "load")])
def test_ctrl_c_ends_whoever_waits(sequent, words):
    with locked(sequent):
        process = sequent.start(*words)
        read_until(process.stderr, SAID)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=PATIENCE)
    assert (process.returncode, errors) == (130, "")


def test_a_run_that_is_under_way_says_it_too_and_is_ended_by_the_third_signal(sequent):
    (sequent.directory / "waiting.py").write_text(WAITING)
    with locked(sequent) as connection:
        connection.execute("ROLLBACK")
        process = sequent.start("run", "waiting:flow")
        read_until(process.stderr, "run ")
        wait_until((sequent.directory / "began").exists)
        connection.execute("BEGIN EXCLUSIVE")
        (sequent.directory / "go").touch()
        read_until(process.stderr, "is locked by another process; trying again for up to 30 seconds")
        for said in ("stopping: ", "ending the running steps", "killing the running steps"):
            process.send_signal(signal.SIGINT)
            read_until(process.stderr, said)
        _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 4
    assert "is locked by another process" in errors
    assert sequent("recover").returncode == 0


WAITING = """
import time
from pathlib import Path

from sequent import container, step


@container
class flow:
    @step
    def wait(self) -> None:
        Path("began").touch()
        while not Path("go").exists():
            time.sleep(0.01)
"""
