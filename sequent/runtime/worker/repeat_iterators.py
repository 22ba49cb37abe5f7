"""Draws the items of repeats from callables, in the process that keeps their iterators."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import cast

from sequent.errors import Place, UsageError
from sequent.model import value_text
from sequent.model.items import digest_of
from sequent.model.references import Path
from sequent.model.spec import ItemsCall
from sequent.model.wording import described
from sequent.runtime.orders import DrawBroke, DrawOrder, ItemFound, RepeatFound
from sequent.runtime.worker.forked_copies import Original
from sequent.runtime.worker.inputs import Catalogue, instance_of
from sequent.runtime.worker.problems import problem_of

MOST_ITERATORS = 1_000
"""Iterators that a process keeps; the least recently used one is made anew when it is needed."""


class RepeatIterators:
    """The iterators of repeats that are under way in this process."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._original = Original()
        self._iterators: OrderedDict[tuple[int, int], tuple[Iterator[object], int]] = OrderedDict()
        """By frame and node: the iterator, and the number of items drawn."""

    @property
    def has_iterators(self) -> bool:
        """Whether an iterator is under way."""
        return bool(self._iterators)

    def serve(self, order: DrawOrder) -> RepeatFound | ItemFound | DrawBroke:
        """Find the items, or draw the next one; an exception of the author's code becomes a report."""
        place: Place | None = None
        report: RepeatFound | ItemFound | DrawBroke
        try:
            spec = self._catalogue.node_at(_path_of(order))
            place = spec.option_places.get("repeats", spec.place)
            report = self._find(order) if order.number == 0 else self._draw(order)
        except BaseException as error:  # noqa: BLE001 - anything that the callable raises fails its repeat
            self.forget(order.frame, order.node)
            report = DrawBroke(order.frame, order.node, problem_of(error, place))
        self._original.end_copy(report.problem if isinstance(report, DrawBroke) else None)
        return report

    def forget(self, frame: int, node: int) -> None:
        """Drop an iterator that is no longer needed."""
        self._iterators.pop((frame, node), None)

    def _find(self, order: DrawOrder) -> RepeatFound:
        items = self._call(order)
        if isinstance(items, Iterator):
            iterator = cast("Iterator[object]", items)
            again = dict.fromkeys(order.missing, "null")
            digest = digest_of(_without(_skipped(iterator, order.skip), again))
            self._keep(order, iterator, order.skip)
            return RepeatFound(order.frame, order.node, None, digest, tuple(again.values()))
        return RepeatFound(
            order.frame, order.node, self._text(_whole(items, order.path), f"the items of {order.path!r}")
        )

    def _draw(self, order: DrawOrder) -> ItemFound:
        key = (order.frame, order.node)
        iterator, drawn = self._iterators.get(key, (None, 0))
        if iterator is None or drawn != order.number - 1:
            iterator = self._made_anew(order)
        for item in iterator:
            text = self._text(item, f"item {order.number} of {order.path!r}")
            self._keep(order, iterator, order.number)
            return ItemFound(order.frame, order.node, order.number, text)
        self.forget(*key)
        return ItemFound(order.frame, order.node, order.number, None)

    def _text(self, value: object, name: str) -> str:
        text, classes = value_text.encode_with_classes(value, name)
        self._catalogue.check_items(name, classes)
        return text

    def _made_anew(self, order: DrawOrder) -> Iterator[object]:
        """Make the iterator as it was before that item; if it ends earlier, it has simply ended."""
        items = self._call(order)
        if not isinstance(items, Iterator):
            raise UsageError(f"the repeats of {order.path!r} gave an iterator before, and now gives none")
        iterator = cast("Iterator[object]", items)
        digest_of(_skipped(iterator, order.number - 1))
        return iterator

    def _keep(self, order: DrawOrder, iterator: Iterator[object], drawn: int) -> None:
        key = (order.frame, order.node)
        self._iterators[key] = (iterator, drawn)
        self._iterators.move_to_end(key)
        if len(self._iterators) > MOST_ITERATORS:
            self._iterators.popitem(last=False)

    def _call(self, order: DrawOrder) -> object:
        path = _path_of(order)
        function = self._catalogue.definition.items[path]
        repeats = self._catalogue.node_at(path).repeats
        if isinstance(repeats, ItemsCall) and repeats.takes_self:
            return function(instance_of(self._catalogue, path[:-1], order.attributes))
        return function()


def _skipped(iterator: Iterator[object], count: int) -> Iterator[str]:
    for _ in range(count):
        try:
            item = next(iterator)
        except StopIteration:
            return
        yield value_text.encode(item, "an item")


def _without(items: Iterator[str], missing: dict[int, str]) -> Iterator[str]:
    """Yield the items, but for the missing ones, which get their texts."""
    for number, text in enumerate(items, 1):
        if number in missing:
            missing[number] = text
        else:
            yield text


def _path_of(order: DrawOrder) -> Path:
    return tuple(order.path.split("."))


_REFUSED: dict[type, str] = {
    int: "use range(1, n + 1)",
    str: "put it into a list, or split it",
    set: "use sorted(...): a set has no order that is the same again",
    frozenset: "use sorted(...): a set has no order that is the same again",
    dict: "use list(d.items())",
    type(None): "return a list, a range or an iterator",
}


def _whole(value: object, path: str) -> object:
    """Return all items at once."""
    hint = _REFUSED.get(type(value))
    if hint is not None or not isinstance(value, Iterable):
        raise UsageError(
            f"the repeats of {path!r} gave {described(value)}",
            code="repeats",
            hint=hint or "return a list, a range or an iterator",
        )
    items = cast("Iterable[object]", value)
    return items if isinstance(items, list | tuple | range) else list(items)
