"""The items of callables, as far as earlier recoveries have kept them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sequent.model.effects import OpenRepeat
from sequent.model.items import digest_of
from sequent.model.plan import Plan
from sequent.runtime.ports import ReadRun


class OpenedRepeat(NamedTuple):
    """A repeat of a callable."""

    order: OpenRepeat
    digest: str
    """The digest of the items that earlier recoveries have kept."""
    missing: tuple[int, ...]
    """The numbers of iterations without an item that have not begun, though later ones have: they are held, or wait."""


def look_back(plan: Plan, run: ReadRun, order: OpenRepeat) -> OpenedRepeat:
    """Look at the items that attempts or iterations have kept."""
    container = plan.container(order.node)
    step = container.children[0] if container.wraps else None
    missing: list[int] = []

    def items() -> Iterator[str]:
        due = 1
        for number, item in run.drawn_items(order.scope.id, order.node, step):
            missing.extend(range(due, number))
            due = number + 1
            yield item
        missing.extend(range(due, order.drawn + 1))

    digest = digest_of(items()) if order.drawn else ""
    return OpenedRepeat(order, digest, tuple(missing))
