"""How workers are ended for certain: TERM, a grace, KILL; and then their orphans, until none runs."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Collection

from attrs import define, field

from sequent.runtime.messages.message_types import WorkerEnded
from sequent.runtime.processes import process_trees

GRACE = 2.0
"""Seconds between TERM and KILL of an attempt that takes too long, and of everything once the driver is gone."""
_MOMENT = 0.02
"""Seconds until the next look at killed processes; they may have been forking."""
_STUCK = 10.0
"""Seconds until a killed process is no longer waited for: it is stuck in the kernel (a dead network disk)."""


@define(eq=False)
class _Remains:
    """The orphans of workers that ended at one moment; which worker left which does not matter any more."""

    said: list[WorkerEnded]
    """The reports on these workers, sent once none of the orphans runs."""
    deadline: float
    """The end of their grace."""
    pids: set[int] = field(factory=set[int])


class WorkerEndings:
    """The workers of an agent that are being ended, and the orphans of ended ones.

    The agent is the parent of every process that its dead workers had started, so none escapes. An ended worker is
    reported once all of these are gone: the next attempt may then start.

    Args:
        workers: the workers that live, by pid.
        say: sends a report to the driver.
    """

    def __init__(self, workers: Collection[int], say: Callable[[WorkerEnded], None]) -> None:
        self._workers = workers
        self._say = say
        self._kill_at: dict[int, float] = {}
        """The end of the grace of each worker that is being ended, by pid."""
        self._remains: list[_Remains] = []

    def begin(self, pids: list[int], grace: float) -> None:
        """End these workers, with all processes below them."""
        deadline = time.monotonic() + grace
        for pid in pids:
            self._kill_at[pid] = min(deadline, self._kill_at.get(pid, deadline))
        if grace > 0:
            # A process that has stopped itself would see the signal only when it goes on.
            process_trees.signal_trees(pids, signal.SIGTERM, signal.SIGCONT)
        for remains in self._remains:
            remains.deadline = min(remains.deadline, deadline)

    def ended(self, said: dict[int, WorkerEnded]) -> None:
        """Take care of workers that have ended; ``said`` has the report on each, by pid."""
        now = time.monotonic()
        deadlines = [self._kill_at.pop(pid, now) for pid in said]
        remains = _Remains(list(said.values()), max(deadlines))
        self._remains.append(remains)
        # If several have ended, their orphans cannot be told apart: they count for all of them.
        self._look()

    def enforce(self) -> None:
        """Kill processes whose grace is over, and report workers that have left none."""
        now = time.monotonic()
        due = [pid for pid, deadline in self._kill_at.items() if deadline <= now]
        process_trees.signal_trees(due, signal.SIGKILL)
        if self._remains:
            self._look()

    def _look(self) -> None:
        """Look for orphans of dead workers, kill those whose grace is over, and report workers that have left none."""
        now = time.monotonic()
        orphans = self._orphans()
        new = orphans.keys() - {pid for remains in self._remains for pid in remains.pids}
        kept: list[_Remains] = []
        for remains in self._remains:
            remains.pids = (remains.pids | new) & orphans.keys()
            if remains.deadline <= now:
                for pid in remains.pids:
                    process_trees.send_signal(orphans[pid], signal.SIGKILL)
            if not remains.pids or now > remains.deadline + _STUCK:
                for message in remains.said:
                    self._say(message)
                remains.said.clear()
            if remains.pids:
                kept.append(remains)
        self._remains = kept

    def _orphans(self) -> dict[int, process_trees.Process]:
        """Return the processes below this one that are neither workers nor below one."""
        if not process_trees.has_children():
            # It would have adopted them.
            return {}
        everything = list(process_trees.all_processes().values())
        theirs = {process.pid for process in process_trees.descendants(self._workers, everything)}.union(self._workers)
        below = process_trees.descendants([os.getpid()], everything)
        return {process.pid: process for process in below if not process.is_zombie and process.pid not in theirs}

    def seconds_left(self) -> float | None:
        """Return the seconds until something is to be done, unless a child ends; None: nothing."""
        deadlines = [*self._kill_at.values(), *(remains.deadline for remains in self._remains)]
        return max(_MOMENT, min(deadlines) - time.monotonic()) if deadlines else None
