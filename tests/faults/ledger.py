"""What really ran: steps append a line to a file at their start and end, and tests read it."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path
from typing import NamedTuple

from sequent import context

LEDGER = "LEDGER"
_END = "."
"""The last word of a line that is whole."""


class Entry(NamedTuple):
    """One line of the ledger."""

    event: str
    path: str
    sequence: str
    attempt: int
    pid: int
    at: int
    """Nanoseconds of the monotonic clock."""
    run: str
    recovery: int
    token: str
    born: str
    """When the process was started, in ticks since boot: a pid is used again, both together are not."""

    @property
    def task(self) -> tuple[str, str, str]:
        """The run, path and sequence."""
        return self.run, self.path, self.sequence


def copy_path(path: str, host: str) -> str:
    """Return the path of a task in the ledger: the path of a copy ends with its host."""
    return f"{path}@{host}" if host else path


def calling_task() -> tuple[str, str, str]:
    """Return the run, path and sequence of the step that calls it."""
    path = copy_path(os.environ["SEQUENT_STEP_PATH"], os.environ.get("SEQUENT_STEP_HOST", ""))
    return os.environ["SEQUENT_RUN_ID"], path, os.environ["SEQUENT_STEP_SEQUENCE"]


def note(event: str) -> None:
    """Append a line for the step that calls it, in one write.

    A page of the file may end within the line. Then a reader can find its beginning alone, and a kill can leave no more
    of it; so each line ends with a word of its own, and begins with a newline, which ends the remains of another.
    """
    run, path, sequence = calling_task()
    words = (
        event,
        path,
        sequence,
        os.environ["SEQUENT_STEP_ATTEMPT"],
        str(os.getpid()),
        str(time.monotonic_ns()),
        run,
        os.environ["SEQUENT_STEP_RECOVERY"],
        context().token,
        born(os.getpid()),
        _END,
    )
    descriptor = os.open(os.environ[LEDGER], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, f"\n{' '.join(words)}\n".encode())
    finally:
        os.close(descriptor)


def wait_while_held(seconds: float = 0.01) -> None:
    """In a step: wait as long as the file HOLD stands beside the ledger, which has the lines that the file may name.

    A test that names a number of lines before it starts a run finds it under way once these are there, however late.
    """
    path = Path(os.environ[LEDGER])
    hold = path.with_name("HOLD")
    with contextlib.suppress(FileNotFoundError):
        while len(read(path)) >= int(hold.read_text() or 0):
            time.sleep(seconds)


def born(pid: int) -> str:
    """When a process was started; empty for one that executes nothing any more."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return "" if fields[0] in "ZX" else fields[19]


def read(path: Path) -> list[Entry]:
    """The whole lines of the ledger, in the order in which they were written."""
    if not path.exists():
        return []
    rows = (line.split() for line in path.read_text().splitlines())
    return [
        Entry(row[0], row[1], row[2], int(row[3]), int(row[4]), int(row[5]), row[6], int(row[7]), row[8], row[9])
        for row in rows
        if row[-1:] == [_END]
    ]
