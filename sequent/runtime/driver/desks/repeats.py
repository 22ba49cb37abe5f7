"""The desk for repeats: it finds their items, and begins and ends their iterations."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from functools import partial

from sequent.errors import NotDataError, PartError
from sequent.model.effects import CloseFrame, CloseRepeat, DrawItem, FailContainer, OpenFrame, OpenRepeat
from sequent.model.facts import DrawFailed, ItemDrawn, ItemsEnded, RepeatOpened
from sequent.model.hosts import HERE, hosts_in
from sequent.model.inputs import Input, ItemsCallPlan, ItemsLiteralPlan, ResultInput
from sequent.model.items import Items
from sequent.model.json_text import text_of
from sequent.model.outcome import Problem
from sequent.model.plan import Plan
from sequent.model.references import dotted
from sequent.model.scope import Scope, address_of
from sequent.model.status import Status
from sequent.runtime.driver.adapters import Adapters
from sequent.runtime.driver.desks.hosts import HostDesk
from sequent.runtime.driver.opened_repeats import OpenedRepeat, look_back
from sequent.runtime.driver.option_values import BadOptionError, OptionValues, read_option
from sequent.runtime.driver.turn_record import Turn
from sequent.runtime.driver.values import Values
from sequent.runtime.orders import DrawBroke, DrawOrder, ItemFound, RepeatFound
from sequent.runtime.rows import ContainerProblem, FrameKey, FrameOpening, RepeatOpening


class RepeatDesk:
    """Finds items, which are written down, the result of a step, or drawn in a worker.

    Lists, results and returned values are stored whole when the repeat begins, so a recovery goes on with the same
    items. An iterator is drawn again up to where it was; if it gives other items than before, the container fails
    rather than mixing the two.
    """

    def __init__(
        self,
        plan: Plan,
        adapters: Adapters,
        turn: Turn,
        values: Values,
        options: OptionValues,
        hosts: HostDesk,
        *,
        has_begun: bool,
    ) -> None:
        """Take whether the run had begun before, so that items may be stored."""
        self._plan = plan
        self._turn = turn
        self._values = values
        self._options = options
        self._hosts = hosts
        self._run = adapters.run
        self._drawer = adapters.drawer
        self._observer = adapters.observer
        self._has_begun = has_begun
        self._accepts_changes = adapters.accepts_changes
        self._opened: dict[tuple[int, int], OpenedRepeat] = {}
        """The repeats of callables that are under way."""

    # -- effects ------------------------------------------------------------------------------

    def open(self, effect: OpenRepeat) -> None:
        """Find the items of a repeat, after the commit: their source may be in this very batch."""
        self._turn.orders.append(partial(self._find, effect))

    def draw(self, effect: DrawItem) -> None:
        """Draw the next item."""
        source = self._plan.container(effect.node).repeats
        if not isinstance(source, ItemsCallPlan):
            raise AssertionError("only items of a callable are drawn")
        self._turn.orders.append(partial(self._ask, effect.scope, effect.node, number=effect.number, source=source))

    def open_frame(self, effect: OpenFrame) -> None:
        """Write that an iteration begins, or is opened again."""
        scope, batch = effect.scope, self._turn.batch
        if effect.is_new:
            batch.frames.append(FrameOpening(_frame_key(scope), scope.id, self._item_kept_with(scope)))
        else:
            batch.closed_frames.append((_frame_key(scope), Status.ACTIVE))

    def _item_kept_with(self, scope: Scope) -> str | None:
        """Return the kept origin of an iteration: the item that was drawn, or the host of a copy."""
        if self._plan.container(scope.node).is_copied:
            return text_of(scope.sequence[-1])
        return self._values.drawn_item(scope)

    def close_frame(self, effect: CloseFrame) -> None:
        """Write how an iteration has ended."""
        self._turn.batch.closed_frames.append((_frame_key(effect.scope), effect.status))
        self._values.drop_item(effect.scope)

    def close(self, effect: CloseRepeat) -> None:
        """Write how a repeat has ended; forget it and its iterator."""
        frame, node = effect.scope.id, effect.node
        self._turn.batch.closed_repeats.append((frame, node, effect.status))
        if self._opened.pop((frame, node), None) is not None and self._drawer is not None:
            self._drawer.forget(frame, node)
        self._values.close_repeat(frame, node)

    def fail(self, effect: FailContainer) -> None:
        """Make a failure of a container, for a reason that only the engine knows."""
        frame, node = effect.scope.id, effect.node
        self._write_problem(effect.scope, node, Problem(type="PoolError", message=effect.reason))
        if self._plan.container(node).repeats is None:
            # Its only iteration was closed with another status, before the failure was known.
            self._turn.batch.closed_frames.append((FrameKey(frame, node, 1), Status.FAILURE))

    def refuse(self, scope: Scope, node: int, problem: Problem) -> None:
        """Fail a container before its iterations begin, or between two of them."""
        self._write_problem(scope, node, problem)
        self._turn.facts.append(DrawFailed(scope.id, node))

    def _write_problem(self, scope: Scope, node: int, problem: Problem) -> None:
        self._turn.batch.container_problems.append(ContainerProblem(scope.id, node, problem))
        self._observer.draw_failed(node, problem)

    # -- items --------------------------------------------------------------------------------

    def _find(self, order: OpenRepeat) -> None:
        """Find the items of a repeat, now or by asking a worker."""
        frame = order.scope.id
        stored = self._run.items(frame, order.node) if self._has_begun else None
        if stored is not None:
            self._note_other(order, stored)
            # Written again: a kept repeat that runs again as a whole is no longer a success.
            if self._plan.container(order.node).is_copied:
                self._begin_copies(order, tuple(hosts_in(stored)))
            else:
                self._keep(order, stored)
            return
        source = self._plan.container(order.node).repeats
        try:
            if isinstance(source, ItemsCallPlan):
                opened = self._opened[frame, order.node] = look_back(self._plan, self._run, order)
                self._ask(order.scope, order.node, skip=order.drawn, missing=opened.missing, source=source)
            else:
                self._keep(order, self._text_of(order.scope, source))
        except (NotDataError, PartError) as error:
            self.refuse(order.scope, order.node, self._problem(order.node, type(error).__name__, error.message))

    def _note_other(self, order: OpenRepeat, stored: str) -> None:
        """Say if a repeat goes on with other items than it would have now."""
        container = self._plan.container(order.node)
        if isinstance(container.repeats, ItemsLiteralPlan | ResultInput):
            with contextlib.suppress(NotDataError):
                if self._text_of(order.scope, container.repeats) != stored:
                    name = address_of(container.path, order.scope.sequence)
                    word = "hosts" if container.is_copied else "items"
                    self._observer.note(f"'{name}' goes on with the {word} it began with, not the present ones")

    def _text_of(self, scope: Scope, source: ItemsLiteralPlan | Input | None) -> str:
        if source is None:
            raise AssertionError("a container without repeats has no items")
        return source.text if isinstance(source, ItemsLiteralPlan) else self._values.text_of(scope, source)

    def _ask(
        self,
        scope: Scope,
        node: int,
        *,
        source: ItemsCallPlan,
        number: int = 0,
        skip: int = 0,
        missing: tuple[int, ...] = (),
    ) -> None:
        if self._drawer is None:
            raise AssertionError("there is no executor that draws items")
        attributes = self._values.attributes(scope, source.attributes) if not number else ()
        path = dotted(self._plan.nodes[node].path)
        self._drawer.draw(
            DrawOrder(
                frame=scope.id,
                node=node,
                number=number,
                path=path,
                skip=skip,
                missing=missing,
                attributes=attributes,
            )
        )

    def _keep(self, order: OpenRepeat, text: str) -> None:
        node = order.node
        container = self._plan.container(node)
        if container.is_copied:
            try:
                self._begin_copies(order, tuple(read_option(container, "hosts", text)) or (HERE,))
            except BadOptionError as error:
                self.refuse(order.scope, node, error.problem)
            return
        try:
            items = Items(text)
        except NotDataError as error:
            self.refuse(order.scope, node, self._no_items(node, error, text))
        else:
            self._begin(order, items, text)

    def _begin_copies(self, order: OpenRepeat, hosts: tuple[str, ...]) -> None:
        """Begin the copies on hosts."""
        frame, node = order.scope.id, order.node
        unreachable = next((host for host in hosts if not self._hosts.need(host)), None)
        if unreachable is not None:
            message = f"it runs on host '{unreachable}', and no other host can be reached"
            self.refuse(order.scope, node, self._problem(node, "HostError", message))
            return
        self._turn.batch.repeats.append(RepeatOpening(frame, node, text_of(hosts)))
        self._turn.facts.append(RepeatOpened(frame, node, len(hosts), hosts=hosts))

    def _begin(
        self, order: OpenRepeat, items: Items | None, text: str | None, again: Mapping[int, str] | None = None
    ) -> None:
        """Begin the iterations; store the items if they are known.

        Args:
            order: the repeat.
            items: its items, if they are known.
            text: their text.
            again: by number, items of an iterator that were drawn again.
        """
        frame, node = order.scope.id, order.node
        try:
            parallel = self._options.value(order.scope, self._plan.container(node), "parallel")
        except BadOptionError as error:
            self.refuse(order.scope, node, error.problem)
            return
        self._values.open_repeat(frame, node, items)
        for number, item in (again or {}).items():
            self._values.add_item(frame, node, number, item)
        self._turn.batch.repeats.append(RepeatOpening(frame, node, text))
        self._turn.facts.append(RepeatOpened(frame, node, None if items is None else len(items), parallel))

    def _iterate(self, opened: OpenedRepeat, report: RepeatFound) -> None:
        order = opened.order
        if order.drawn and opened.digest != report.digest:
            path = dotted(self._plan.container(order.node).path)
            message = "the iterator now gives other items than those its iterations began with"
            if not self._accepts_changes:
                problem = self._problem(order.node, "ItemsChanged", f"{message}; --accept-changes goes on anyway")
                self.refuse(order.scope, order.node, problem)
                return
            self._observer.note(f"accepted: '{path}': {message}")
        self._begin(order, None, None, dict(zip(opened.missing, report.again, strict=True)))

    def _no_items(self, node: int, error: NotDataError, text: str) -> Problem:
        """Return why a container cannot repeat over a value, with advice."""
        source = self._plan.container(node).repeats
        made = f", which '{dotted(source.maker)}' returned" if isinstance(source, ResultInput) else ""
        return self._problem(node, "TypeError", f"{error.message}{made}: {_advice(text)}")

    def _problem(self, node: int, kind: str, message: str) -> Problem:
        container = self._plan.container(node)
        file, line = container.place or ("", 0)
        return Problem(type=kind, message=f"'{dotted(container.path)}': {message}", file=file, line=line)

    # -- reports ------------------------------------------------------------------------------

    def found(self, report: RepeatFound) -> None:
        """Take the answer of a worker that has called the function: the items, or the digest of an iterator."""
        opened = self._opened.get((report.frame, report.node))
        if opened is None:
            return
        if report.items is None:
            self._iterate(opened, report)
        else:
            self._keep(opened.order, report.items)

    def drew(self, report: ItemFound) -> None:
        """Take the next item, or the end of the items."""
        frame, node, number = report.frame, report.node, report.number
        if (frame, node) not in self._opened:
            return
        if report.item is None:
            self._turn.facts.append(ItemsEnded(frame, node))
        else:
            self._values.add_item(frame, node, number, report.item)
            self._turn.facts.append(ItemDrawn(frame, node, number))

    def broke(self, report: DrawBroke) -> None:
        """Fail a repeat whose items could not be found."""
        opened = self._opened.get((report.frame, report.node))
        if opened is not None:
            self.refuse(opened.order.scope, report.node, report.problem)


def _frame_key(scope: Scope) -> FrameKey:
    return FrameKey(0 if scope.parent is None else scope.parent.id, scope.node, scope.number)


def _advice(text: str) -> str:
    """Return advice on a value that cannot be repeated over, by its wire text."""
    if text.startswith('"'):
        return "return a list of it, ['abc']: a string would repeat per character"
    if text.startswith('{"$g":'):
        return "return a shorter one"
    if text.startswith("{"):
        return "return list(x), list(x.items()) or list(x.values())"
    if text.lstrip("-").isdigit():
        return f"return range({text})"
    return "return a list"
