"""The sources of referenced values while a flow runs: results, items and parameters, as wire text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain

from attrs import define, field

from sequent.model.compounds import composed
from sequent.model.inputs import (
    CompoundInput,
    FailuresInput,
    Input,
    ItemInput,
    LiteralInput,
    ParamInput,
    PartInput,
    PreviousInput,
    ResultInput,
    ResultOrInput,
)
from sequent.model.items import Items
from sequent.model.json_text import text_of
from sequent.model.plan import ContainerPlan, Plan
from sequent.model.scope import Scope
from sequent.model.value_text import part_of
from sequent.runtime.driver.failures_input import failures_text
from sequent.runtime.driver.stored_results import Gathering
from sequent.runtime.messages.spools import joined
from sequent.runtime.orders import Composed, Cut, Given, Spooled
from sequent.runtime.ports import ReadRun
from sequent.runtime.rows import FrameKey


@define
class OpenItems:
    """The items of one repeat under way: all of them, or those that were drawn and are in use."""

    items: Items | None = None
    drawn: dict[int, str] = field(factory=dict[int, str])
    seen_in: int = 0
    """The last iteration that has asked for the result before it; ``seen`` is the answer."""
    seen: str | None = None


ToFile = Callable[[Iterator[str]], Spooled]
"""Writes a list to a file, from the pieces of its text."""

MOST_HELD = 1_000
"""The most pieces of a list that an order itself contains, ..."""
LARGEST_HELD = 1024 * 1024
"""... and the most characters."""


class Values:
    """Finds the text of any value that a step's order needs.

    Nothing is decoded here: results pass through the driver as the text that a worker wrote.
    """

    def __init__(self, plan: Plan, run: ReadRun) -> None:
        self._plan = plan
        self._run = run
        self._gathering = Gathering(plan, run)
        self._repeats: dict[tuple[int, int], OpenItems] = {}
        self._repeating = _nearest_repeats(plan)

    def open_repeat(self, frame: int, node: int, items: Items | None) -> None:
        """Remember the items of a repeat that begins; None if they are drawn one at a time."""
        self._repeats[frame, node] = OpenItems(items)

    def add_item(self, frame: int, node: int, number: int, item: str) -> None:
        """Remember an item that was drawn."""
        self._repeats[frame, node].drawn[number] = item

    def drop_item(self, scope: Scope) -> None:
        """Forget the item of an iteration that has settled."""
        repeat = None if scope.parent is None else self._repeats.get((scope.parent.id, scope.node))
        if repeat is not None:
            repeat.drawn.pop(scope.number, None)

    def close_repeat(self, frame: int, node: int) -> None:
        """Forget a repeat that has settled."""
        self._repeats.pop((frame, node), None)

    def item_of(self, scope: Scope) -> str | None:
        """Return the item of the nearest repeat around; None if there is none."""
        container = self._repeating[scope.node]
        return None if container is None else self._item(scope, container)

    def drawn_item(self, scope: Scope) -> str | None:
        """Return the item of this very iteration, if it was drawn and so is kept with it."""
        if scope.parent is None:
            return None
        repeat = self._repeats.get((scope.parent.id, scope.node))
        return None if repeat is None or repeat.items is not None else self._item(scope, scope.node)

    def attributes(
        self, scope: Scope, attributes: tuple[tuple[str, Input], ...], to_file: ToFile | None = None
    ) -> tuple[tuple[str, Given], ...]:
        """Return the values of the attributes of ``self``.

        Raises:
            NotDataError: the gathered results are too large in sum.
        """
        return tuple((name, self.given(scope, value, to_file)) for name, value in attributes)

    def given(self, scope: Scope, value: Input, to_file: ToFile | None = None) -> Given:
        """Return a value as an order has it: as text, or in a file if it is too large.

        The worker cuts a part out of it, so that a mistake is a failure of its step.

        Args:
            scope: the iteration from which it is seen.
            value: the source of the value.
            to_file: writes the pieces of a large list to a file; None: it is always text.

        Raises:
            NotDataError: the gathered results are too large in sum.
        """
        match value:
            case PartInput():
                whole = self.given(scope, value.whole, to_file)
                if isinstance(whole, Cut):
                    return Cut(whole.whole, (*whole.keys, *map(text_of, value.keys)))
                return Cut(whole, tuple(map(text_of, value.keys)))
            case ResultInput() | ResultOrInput() if to_file is not None and self._gathering.is_list(value.node):
                pieces = self._pieces(scope, value)
                held, is_whole = _held(pieces)
                return joined(held) or "null" if is_whole else to_file(chain(held, pieces))
            case CompoundInput():
                return Composed(value.form, tuple(self.given(scope, part, to_file) for part in value.parts), value.keys)
            case PreviousInput():
                text = self._previous(scope, value)
                return self.given(scope, value.start, to_file) if text is None else text
            case _:
                return self.text_of(scope, value)

    def text_of(self, scope: Scope, value: Input) -> str:
        """Return the text of a value, as seen from an iteration.

        Raises:
            PartError: the value has no such part.
            NotDataError: the gathered results are too large in sum.
        """
        match value:
            case ResultInput() | ResultOrInput():
                return joined(self._pieces(scope, value)) or "null"
            case ItemInput():
                return self._item(scope, value.container)
            case ParamInput():
                return self._plan.params[value.name]
            case LiteralInput():
                return value.text
            case CompoundInput():
                return composed(value.form, value.keys, [self.text_of(scope, part) for part in value.parts])
            case PartInput():
                return part_of(self.text_of(scope, value.whole), value.keys)
            case PreviousInput():
                return self._previous(scope, value) or self.text_of(scope, value.start)
            case FailuresInput():
                return failures_text(self._plan, self._run, self._owner(scope, value.node), value.node)

    def _pieces(self, scope: Scope, value: ResultInput | ResultOrInput) -> Iterator[str]:
        owner = self._owner(scope, value.node).id
        if isinstance(value, ResultInput):
            return self._gathering.result(owner, value.node)
        return self._gathering.result_or(owner, value.node, value.default)

    def _owner(self, scope: Scope, node: int) -> Scope:
        """Return the iteration around this one that a referenced node belongs to."""
        return _around(scope, self._plan.nodes[node].parent)

    def result(self, frame: int, node: int) -> str | None:
        """Return the result of a step or container within a stored frame; None if it has none.

        Raises:
            NotDataError: the gathered results are too large in sum.
        """
        return joined(self._gathering.result(frame, node)) or None

    def _previous(self, scope: Scope, value: PreviousInput) -> str | None:
        """Return the result of the last iteration before this one that has one; None if none has."""
        around = _around(scope, value.container)
        container = self._plan.nodes[value.container]
        if around.parent is None or not isinstance(container, ContainerPlan):
            raise AssertionError("only a repeat has an iteration before")
        repeat = self._repeats[around.parent.id, value.container]
        text: str | None = None
        for number in range(around.number - 1, 0, -1):
            if number < repeat.seen_in:
                text = repeat.seen
                break
            text = joined(self._gathering.of_iteration(around.parent.id, container, number)) or None
            if text is not None:
                break
        repeat.seen_in, repeat.seen = around.number, text
        return text

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
        """Return the item with which an earlier recovery began this iteration."""
        container = self._plan.nodes[scope.node]
        if isinstance(container, ContainerPlan) and container.wraps:
            drawn = self._run.drawn_items(parent.id, scope.node, container.children[0])
            return next((item for number, item in drawn if number == scope.number), None)
        return self._run.item(FrameKey(parent.id, scope.node, scope.number))


def _held(pieces: Iterator[str]) -> tuple[list[str], bool]:
    """Return the first pieces of a list, as many as an order may contain; and whether these are all."""
    held: list[str] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if len(held) > MOST_HELD or size > LARGEST_HELD:
            return held, False
    return held, True


def _around(scope: Scope, container: int) -> Scope:
    around: Scope | None = scope
    while around is not None and around.node != container:
        around = around.parent
    if around is None:
        raise AssertionError(f"container {container} is not around {scope}")
    return around


def _has_items(container: ContainerPlan) -> bool:
    """Return whether iterations of a container have items of their own; copies on hosts have none."""
    return container.repeats is not None and not container.is_copied


def _nearest_repeats(plan: Plan) -> dict[int, int | None]:
    """Return, for each container, the repeat nearest around it, or itself if it repeats."""
    nearest: dict[int, int | None] = {-1: None}
    for node in plan.nodes:
        if isinstance(node, ContainerPlan):
            nearest[node.index] = node.index if _has_items(node) else nearest[node.parent]
    return nearest
