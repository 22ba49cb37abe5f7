"""Takes a run from a process that drives it, by force: the process is fenced first, then asked to end, then ended."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from typing import NamedTuple

from sequent.errors import StoreBusyError
from sequent.runtime.backoff import patiently, say
from sequent.runtime.processes import run_locks
from sequent.runtime.processes.process_trees import Process, process_at, send_signal
from sequent.runtime.store.sql.database import RunClaim
from sequent.runtime.store.sql.run_list import RunRow, seal_run
from sequent.runtime.store.sql.session import Session

GRACE = 10.0
"""Seconds for a fenced driver to end its steps and release the run; as many again once it was killed."""
_LONGEST_TRANSACTION = 40.0
"""Seconds after which a server ends the transaction of a driver that was stopped in the middle of it."""
_PIECE = 0.05


class TakeoverPorts(NamedTuple):
    """The world as a takeover sees it: how it waits, and tells about that."""

    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    say: Callable[[str], None] = say


def take_from_driver(session: Session, row: RunRow, owner: str, ports: TakeoverPorts) -> RunClaim | None:
    """Claim a run that another process drives; None if it cannot be claimed, or that process is this one.

    From the first write on, the driver can write nothing. One that was stopped (SIGSTOP) goes on, finds that out, ends
    its steps and exits. If it does not within the grace, it is killed, and its agent ends its steps. A driver on
    another machine cannot be ended from here: if it does not answer, its steps may still be running.
    """
    database = session.database
    holder = run_locks.lock_holder(run_locks.driver_lock(database.directory(row.number)))
    if holder is not None and holder.pid == os.getpid():
        return None
    process = None if holder is None else process_at(holder.pid)
    if process is None:
        return _from_elsewhere(session, row, owner, ports)
    return _from_here(session, row, owner, process, ports)


def _from_here(session: Session, row: RunRow, owner: str, process: Process, ports: TakeoverPorts) -> RunClaim | None:
    # It may have been stopped in the middle of a transaction, which locks the store.
    send_signal(process, signal.SIGCONT)
    try:
        if not _fence(session, row, owner, GRACE):
            return None
        claim = _released(session, row.number, owner, ports)
    except StoreBusyError:
        claim = None
    if claim is None:
        ports.say(f"process {process.pid}, which drove the run, does not answer: it is killed")
        send_signal(process, signal.SIGKILL)
        claim = _released(session, row.number, owner, ports)
    return claim


def _from_elsewhere(session: Session, row: RunRow, owner: str, ports: TakeoverPorts) -> RunClaim | None:
    if not _fence(session, row, owner, _LONGEST_TRANSACTION):
        return None
    claim = _released(session, row.number, owner, ports)
    if claim is None and session.row("guard_row", row.number)[:2] == (row.epoch + 1, owner):
        ports.say(
            "the driver of the run does not answer from its machine: steps that it started may still be running there"
        )
        claim = session.database.claim(row.number, owner, forces=True)
    return claim


def _fence(session: Session, row: RunRow, owner: str, seconds: float) -> bool:
    """Let the driver of a run write nothing more; return False if another process has taken the run meanwhile.

    Raises:
        StoreBusyError: the store has been locked for so many seconds, and longer than its own patience.
    """

    def fence() -> bool:
        with session.transaction():
            is_fenced = session.execute("fence_run", row.epoch + 1, owner, row.number, row.epoch) == 1
            if is_fenced:
                seal_run(session, row.number)
        return is_fenced

    return patiently(fence, StoreBusyError, lambda error: error.message, seconds)


def _released(session: Session, number: int, owner: str, ports: TakeoverPorts) -> RunClaim | None:
    """Wait until a run is released, and claim it."""
    database = session.database
    deadline = ports.monotonic() + GRACE
    database.wake(session, number)
    while (claim := database.claim(number, owner)) is None and ports.monotonic() < deadline:
        ports.sleep(_PIECE)
    return claim
