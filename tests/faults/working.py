"""What steps of these flows do: they leave signs of life in the ledger, and say if another attempt of theirs lives."""

from __future__ import annotations

import os
import time
from pathlib import Path

from tests.faults import ledger

ENDS = ("end", "fail", "cut")
"""Events after which the code of an attempt does nothing more; its process may live on, for the next attempt."""


def past() -> list[ledger.Entry]:
    """What the calling task has left in the ledger."""
    task = ledger.calling_task()
    return [entry for entry in ledger.read(Path(os.environ[ledger.LEDGER])) if entry.task == task]


def begin() -> list[ledger.Entry]:
    """Say that the attempt has begun, and whether an earlier one still lives; give what the task had left before."""
    before = past()
    ledger.note("start")
    ended = {entry.token for entry in before if entry.event in ENDS}
    others = {(entry.pid, entry.born) for entry in before if entry.token not in ended and entry.pid != os.getpid()}
    for pid, born in others:
        if ledger.born(pid) == born:
            ledger.note("overlap")
    return before


def live(seconds: float) -> None:
    """Take so long, with signs of life; say if the attempt is ended meanwhile."""
    until = time.monotonic() + seconds
    try:
        while (left := until - time.monotonic()) > 0:
            time.sleep(min(left, 0.02))
            ledger.note("tick")
    except BaseException:
        ledger.note("cut")
        raise


def work(seconds: float = 0.03) -> None:
    """Begin, take a little time, end."""
    begin()
    live(seconds)
    ledger.note("end")
