"""Where the values of references come from while a flow runs: results, items and parameters, as wire text."""

from __future__ import annotations

from itertools import islice

from attrs import define, field

from sequent.model.items import Items
from sequent.model.plan import ContainerPlan, Input, ItemInput, ParamInput, Plan, ResultInput, StepPlan
from sequent.model.scope import Scope
from sequent.model.status import Status
from sequent.runtime.ports import DrivenRun
from sequent.runtime.rows import FrameKey, TaskKey


@define
class OpenItems:
    """The items of one repeat under way: all of them, or those that were drawn and are in use."""

    items: Items | None = None
    drawn: dict[int, str] = field(factory=dict[int, str])


class Values:
    """Finds the text of any value that a step's order needs.

    Nothing is decoded here: results pass through the driver as the text that a worker wrote.
    """

    def __init__(self, plan: Plan, run: DrivenRun) -> None:
        self._plan = plan
        self._run = run
        self._repeats: dict[tuple[int, int], OpenItems] = {}
        self._repeating = _nearest_repeats(plan)

    def open_repeat(self, frame: int, node: int, items: Items | None) -> None:
        """Remember the items of a repeat that begins; None where they are drawn one at a time."""
        self._repeats[frame, node] = OpenItems(items)

    def add_item(self, frame: int, node: int, number: int, item: str) -> None:
        """Remember an item that was drawn."""
        self._repeats[frame, node].drawn[number] = item

    def drop_item(self, frame: int, node: int, number: int) -> None:
        """Forget the item of an iteration that has settled."""
        repeat = self._repeats.get((frame, node))
        if repeat is not None:
            repeat.drawn.pop(number, None)

    def close_repeat(self, frame: int, node: int) -> None:
        """Forget a repeat that has settled."""
        self._repeats.pop((frame, node), None)

    def item_of(self, scope: Scope) -> str | None:
        """The item of the nearest repeat around, or None where there is none."""
        container = self._repeating[scope.node]
        return None if container is None else self._item(scope, container)

    def drawn_item(self, scope: Scope) -> str | None:
        """The item of this very iteration, where it was drawn and so is kept with it."""
        if scope.parent is None:
            return None
        repeat = self._repeats.get((scope.parent.id, scope.node))
        return None if repeat is None or repeat.items is not None else self._item(scope, scope.node)

    def attributes(self, scope: Scope, attributes: tuple[tuple[str, Input], ...]) -> tuple[tuple[str, str], ...]:
        """What ``self`` shows."""
        return tuple((name, self.text_of(scope, value)) for name, value in attributes)

    def text_of(self, scope: Scope, value: Input) -> str:
        """The text of a value, as seen from an iteration."""
        match value:
            case ResultInput():
                owner = _around(scope, self._plan.nodes[value.node].parent)
                return self.result(owner.id, value.node) or "null"
            case ItemInput():
                return self._item(scope, value.container)
            case ParamInput():
                return self._plan.params[value.name]

    def result(self, frame: int, node: int) -> str | None:
        """The result of a step or container within a stored frame; None where it has none."""
        found = self._plan.nodes[node]
        if isinstance(found, StepPlan):
            return self._run.result(TaskKey(frame, node, 0))
        if found.wraps:
            texts = [text for _, text in self._run.results(frame, found.children[0])]
        else:
            texts = self._results_inside(frame, found)
            if found.repeats is None:
                return texts[0] if texts else None
        return f"[{','.join(texts)}]"

    def _results_inside(self, frame: int, container: ContainerPlan) -> list[str]:
        if container.result is None:
            return []
        child = container.children[container.result]
        texts: list[str] = []
        for _, inner, status in self._run.frames(frame, container.index):
            text = self.result(inner, child) if status is Status.SUCCESS else None
            if text is not None:
                texts.append(text)
        return texts

    def _item(self, scope: Scope, container: int) -> str:
        around = _around(scope, container)
        if around.parent is None:
            raise AssertionError("the root has no item")
        repeat = self._repeats[around.parent.id, container]
        if repeat.items is not None:
            return repeat.items[around.number - 1]
        text = repeat.drawn.get(around.number)
        if text is None:
            text = self._stored_item(around, around.parent) or "null"
            repeat.drawn[around.number] = text
        return text

    def _stored_item(self, scope: Scope, parent: Scope) -> str | None:
        """The item with which an earlier recovery began this iteration."""
        container = self._plan.nodes[scope.node]
        if isinstance(container, ContainerPlan) and container.wraps:
            drawn = self._run.drawn_items(parent.id, scope.node, container.children[0])
            return next(islice(drawn, scope.number - 1, None), None)
        return self._run.item(FrameKey(parent.id, scope.node, scope.number))


def _around(scope: Scope, container: int) -> Scope:
    around: Scope | None = scope
    while around is not None and around.node != container:
        around = around.parent
    if around is None:
        raise AssertionError(f"container {container} is not around {scope}")
    return around


def _nearest_repeats(plan: Plan) -> dict[int, int | None]:
    """Per container: itself, or the nearest container around it, that repeats."""
    nearest: dict[int, int | None] = {-1: None}
    for node in plan.nodes:
        if isinstance(node, ContainerPlan):
            nearest[node.index] = node.index if node.repeats is not None else nearest[node.parent]
    return nearest
