"""Finds the place of one task in a stored run, and the inputs that the run does not have yet."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from sequent.by_fields import ByFields
from sequent.errors import UsageError
from sequent.model.directives import Selection
from sequent.model.hosts import hosts_in
from sequent.model.inputs import Input, ItemInput, PartInput, PreviousInput, ResultInput, inputs_in
from sequent.model.items import Items
from sequent.model.plan import ContainerPlan, Plan, StepPlan
from sequent.model.references import dotted
from sequent.model.saved_state import SavedFrame
from sequent.model.scope import Scope, address_of
from sequent.model.selections import containers_around
from sequent.model.status import Status
from sequent.model.wording import guess
from sequent.runtime.driver.values import Values
from sequent.runtime.ports import ReadRun
from sequent.runtime.rows import FrameKey, TaskKey, task_key


@frozen(kw_only=True, eq=False, repr=False)
class StoredPlace(ByFields):
    """The place of one task in a stored run."""

    plan: Plan
    run: ReadRun
    step: StepPlan
    scope: Scope
    """Its iteration; the ids are those of the stored frames."""
    values: Values
    """The sources of its inputs."""

    @property
    def key(self) -> TaskKey:
        """The key of its rows."""
        return task_key(self.plan, self.scope, self.step.index)

    @property
    def name(self) -> str:
        """The task as people write it."""
        return address_of(self.step.path, self.scope.sequence)

    def missing(self) -> list[str]:
        """Return the inputs that the run does not have yet, as people name them."""
        saved = self.run.saved(self.plan)
        values = (*self.step.inputs, *(value for _, value in self.step.attributes))
        found = (self._missing(part, saved) for value in values for part in _needed(value))
        return [*dict.fromkeys(name for name in found if name)]

    def _missing(self, value: Input, saved: SavedFrame | None) -> str:
        if isinstance(value, ResultInput):
            node = self.plan.nodes[value.node]
            around = self._around(node.parent)
            if isinstance(node, ContainerPlan):
                is_there = _has_succeeded(saved, self.scope, around, node.index)
            else:
                is_there = self.run.result(TaskKey(around.id, node.index, 0)) is not None
            return "" if is_there else f"the result of '{address_of(node.path, around.sequence)}'"
        if isinstance(value, ItemInput) and self._has_no_item(value.container):
            around = self._around(value.container)
            return f"the item of '{address_of(self.plan.nodes[value.container].path, around.sequence)}'"
        return ""

    def _has_no_item(self, container: int) -> bool:
        around = self._around(container)
        if around.parent is None:
            return False
        node = self.plan.container(container)
        text = self.run.items(around.parent.id, container)
        if text is not None:
            return around.number > len(Items(text))
        step = node.children[0] if node.wraps else None
        return all(number != around.number for number, _ in self.run.drawn_items(around.parent.id, container, step))

    def _around(self, container: int) -> Scope:
        """Return the iteration of that container around the task."""
        return next(scope for scope in _outwards(self.scope) if scope.node == container)


def stored_place(plan: Plan, run: ReadRun, step: StepPlan, wanted: Selection) -> StoredPlace:
    """Return the place of a task, and open the repeats around it.

    Args:
        plan: the plan of the flow.
        run: the run, which learns the plan.
        step: the step.
        wanted: the place as it was typed, with the number of every iteration.

    Raises:
        UsageError: an iteration around it has not begun, or there is no copy on its host.
    """
    run.use(plan)
    values = Values(plan, run)
    numbers = iter(wanted.sequence)
    scope: Scope | None = None
    for container in reversed(containers_around(plan, step.index)):
        number = _number_of(container, run, scope, wanted.host) if container.is_copied else next(numbers)
        scope = _inside(container, run, scope, number, wanted.host)
        if container.repeats is not None and scope.parent is not None and not container.is_copied:
            text = run.items(scope.parent.id, container.index)
            values.open_repeat(scope.parent.id, container.index, None if text is None else Items(text))
    if scope is None:
        raise AssertionError("a step is in a container")
    return StoredPlace(plan=plan, run=run, step=step, scope=scope, values=values)


def _inside(container: ContainerPlan, run: ReadRun, around: Scope | None, number: int, host: str) -> Scope:
    """Return an iteration of a container; one of a repeated step has no frame of its own.

    Raises:
        UsageError: it has not begun.
    """
    sequence = (*(around.sequence if around is not None else ()), host if container.is_copied else number)
    if container.wraps:
        return Scope(0, container.index, number, sequence, around)
    found = run.frame(FrameKey(0 if around is None else around.id, container.index, number))
    if found is None:
        name = address_of(container.path, sequence) if container.path else run.record.target.flow
        raise UsageError(
            f"'{name}' has not begun in run {run.record.id!r}, so nothing is known of its inputs",
            code="not-begun",
            path=dotted(container.path),
            hint="name an iteration that has begun",
        )
    return Scope(found[0], container.index, number, sequence, around)


def _number_of(container: ContainerPlan, run: ReadRun, around: Scope | None, host: str) -> int:
    """Return the number of the copy on a host.

    Raises:
        UsageError: there is none.
    """
    text = None if around is None else run.items(around.id, container.index)
    hosts = hosts_in(text) if text is not None else ()
    if host not in hosts:
        raise UsageError(
            f"'{dotted(container.path)}' has no copy on host {host!r} in run {run.record.id!r}",
            code="unknown-host",
            path=dotted(container.path),
            hint=f"{guess(host, hosts)}there are copies on {', '.join(hosts)}" if hosts else "it has not begun",
        )
    return hosts.index(host) + 1


def _needed(value: Input) -> Iterator[Input]:
    """Yield the values without which a value is not known: an iteration may begin without one before it."""
    if isinstance(value, PreviousInput):
        return
    if isinstance(value, PartInput):
        yield from _needed(value.whole)
        return
    yield from (part for part in inputs_in(value) if not isinstance(part, PreviousInput))


def _outwards(scope: Scope) -> Iterator[Scope]:
    around: Scope | None = scope
    while around is not None:
        yield around
        around = around.parent


def _has_succeeded(saved: SavedFrame | None, scope: Scope, around: Scope, node: int) -> bool:
    """Return whether a container in an iteration around a task has succeeded; a part that is not loaded has."""
    frame = saved
    inner_first = [*_outwards(scope)]
    for at in range(len(inner_first) - 1, -1, -1):
        if frame is None or frame.status is Status.SUCCESS:
            return True
        if inner_first[at].node == around.node:
            block = frame.blocks.get(node)
            return block is not None and block.status is Status.SUCCESS
        child = inner_first[at - 1]
        inside = frame.blocks.get(child.node)
        frame = None if inside is None else inside.frames.get(child.number)
    return True
