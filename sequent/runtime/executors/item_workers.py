"""Which worker has the iterator of which repeat, so that a draw goes to the worker of the last draw."""

from __future__ import annotations

from collections.abc import Callable

from attrs import define
from msgspec.structs import replace

from sequent.runtime.executors.workers import Worker
from sequent.runtime.messages.message_types import ForgetRepeat
from sequent.runtime.orders import MOST_DRAWING, DrawBroke, DrawOrder, ItemFound, RepeatFound


@define
class _Draw:
    """A repeat whose items are being found: its first order, and the worker that has its iterator."""

    first: DrawOrder
    worker: Worker | None = None


class ItemWorkers:
    """The repeats under way whose items come from callables.

    Args:
        spawn: starts a worker for draws.
    """

    def __init__(self, spawn: Callable[[], Worker]) -> None:
        self._spawn = spawn
        self._workers: list[Worker] = []
        self._draws: dict[tuple[int, int], _Draw] = {}
        self._homeless: list[DrawOrder] = []

    def add(self, order: DrawOrder) -> None:
        """Give the order to the worker that has its iterator, or to any if none has."""
        key = (order.frame, order.node)
        draw = self._draws.get(key)
        if draw is None or order.number == 0:
            draw = self._draws[key] = _Draw(order)
        if draw.worker is None:
            draw.worker = self._any()
        # The worker may have to make the iterator anew, so each order contains all that this takes.
        draw.worker.queue.append(replace(draw.first, number=order.number, skip=order.skip))
        self.hand_over(draw.worker)

    def hand_over(self, worker: Worker) -> None:
        """Give an idle worker its next order."""
        if worker.is_idle and worker.queue:
            order = worker.queue.popleft()
            worker.give(order)

    def _any(self) -> Worker:
        free = [worker for worker in self._workers if not (worker.held or worker.queue)]
        if not free and len(self._workers) < MOST_DRAWING:
            worker = self._spawn()
            self._workers.append(worker)
            return worker
        return free[0] if free else min(self._workers, key=lambda worker: len(worker.queue))

    def answered(self, report: RepeatFound | ItemFound | DrawBroke) -> None:
        """Forget a repeat that has no more items."""
        match report:
            case RepeatFound(items=str()) | ItemFound(item=None) | DrawBroke():
                self._draws.pop((report.frame, report.node), None)
            case _:
                pass

    def forget(self, frame: int, node: int) -> None:
        """Forget a repeat that has settled, and let its worker drop the iterator."""
        draw = self._draws.pop((frame, node), None)
        if draw is not None and draw.worker is not None and draw.worker.link is not None:
            draw.worker.link.tell(ForgetRepeat(frame, node))

    def recall(self, worker: Worker) -> None:
        """Put a dead worker's unread orders back at the head of its queue."""
        worker.queue.extendleft(order for order in worker.take_unread() if isinstance(order, DrawOrder))

    def leave(self, dead: list[Worker]) -> None:
        """Note the orders of dead workers: others will carry them out, and make the iterators anew."""
        orders: list[DrawOrder] = []
        for worker in dead:
            if worker in self._workers:
                self._workers.remove(worker)
            orders += [order for order in worker.held if isinstance(order, DrawOrder)]
            orders += worker.queue
        for draw in self._draws.values():
            if draw.worker in dead:
                draw.worker = None
        self._homeless += orders

    def place_homeless(self) -> None:
        """Give the orders of dead workers to others."""
        while self._homeless:
            self.add(self._homeless.pop(0))

    def take_all(self) -> list[DrawOrder]:
        """Take away all orders that have not begun."""
        orders, self._homeless = self._homeless, []
        for worker in self._workers:
            orders += worker.queue
            worker.queue.clear()
        return orders
