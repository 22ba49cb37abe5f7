"""Finds the items of repeats while a flow runs: written down, a step's result, or drawn in a worker."""

from __future__ import annotations

from sequent.errors import NotDataError
from sequent.model.effects import DrawItem, OpenRepeat
from sequent.model.facts import DrawFailed, Fact, ItemDrawn, ItemsEnded, RepeatOpened
from sequent.model.items import Items, digest_of
from sequent.model.outcome import Failure, Problem
from sequent.model.plan import ContainerPlan, ItemsCallPlan, ItemsLiteralPlan, Plan
from sequent.model.references import dotted
from sequent.model.scope import Scope, sequence_text
from sequent.runtime.orders import DrawBroke, DrawnReport, DrawOrder, ItemFound, RepeatFound
from sequent.runtime.ports import DrivenRun, Executor, Observer
from sequent.runtime.rows import Batch, RepeatOpening
from sequent.runtime.values import Values


class Repeating:
    """Answers the engine's orders about items.

    Lists, results and what a callable returned are stored whole when the repeat begins, so a recovery goes
    on with the same items. An iterator is drawn again up to where it was; where it gives other items
    than it did, the container fails rather than mixing the two.
    """

    def __init__(self, plan: Plan, values: Values, run: DrivenRun, drawer: Executor | None, observer: Observer) -> None:
        self._plan = plan
        self._values = values
        self._run = run
        self._drawer = drawer
        self._observer = observer
        self._opened: dict[tuple[int, int], OpenRepeat] = {}
        """The repeats of callables that are under way."""
        self.failures: list[Failure] = []
        """The draws that failed, of which no attempt tells."""

    def open(self, order: OpenRepeat, batch: Batch) -> list[Fact]:
        """Find the items of a repeat, now or by asking a worker."""
        frame = order.scope.id
        stored = self._run.items(frame, order.node) if self._run.record.recovery else None
        if stored is not None:
            # Written again: a kept repeat that runs again as a whole is a success no more.
            return self._keep(order, stored, batch)
        source = self._container(order.node).repeats
        if isinstance(source, ItemsCallPlan):
            self._opened[frame, order.node] = order
            self._ask(order.scope, order.node, number=0, skip=order.drawn, source=source)
            return []
        if source is None:
            raise AssertionError("a container without repeats has no items")
        text = source.text if isinstance(source, ItemsLiteralPlan) else self._values.text_of(order.scope, source)
        return self._keep(order, text, batch)

    def draw(self, order: DrawItem) -> None:
        """Have the next item drawn."""
        source = self._container(order.node).repeats
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
                return self._fail(order, report.problem)

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
        facts = self._use(order, text)
        if not isinstance(facts[0], DrawFailed):
            batch.repeats.append(RepeatOpening(order.scope.id, order.node, text))
        return facts

    def _use(self, order: OpenRepeat, text: str) -> list[Fact]:
        try:
            items = Items(text)
        except NotDataError as error:
            return self._fail(order, Problem(type="TypeError", message=error.message))
        self._values.open_repeat(order.scope.id, order.node, items)
        return [RepeatOpened(order.scope.id, order.node, len(items))]

    def _iterate(self, order: OpenRepeat, digest: str, batch: Batch) -> list[Fact]:
        frame, node = order.scope.id, order.node
        if order.drawn:
            container = self._container(node)
            step = container.children[0] if container.wraps else None
            if digest_of(self._run.drawn_items(frame, node, step)) != digest:
                message = "the iterator now gives other items than those with which its iterations began"
                return self._fail(order, Problem(type="ItemsChanged", message=message))
        self._values.open_repeat(frame, node, None)
        batch.repeats.append(RepeatOpening(frame, node, None))
        return [RepeatOpened(frame, node, None)]

    def _fail(self, order: OpenRepeat, problem: Problem) -> list[Fact]:
        path = dotted(self._plan.nodes[order.node].path)
        sequence = sequence_text(order.scope.sequence)
        self.failures.append(Failure(path=path, sequence=sequence, attempt=0, problem=problem))
        self._observer.draw_failed(order.node, problem)
        return [DrawFailed(order.scope.id, order.node)]

    def _container(self, node: int) -> ContainerPlan:
        container = self._plan.nodes[node]
        if not isinstance(container, ContainerPlan):
            raise AssertionError(f"{container.path} is not a container")
        return container
