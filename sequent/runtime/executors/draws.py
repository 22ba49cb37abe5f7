"""Which worker has the iterator of which repeat, so that a draw goes to where the last one went."""

from __future__ import annotations

import attrs
from attrs import define

from sequent.runtime.executors.crew import Worker
from sequent.runtime.ports import DrawBroke, DrawOrder, ItemFound, RepeatFound

MOST_DRAWING = 4
"""Workers that draw: a small set of their own, so that a draw never waits behind a step."""


@define
class _Draw:
    """A repeat whose items are being found: the order that began it, and who has its iterator."""

    first: DrawOrder
    worker: Worker | None = None


class Draws:
    """The repeats under way whose items a callable gives."""

    def __init__(self) -> None:
        self._draws: dict[tuple[int, int], _Draw] = {}

    def place(self, order: DrawOrder, workers: list[Worker]) -> Worker | None:
        """Queue the order with the worker that has its iterator, or any; None where one is to be started."""
        draw = self._draws.get((order.frame, order.node))
        if draw is not None and draw.worker is not None and order.number:
            self.assign(order, draw.worker)
            return draw.worker
        free = [worker for worker in workers if worker.order is None and not worker.queue]
        if not free and len(workers) < MOST_DRAWING:
            return None
        chosen = free[0] if free else min(workers, key=lambda worker: len(worker.queue))
        self.assign(order, chosen)
        return chosen

    def assign(self, order: DrawOrder, worker: Worker) -> None:
        """Queue the order with that worker, which gets the iterator."""
        key = (order.frame, order.node)
        if order.number == 0 or key not in self._draws:
            self._draws[key] = _Draw(order)
        draw = self._draws[key]
        draw.worker = worker
        # Whoever draws may have to make the iterator anew: each order says all that this takes.
        worker.queue.append(attrs.evolve(draw.first, number=order.number, skip=order.skip))

    def answered(self, report: RepeatFound | ItemFound | DrawBroke) -> None:
        """Forget a repeat of which there is nothing more to draw."""
        match report:
            case RepeatFound(items=str()) | ItemFound(item=None) | DrawBroke():
                self._draws.pop((report.frame, report.node), None)
            case _:
                pass

    def forget(self, frame: int, node: int) -> Worker | None:
        """The repeat has settled; give the worker that has its iterator."""
        draw = self._draws.pop((frame, node), None)
        return None if draw is None else draw.worker

    def orphaned(self, dead: Worker) -> list[DrawOrder]:
        """What the dead worker still had to draw; its iterators belong to nobody now."""
        for draw in self._draws.values():
            if draw.worker is dead:
                draw.worker = None
        orders = [dead.order] if isinstance(dead.order, DrawOrder) else []
        orders += dead.queue
        dead.queue.clear()
        return orders

    def take_all(self) -> list[DrawOrder]:
        """Give up on all repeats under way."""
        orders = [draw.first for draw in self._draws.values()]
        self._draws.clear()
        return orders
