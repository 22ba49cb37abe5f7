"""The orders of a run on this host that have no end yet: those that are executed, and those that wait for these."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator

from msgspec.structs import replace

from sequent.model.story import StoryPart
from sequent.runtime.host_agent.log_streams import Place
from sequent.runtime.orders import AttemptOrder

_Task = tuple[str, str]
"""The path with the host, and the numbers of the iterations."""


class ActiveOrders:
    """The orders that are executed, by token, each under a frame of its own.

    The frames of drivers would not do: a recovery may number a task as its predecessor numbered another one.
    """

    def __init__(self) -> None:
        self._orders: dict[str, AttemptOrder] = {}
        self._frames = itertools.count(1)
        self._tokens: dict[int, str] = {}
        """By frame."""
        self._places: dict[Place, str] = {}
        self._stories: dict[int, tuple[StoryPart, ...]] = {}
        """By frame, the notes and artifacts of an attempt whose end follows."""

    def __contains__(self, token: str) -> bool:
        return token in self._orders

    def __iter__(self) -> Iterator[AttemptOrder]:
        return iter([*self._orders.values()])

    def __len__(self) -> int:
        return len(self._orders)

    def add(self, order: AttemptOrder) -> AttemptOrder:
        """Note an order; return it with its frame on this host."""
        order = replace(order, frame=next(self._frames))
        self._orders[order.token] = order
        self._tokens[order.frame] = order.token
        self._places[order.located, order.sequence, order.attempt] = order.token
        return order

    def get(self, token: str) -> AttemptOrder | None:
        """Return the order with this token; None if there is none."""
        return self._orders.get(token)

    def token_of(self, frame: int) -> str:
        """Return the token of the order with this frame."""
        return self._tokens[frame]

    def token_at(self, place: Place) -> str:
        """Return the token of the attempt at a place; '' if there is none."""
        return self._places.get(place, "")

    def tell(self, frame: int, parts: tuple[StoryPart, ...]) -> None:
        """Keep the notes and artifacts of the attempt with this frame."""
        self._stories[frame] = parts

    def story_of(self, frame: int) -> tuple[StoryPart, ...]:
        """Return the notes and artifacts of the attempt with this frame."""
        return self._stories.get(frame, ())

    def pop(self, frame: int) -> AttemptOrder:
        """Remove the order with this frame, and return it."""
        self._stories.pop(frame, None)
        order = self._orders.pop(self._tokens.pop(frame))
        self._places.pop((order.located, order.sequence, order.attempt), None)
        return order

    def clear(self) -> None:
        """Remove all orders."""
        self._orders.clear()
        self._tokens.clear()
        self._places.clear()
        self._stories.clear()


class HeldOrders:
    """The orders of tasks with an attempt that goes on: two attempts of a task are never executed at once."""

    def __init__(self) -> None:
        self._busy: set[_Task] = set()
        """The tasks with an attempt that is executed."""
        self._orders: list[AttemptOrder] = []

    def __len__(self) -> int:
        return len(self._orders)

    def __contains__(self, token: str) -> bool:
        return any(order.token == token for order in self._orders)

    def hold(self, order: AttemptOrder) -> bool:
        """Hold an order if an attempt of its task is executed; return whether it is held.

        If it is not, the order is expected to be executed now.
        """
        task = _task(order)
        if task in self._busy:
            self._orders.append(order)
            return True
        self._busy.add(task)
        return False

    def release(self, ended: AttemptOrder) -> AttemptOrder | None:
        """Return the order that is to be executed after this attempt, which has ended; None if there is none."""
        task = _task(ended)
        following = next((order for order in self._orders if _task(order) == task), None)
        if following is None:
            self._busy.discard(task)
        else:
            self._orders.remove(following)
        return following

    def clear(self) -> list[AttemptOrder]:
        """Note that no attempt is executed any more; return the orders that were held, and hold them no longer."""
        self._busy.clear()
        return self.keep(())

    def take_back(self, token: str) -> AttemptOrder | None:
        """Remove the order with this token, and return it; None if there is none."""
        return next(iter(self._remove({token})), None)

    def keep(self, tokens: Collection[str]) -> list[AttemptOrder]:
        """Keep only the orders with these tokens; return the others."""
        return self._remove({order.token for order in self._orders if order.token not in tokens})

    def _remove(self, tokens: set[str]) -> list[AttemptOrder]:
        removed = [order for order in self._orders if order.token in tokens]
        self._orders = [order for order in self._orders if order.token not in tokens]
        return removed


def _task(order: AttemptOrder) -> _Task:
    """Return the task of an attempt, which is the same in a repeat that was opened anew."""
    return order.located, order.sequence
