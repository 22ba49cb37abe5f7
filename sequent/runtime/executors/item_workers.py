"""Which worker has the iterator of which repeat, so that a draw goes to where the last one went."""

from __future__ import annotations

from collections.abc import Callable

from attrs import define
from msgspec.structs import replace

from sequent.runtime.executors.workers import Worker
from sequent.runtime.messages import ForgetRepeat
from sequent.runtime.orders import MOST_DRAWING, DrawBroke, DrawOrder, ItemFound, RepeatFound


@define
class _Draw:
    """A repeat whose items are being found: the order that began it, and who has its iterator."""

    first: DrawOrder
    worker: Worker | None = None


class ItemWorkers:
    """The repeats under way whose items a callable gives.

    Args:
        spawn: has a worker started that draws.
    """

    def __init__(self, spawn: Callable[[], Worker]) -> None:
        self._spawn = spawn
        self._workers: list[Worker] = []
        self._draws: dict[tuple[int, int], _Draw] = {}
        self._homeless: list[DrawOrder] = []

    def add(self, order: DrawOrder) -> None:
        """Give the order to the worker that has its iterator; to any, where nobody has."""
        key = (order.frame, order.node)
        draw = self._draws.get(key)
        if draw is None or order.number == 0:
            draw = self._draws[key] = _Draw(order)
        if draw.worker is None:
            draw.worker = self._any()
        # Whoever draws may have to make the iterator anew: each order says all that this takes.
        draw.worker.queue.append(replace(draw.first, number=order.number, skip=order.skip))
        self.hand_over(draw.worker)

    def hand_over(self, worker: Worker) -> None:
        """Give an idle worker what is next for it."""
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
        """Forget a repeat of which there is nothing more to draw."""
        match report:
            case RepeatFound(items=str()) | ItemFound(item=None) | DrawBroke():
                self._draws.pop((report.frame, report.node), None)
            case _:
                pass

    def forget(self, frame: int, node: int) -> None:
        """The repeat has settled: nobody will ask for its items any more."""
        draw = self._draws.pop((frame, node), None)
        if draw is not None and draw.worker is not None and draw.worker.link is not None:
            draw.worker.link.tell(ForgetRepeat(frame, node))

    def recall(self, worker: Worker) -> None:
        """Have what a dead worker had not read be next again."""
        worker.queue.extendleft(order for order in worker.take_unread() if isinstance(order, DrawOrder))

    def leave(self, dead: list[Worker]) -> None:
        """Note what dead workers had to do: others will, and make their iterators anew where they were."""
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
        """Give out again what dead workers had to do."""
        while self._homeless:
            self.add(self._homeless.pop(0))

    def take_all(self) -> list[DrawOrder]:
        """Give up on all that nobody has begun."""
        orders, self._homeless = self._homeless, []
        for worker in self._workers:
            orders += worker.queue
            worker.queue.clear()
        return orders
