"""Attempts of quick steps that workers get ahead of their turn, and that are taken back from slow workers."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence

from sequent.model.effects import AHEAD
from sequent.runtime.executors.workers import Worker
from sequent.runtime.orders import AttemptOrder, PaceChanged

LONG = 0.05
"""Seconds after which unread orders are taken back from a worker that is still busy with the same attempt."""
QUICK = 0.005
"""Seconds below which a task is quick."""
SEVERAL = 8
"""Quick tasks in a row that make their step quick."""


class StepPace:
    """Which steps are quick: the last several tasks were, and a single slow one ends that."""

    def __init__(self) -> None:
        self._in_a_row: dict[int, int] = {}

    def is_quick(self, node: int) -> bool:
        """Return whether the step's recent tasks took hardly any time."""
        return self._in_a_row.get(node, 0) >= SEVERAL

    def took(self, node: int, seconds: float) -> PaceChanged | None:
        """Note that a task of the step took that long; return the change if it changes the step's pace."""
        count = self._in_a_row.get(node, 0)
        if seconds >= QUICK:
            self._in_a_row[node] = 0
            return PaceChanged(node, is_quick=False) if count >= SEVERAL else None
        if count >= SEVERAL:
            return None
        self._in_a_row[node] = count + 1
        return PaceChanged(node, is_quick=True) if count + 1 == SEVERAL else None


def deal_out(waiting: deque[AttemptOrder], workers: Sequence[Worker], pace: StepPace, most_attempts: int) -> None:
    """Give waiting attempts of quick steps to workers that soon will be idle, so that each has as much to do.

    Args:
        waiting: the attempts; those that are given are taken from it.
        workers: all workers that execute attempts.
        pace: knows which steps are quick.
        most_attempts: the number of attempts that each worker is given in its life.
    """
    if not waiting or not pace.is_quick(waiting[0].node):
        return
    soon = sorted((worker for worker in workers if _is_soon_idle(worker, pace)), key=lambda worker: len(worker.held))
    for place, worker in enumerate(soon):
        # The workers after this one hold no less; share all attempts evenly among them.
        rest = len(waiting) + sum(len(other.held) for other in soon[place:])
        share = min(-(-rest // (len(soon) - place)), AHEAD, most_attempts - worker.ended)
        for _ in range(share - len(worker.held)):
            # It must be quick, and one packet for which there is room.
            if not (waiting and pace.is_quick(waiting[0].node) and worker.give_ahead(waiting[0])):
                break
            waiting.popleft()


def _is_soon_idle(worker: Worker, pace: StepPace) -> bool:
    return (
        bool(worker.held)
        and pace.is_quick(worker.held[0].node)
        and not (worker.is_gone or worker.is_slow or worker.may_be_torn)
    )


def seconds_left(workers: Sequence[Worker]) -> float | None:
    """Return the seconds until a worker that holds more has been busy for long; None if there is no such worker."""
    begun = [worker.since for worker in workers if len(worker.held) > 1 and not worker.is_slow]
    return max(0.0, min(begun) + LONG - time.monotonic()) if begun else None


def busy_for_long(workers: Sequence[Worker]) -> list[Worker]:
    """Return the workers that hold more and have been busy with the same attempt for long."""
    latest = time.monotonic() - LONG
    return [worker for worker in workers if len(worker.held) > 1 and worker.since <= latest and not worker.is_slow]
