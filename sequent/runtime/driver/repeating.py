"""Finds the items of repeats while a flow runs: written down, a step's result, or drawn in a worker."""

from __future__ import annotations

import contextlib

from sequent.errors import NotDataError, PartError
from sequent.model.effects import DrawItem, OpenRepeat
from sequent.model.facts import DrawFailed, Fact, ItemDrawn, ItemsEnded, RepeatOpened
from sequent.model.inputs import Input, ItemsCallPlan, ItemsLiteralPlan, ResultInput
from sequent.model.items import Items, digest_of
from sequent.model.outcome import Problem
from sequent.model.plan import Plan
from sequent.model.references import dotted
from sequent.model.scope import Scope, sequence_text
from sequent.runtime.driver.options import BadOptionError, Options
from sequent.runtime.driver.surroundings import Surroundings
from sequent.runtime.driver.values import Values
from sequent.runtime.orders import DrawBroke, DrawnReport, DrawOrder, ItemFound, RepeatFound
from sequent.runtime.rows import Batch, ContainerProblem, RepeatOpening


class Repeating:
    """Answers the engine's orders about items.

    Lists, results and what a callable returned are stored whole when the repeat begins, so a recovery goes
    on with the same items. An iterator is drawn again up to where it was; where it gives other items
    than it did, the container fails rather than mixing the two.
    """

    def __init__(self, plan: Plan, values: Values, options: Options, around: Surroundings, *, has_begun: bool) -> None:
        """Know whether the run had begun before, so that items may be stored."""
        self._plan = plan
        self._values = values
        self._options = options
        self._run = around.run
        self._drawer = around.drawer
        self._observer = around.observer
        self._has_begun = has_begun
        self._accepts_changes = around.accepts_changes
        self._opened: dict[tuple[int, int], OpenRepeat] = {}
        """The repeats of callables that are under way."""

    def open(self, order: OpenRepeat, batch: Batch) -> list[Fact]:
        """Find the items of a repeat, now or by asking a worker."""
        frame = order.scope.id
        stored = self._run.items(frame, order.node) if self._has_begun else None
        if stored is not None:
            self._note_other(order, stored)
            # Written again: a kept repeat that runs again as a whole is a success no more.
            return self._keep(order, stored, batch)
        source = self._plan.container(order.node).repeats
        try:
            if isinstance(source, ItemsCallPlan):
                self._opened[frame, order.node] = order
                self._ask(order.scope, order.node, number=0, skip=order.drawn, source=source)
                return []
            text = self._text_of(order.scope, source)
        except (NotDataError, PartError) as error:
            problem = self._problem(order.node, type(error).__name__, error.message)
            return self.fail(order.scope, order.node, problem, batch)
        return self._keep(order, text, batch)

    def _note_other(self, order: OpenRepeat, stored: str) -> None:
        """Say where the items that a repeat goes on with are not those that it would have now."""
        container = self._plan.container(order.node)
        if isinstance(container.repeats, ItemsLiteralPlan | ResultInput):
            with contextlib.suppress(NotDataError):
                if self._text_of(order.scope, container.repeats) != stored:
                    name = f"{dotted(container.path)}/{sequence_text(order.scope.sequence)}"
                    self._observer.note(f"'{name}' goes on with the items with which it began, not with those of now")

    def _text_of(self, scope: Scope, source: ItemsLiteralPlan | Input | None) -> str:
        if source is None:
            raise AssertionError("a container without repeats has no items")
        return source.text if isinstance(source, ItemsLiteralPlan) else self._values.text_of(scope, source)

    def draw(self, order: DrawItem) -> None:
        """Have the next item drawn."""
        source = self._plan.container(order.node).repeats
        if not isinstance(source, ItemsCallPlan):
            raise AssertionError("only items of a callable are drawn")
        self._ask(order.scope, order.node, number=order.number, skip=0, source=source)

    def facts_of(self, report: DrawnReport, batch: Batch) -> list[Fact]:
        """What a worker's answer means; what must be written of it goes into the batch."""
        frame, node = report.frame, report.node
        order = self._opened.get((frame, node))
        if order is None:
            return []
        match report:
            case RepeatFound(items=str() as text):
                return self._keep(order, text, batch)
            case RepeatFound():
                return self._iterate(order, report.digest, batch)
            case ItemFound(item=None):
                return [ItemsEnded(frame, node)]
            case ItemFound():
                self._values.add_item(frame, node, report.number, report.item or "null")
                return [ItemDrawn(frame, node, report.number)]
            case DrawBroke():
                return self.fail(order.scope, node, report.problem, batch)

    def close(self, frame: int, node: int) -> None:
        """Forget a repeat that has settled, and have its iterator forgotten."""
        if self._opened.pop((frame, node), None) is not None and self._drawer is not None:
            self._drawer.forget(frame, node)
        self._values.close_repeat(frame, node)

    def _ask(self, scope: Scope, node: int, *, number: int, skip: int, source: ItemsCallPlan) -> None:
        if self._drawer is None:
            raise AssertionError("nobody draws items")
        attributes = self._values.attributes(scope, source.attributes) if not number else ()
        path = dotted(self._plan.nodes[node].path)
        self._drawer.draw(
            DrawOrder(frame=scope.id, node=node, number=number, path=path, skip=skip, attributes=attributes)
        )

    def _keep(self, order: OpenRepeat, text: str, batch: Batch) -> list[Fact]:
        node = order.node
        try:
            items = Items(text)
        except NotDataError as error:
            return self.fail(order.scope, node, self._no_items(node, error, text), batch)
        return self._begin(order, items, text, batch)

    def _begin(self, order: OpenRepeat, items: Items | None, text: str | None, batch: Batch) -> list[Fact]:
        """The items are there, or may be drawn; what there is of them is stored."""
        frame, node = order.scope.id, order.node
        try:
            parallel = self._options.value(order.scope, self._plan.container(node), "parallel")
        except BadOptionError as error:
            return self.fail(order.scope, node, error.problem, batch)
        self._values.open_repeat(frame, node, items)
        batch.repeats.append(RepeatOpening(frame, node, text))
        return [RepeatOpened(frame, node, None if items is None else len(items), parallel)]

    def _iterate(self, order: OpenRepeat, digest: str, batch: Batch) -> list[Fact]:
        frame, node = order.scope.id, order.node
        if order.drawn:
            container = self._plan.container(node)
            step = container.children[0] if container.wraps else None
            if digest_of(self._run.drawn_items(frame, node, step)) != digest:
                message = "the iterator now gives other items than those with which its iterations began"
                if not self._accepts_changes:
                    problem = self._problem(node, "ItemsChanged", f"{message}; --accept-changes goes on all the same")
                    return self.fail(order.scope, node, problem, batch)
                self._observer.note(f"accepted: '{dotted(container.path)}': {message}")
        return self._begin(order, None, None, batch)

    def fail(self, scope: Scope, node: int, problem: Problem, batch: Batch) -> list[Fact]:
        """A container fails before its iterations begin, or between two of them."""
        batch.container_problems.append(ContainerProblem(scope.id, node, problem))
        self._observer.draw_failed(node, problem)
        return [DrawFailed(scope.id, node)]

    def _no_items(self, node: int, error: NotDataError, text: str) -> Problem:
        """Why what a container is to repeat over is nothing to repeat over, and what would be."""
        source = self._plan.container(node).repeats
        made = f", which '{dotted(source.maker)}' returned" if isinstance(source, ResultInput) else ""
        return self._problem(node, "TypeError", f"{error.message}{made}: {_advice(text)}")

    def _problem(self, node: int, kind: str, message: str) -> Problem:
        container = self._plan.container(node)
        file, line = container.place or ("", 0)
        return Problem(type=kind, message=f"'{dotted(container.path)}': {message}", file=file, line=line)


def _advice(text: str) -> str:
    """What to return instead of what cannot be repeated over, by its wire text."""
    if text.startswith('"'):
        return "a text would repeat for each character; return a list of it: ['abc']"
    if text.startswith("{"):
        return "say what of it is meant: return list(x), list(x.items()) or list(x.values())"
    if text.lstrip("-").isdigit():
        return f"return range({text})"
    return "return a list"
