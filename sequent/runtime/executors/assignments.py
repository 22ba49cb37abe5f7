"""Which attempts wait for a worker, and which worker holds which attempts."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Container

from sequent.runtime.executors.handing_ahead import StepPace, deal_out
from sequent.runtime.executors.workers import Worker
from sequent.runtime.orders import AttemptKey, AttemptOrder


class Assignments:
    """Gives attempts to idle workers; if none is idle and no more may be started, to workers that soon will be.

    A worker that executes a quick step is soon idle. It executes one attempt at a time, whatever it holds, so no more
    attempts are executed than there are workers. Orders that it has not read are taken back once it turns out to be
    slow.

    Args:
        most_workers: the largest number of workers.
        most_attempts: the number of attempts that each worker is given in its life.
        pace: knows which steps are quick.
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
        """All workers that execute attempts, from the order to start them on."""
        self._most_workers = most_workers
        self._most_attempts = most_attempts
        self._pace = pace
        self._idle: list[Worker] = []

    @property
    def has_idle(self) -> bool:
        """Whether a worker waits for an attempt."""
        return bool(self._idle)

    # -- handing over

    def hand_over(self) -> None:
        """Give waiting attempts to idle workers, and quick ones also to workers that soon will be idle."""
        while self.waiting and self._idle:
            self._give(self._idle.pop(), self.waiting.popleft())
        deal_out(self.waiting, self.workers, self._pace, self._most_attempts)

    def _give(self, worker: Worker, order: AttemptOrder) -> None:
        if not worker.held:
            worker.since = time.monotonic()
        worker.give(order)

    def executing(self, key: AttemptKey) -> Worker | None:
        """Return the worker that executes that attempt; None: none does."""
        for worker in self.workers:
            if worker.held and isinstance(order := worker.held[0], AttemptOrder) and _key(order) == key:
                return worker
        return None

    def missing(self) -> int:
        """Return how many workers are to be started."""
        starting = sum(not worker.is_loaded for worker in self.workers)
        return min(len(self.waiting) - starting, self._most_workers - len(self.workers))

    # -- the ends of workers

    def rest(self, worker: Worker) -> None:
        """Count a worker as idle that has loaded the flow."""
        self._idle.append(worker)

    def has_ended(self, worker: Worker) -> bool:
        """Note that a worker has ended its first attempt; return whether another worker is to replace it."""
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

    def spend(self, worker: Worker) -> None:
        """Replace a worker by another once it has ended its attempts."""
        worker.ended = self._most_attempts

    def leave(self, worker: Worker) -> None:
        """Forget a worker that has ended, or that gets no more attempts."""
        if worker in self.workers:
            self.workers.remove(worker)
        if worker in self._idle:
            self._idle.remove(worker)

    # -- taking back

    def recall(self, worker: Worker) -> None:
        """Put a worker's unread attempts back in the queue, before all later ones."""
        if not worker.is_gone and worker.may_be_torn:
            # It may be reading it at this moment.
            return
        unread = [order for order in worker.take_unread() if isinstance(order, AttemptOrder)]
        self.waiting.extendleft(reversed(unread))
        if unread and not worker.held and not worker.is_gone:
            self._idle.append(worker)

    def recall_all(self) -> None:
        """Recall the attempts of all workers that hold more than they execute."""
        for worker in self.workers:
            if len(worker.held) > 1:
                self.recall(worker)

    def take_back(self, keys: Container[tuple[int, int, int]]) -> list[AttemptOrder]:
        """Take away those of these attempts (by frame, node and number) that have not begun."""
        for worker in self.workers:
            if any(isinstance(order, AttemptOrder) and _key(order) in keys for order in worker.held):
                self.recall(worker)
        orders = [order for order in self.waiting if _key(order) in keys]
        self.waiting = deque(order for order in self.waiting if _key(order) not in keys)
        return orders

    def take_excess(self) -> list[AttemptOrder]:
        """If a step has turned out to be slow, take away its attempts that came ahead and cannot begin at once."""
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
        """Take away all attempts that have not begun."""
        for worker in self.workers:
            if worker.held:
                self.recall(worker)
        return self.take_waiting()

    def take_waiting(self) -> list[AttemptOrder]:
        """Take away the attempts that no worker holds."""
        orders = [*self.waiting]
        self.waiting.clear()
        return orders


def _key(order: AttemptOrder) -> AttemptKey:
    return order.frame, order.node, order.attempt
