"""Which attempts wait for a worker, and which worker holds which."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Container

from sequent.model.effects import AHEAD
from sequent.runtime.executors.step_pace import StepPace
from sequent.runtime.executors.workers import Worker
from sequent.runtime.orders import AttemptOrder

LONG = 0.05
"""Seconds after which what a worker has not read is taken back, if it is still busy with the same attempt."""


class Assignments:
    """Gives attempts to idle workers; where there is none, and as many as there may be, to those that are soon.

    A worker is soon idle where it executes a quick step. It executes one attempt at a time, whatever it holds, so no
    more are being executed than there are workers. What it has not read is taken back once that is not to be soon.

    Args:
        most_workers: how many workers there may be.
        most_attempts: how many attempts each is given in its life.
        pace: which steps are quick.
    """

    def __init__(
        self,
        *,
        most_workers: int,
        most_attempts: int,
        pace: StepPace,
    ) -> None:
        self.waiting: deque[AttemptOrder] = deque()
        self.workers: list[Worker] = []
        """All that execute attempts, from their order to be started."""
        self._most_workers = most_workers
        self._most_attempts = most_attempts
        self._pace = pace
        self._idle: list[Worker] = []

    @property
    def has_idle(self) -> bool:
        """Whether somebody waits for an attempt."""
        return bool(self._idle)

    # -- handing over

    def hand_over(self) -> None:
        """Give what waits to who is idle, and what is quick to who soon will be."""
        while self.waiting and self._idle:
            self._give(self._idle.pop(), self.waiting.popleft())
        if self.waiting and self._pace.is_quick(self.waiting[0].node):
            self._hand_over_ahead()

    def _give(self, worker: Worker, order: AttemptOrder) -> None:
        if not worker.held:
            worker.since = time.monotonic()
        worker.give(order)

    def _hand_over_ahead(self) -> None:
        """Deal out what waits, so that each has as much to do as the others."""
        soon = sorted(filter(self._is_soon_idle, self.workers), key=lambda worker: len(worker.held))
        for place, worker in enumerate(soon):
            # Those after this one hold no less: what there is in all, evenly.
            rest = len(self.waiting) + sum(len(other.held) for other in soon[place:])
            share = min(-(-rest // (len(soon) - place)), AHEAD, self._most_attempts - worker.ended)
            for _ in range(share - len(worker.held)):
                if not (self.waiting and self._give_ahead(worker)):
                    break

    def _is_soon_idle(self, worker: Worker) -> bool:
        return (
            bool(worker.held)
            and self._pace.is_quick(worker.held[0].node)
            and not (worker.is_gone or worker.is_slow or worker.may_be_torn)
        )

    def _give_ahead(self, worker: Worker) -> bool:
        """Give it what waits first, if that is quick, and one packet for which there is room."""
        order = self.waiting[0]
        if not self._pace.is_quick(order.node) or not worker.give_ahead(order):
            return False
        self.waiting.popleft()
        return True

    def missing(self) -> int:
        """How many workers are to be started."""
        starting = sum(not worker.is_loaded for worker in self.workers)
        return min(len(self.waiting) - starting, self._most_workers - len(self.workers))

    # -- what becomes of workers

    def rest(self, worker: Worker) -> None:
        """A worker has loaded the flow."""
        self._idle.append(worker)

    def has_ended(self, worker: Worker) -> bool:
        """A worker has ended what it held first; say whether it is to make way for another."""
        worker.held.popleft()
        worker.ended += 1
        worker.is_slow = worker.has_announced = False
        worker.since = time.monotonic()
        if worker.held or worker.is_gone:
            return False
        if worker.ended >= self._most_attempts:
            return True
        self._idle.append(worker)
        return False

    def leave(self, worker: Worker) -> None:
        """A worker is gone, or is given nothing more."""
        if worker in self.workers:
            self.workers.remove(worker)
        if worker in self._idle:
            self._idle.remove(worker)

    # -- taking back

    def recall(self, worker: Worker) -> None:
        """Have what a worker has not read wait again, before all that came later."""
        if not worker.is_gone and worker.may_be_torn:
            # It may be reading it this moment.
            return
        unread = [order for order in worker.take_unread() if isinstance(order, AttemptOrder)]
        self.waiting.extendleft(reversed(unread))
        if unread and not worker.held and not worker.is_gone:
            self._idle.append(worker)

    def recall_all(self) -> None:
        """The same, of all that hold more than they execute."""
        for worker in self.workers:
            if len(worker.held) > 1:
                self.recall(worker)

    def take_back(self, keys: Container[tuple[int, int, int]]) -> list[AttemptOrder]:
        """Of these attempts (by frame, node and number), take away what has not begun."""
        for worker in self.workers:
            if any(isinstance(order, AttemptOrder) and _key(order) in keys for order in worker.held):
                self.recall(worker)
        found = [order for order in self.waiting if _key(order) in keys]
        self.waiting = deque(order for order in self.waiting if _key(order) not in keys)
        return found

    def take_excess(self) -> list[AttemptOrder]:
        """Where one has turned out to be slow, take away what came ahead, but for what can be begun at once."""
        if not any(worker.is_slow for worker in self.workers):
            return []
        busy = sum(bool(worker.held) for worker in self.workers)
        kept: deque[AttemptOrder] = deque()
        excess: list[AttemptOrder] = []
        for order in self.waiting:
            can_begin = len(kept) < self._most_workers - busy
            (kept if can_begin or self._pace.is_quick(order.node) else excess).append(order)
        self.waiting = kept
        return excess

    def take_all(self) -> list[AttemptOrder]:
        """Take away all that has not begun."""
        for worker in self.workers:
            if worker.held:
                self.recall(worker)
        return self.take_waiting()

    def take_waiting(self) -> list[AttemptOrder]:
        """Take away what no worker holds."""
        found = [*self.waiting]
        self.waiting.clear()
        return found

    # -- slow ones

    def seconds_left(self) -> float | None:
        """How long it takes until a worker has been busy for long that holds more; None where none does."""
        begun = [worker.since for worker in self.workers if len(worker.held) > 1 and not worker.is_slow]
        return max(0.0, min(begun) + LONG - time.monotonic()) if begun else None

    def busy_for_long(self) -> list[Worker]:
        """The workers that hold more and have been busy with the same attempt for long."""
        latest = time.monotonic() - LONG
        return [
            worker for worker in self.workers if len(worker.held) > 1 and worker.since <= latest and not worker.is_slow
        ]


def _key(order: AttemptOrder) -> tuple[int, int, int]:
    return order.frame, order.node, order.attempt
