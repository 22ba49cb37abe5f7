"""How workers are ended for certain: TERM, a grace, KILL; and what they leave behind, until none of it runs."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Collection

from attrs import define, field

from sequent.runtime.messages.message_types import WorkerEnded
from sequent.runtime.processes import process_trees

_MOMENT = 0.02
"""Seconds until it is looked again whether what was killed has gone; it may have been forking."""
_STUCK = 10.0
"""Seconds after which nobody waits any more for what was killed: it is stuck in the kernel (a dead network disk)."""


@define(eq=False)
class _Remains:
    """What workers that had ended at one moment left behind: who did not matters no more."""

    said: list[WorkerEnded]
    """What is said of these workers once nothing of it runs."""
    deadline: float
    """When it has no grace any more."""
    pids: set[int] = field(factory=set[int])


class WorkerEndings:
    """The workers of an agent that are being ended, and what ended ones have left behind.

    The agent is the parent of whatever its dead workers had started, so nothing of it gets away. An ended worker is
    told of once all of that has gone: then whoever hears of it may start the next attempt.

    Args:
        workers: the workers that live, by pid.
        say: tells the driver something.
    """

    def __init__(self, workers: Collection[int], say: Callable[[WorkerEnded], None]) -> None:
        self._workers = workers
        self._say = say
        self._kill_at: dict[int, float] = {}
        """When each worker that is being ended gets no more grace, by pid."""
        self._remains: list[_Remains] = []

    def begin(self, pids: list[int], grace: float) -> None:
        """End these workers, with all below them."""
        deadline = time.monotonic() + grace
        for pid in pids:
            self._kill_at[pid] = min(deadline, self._kill_at.get(pid, deadline))
        if grace > 0:
            # What has stopped itself would hear of it only when it goes on.
            process_trees.signal_trees(pids, signal.SIGTERM, signal.SIGCONT)
        for remains in self._remains:
            remains.deadline = min(remains.deadline, deadline)

    def ended(self, said: dict[int, WorkerEnded]) -> None:
        """Workers have ended; ``said`` is what is to be said of each, by pid."""
        now = time.monotonic()
        deadlines = [self._kill_at.pop(pid, now) for pid in said]
        remains = _Remains(list(said.values()), max(deadlines))
        self._remains.append(remains)
        # Whose these are nobody can tell once several have ended: they are everybody's.
        self._look()

    def enforce(self) -> None:
        """Kill what has had its grace, and tell of the workers of whom nothing is left."""
        now = time.monotonic()
        due = [pid for pid, deadline in self._kill_at.items() if deadline <= now]
        process_trees.signal_trees(due, signal.SIGKILL)
        if self._remains:
            self._look()

    def _look(self) -> None:
        """See what is left of dead workers, kill what of it has had its grace, and tell of those that left nothing."""
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
        """What runs below this process and is neither a worker nor below one."""
        everything = list(process_trees.all_processes().values())
        theirs = {process.pid for process in process_trees.descendants(self._workers, everything)}.union(self._workers)
        below = process_trees.descendants([os.getpid()], everything)
        return {process.pid: process for process in below if not process.is_zombie and process.pid not in theirs}

    def seconds_left(self) -> float | None:
        """How long nothing is to be done, unless a child ends; None: for ever."""
        deadlines = [*self._kill_at.values(), *(remains.deadline for remains in self._remains)]
        return max(_MOMENT, min(deadlines) - time.monotonic()) if deadlines else None
