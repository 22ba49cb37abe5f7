"""The processes that drive runs, and the wait for the agent of one that is dead."""

from __future__ import annotations

import os
import pwd
import select
import socket
import time
from datetime import datetime

from sequent.errors import BusyError
from sequent.model.commands import typed
from sequent.runtime.processes import process_trees
from sequent.runtime.processes.run_locks import agent_lock, lock_holder
from sequent.runtime.records import Owner

AGENT_PATIENCE = 20.0
"""Seconds that a recovery waits for the agent of a dead driver to end its workers."""


def owner_of(pid: int, since: float) -> Owner:
    """Return a process of this machine as the owner of a run that it took at that time."""
    process = process_trees.process_at(pid)
    started = 0.0 if process is None else _boot_time() + process.started / os.sysconf("SC_CLK_TCK")
    return Owner(
        pid=pid,
        started=round(started, 2),
        host=socket.gethostname(),
        boot=process_trees.boot_id(),
        user=_user_of(pid),
        since=since,
    )


def is_stopped(owner: Owner) -> bool:
    """Return whether a driver is stopped until another process continues it; False also for other machines' drivers."""
    return process_trees.is_stopped(owner.pid) and owner_of(owner.pid, owner.since) == owner


def _user_of(pid: int) -> str:
    try:
        number = os.stat(f"/proc/{pid}").st_uid
    except OSError:
        return "unknown"
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def _boot_time() -> int:
    with open("/proc/stat", encoding="ascii") as file:
        return next((int(line.split()[1]) for line in file if line.startswith("btime ")), 0)


def driver_text(run_id: str, owner: Owner) -> str:
    """Return the words for the process that drives a run."""
    since = datetime.fromtimestamp(owner.since).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    return f"run '{run_id}' is driven by process {owner.pid} on host '{owner.host}' (user {owner.user}) since {since}"


def busy(run_id: str, owner: Owner) -> BusyError:
    """Return the error of a run that is driven."""
    return BusyError(
        driver_text(run_id, owner),
        hint=f"wait for it, or stop it there: {typed('stop', run_id)}; "
        f"if it does not answer: {typed('recover', run_id, '--force')}",
    )


def wait_for_agent(directory: str, run_id: str) -> None:
    """Wait until the agent of an earlier driver has ended its workers and is gone.

    Raises:
        BusyError: it takes too long.
    """
    path = agent_lock(directory)
    deadline = time.monotonic() + AGENT_PATIENCE
    while (holder := lock_holder(path)) is not None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise BusyError(
                f"the agent of run '{run_id}' (process {holder.pid}) is still ending "
                "processes that an earlier one started",
                hint=f"see which processes it waits for (ps --ppid {holder.pid} -f), then recover again",
            )
        _wait_for_end(holder.pid, min(left, 0.25))


def _wait_for_end(pid: int, seconds: float) -> None:
    """Wait until a process ends, or that long."""
    try:
        handle = os.pidfd_open(pid)
    except OSError:
        # It is gone, or in another namespace of processes; in that case, only sleep.
        time.sleep(min(seconds, 0.02))
        return
    try:
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        poll.poll(seconds * 1000)
    finally:
        os.close(handle)
