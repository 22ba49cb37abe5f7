"""Finds the results of steps, containers and repeats in the store, as pieces of wire text."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from attrs import frozen

from sequent.by_fields import ByFields
from sequent.model.plan import ContainerPlan, Plan, StepPlan
from sequent.model.status import Status
from sequent.runtime.messages.spools import CLOSE, OPEN
from sequent.runtime.ports import ReadRun
from sequent.runtime.rows import FrameKey, TaskKey


@frozen(eq=False, repr=False)
class Gathering(ByFields):
    """The results of a plan's nodes.

    Nothing is decoded, and no list is held: its entries are read from the store as they are asked for.
    """

    plan: Plan
    run: ReadRun

    def is_list(self, node: int) -> bool:
        """Whether the result of that node is that of many iterations: its own, or those of what it names."""
        found = self.plan.nodes[node]
        while isinstance(found, ContainerPlan) and found.repeats is None and found.result is not None:
            found = self.plan.nodes[found.children[found.result]]
        return isinstance(found, ContainerPlan) and found.repeats is not None

    def result(self, frame: int, node: int) -> Iterator[str]:
        """The result of a step or container within a stored frame, piece by piece; nothing where it has none.

        Of what repeats, iterations that have none are left out.
        """
        found = self.plan.nodes[node]
        if isinstance(found, StepPlan):
            text = self.run.result(TaskKey(frame, node, 0))
            return iter(()) if text is None else iter((text,))
        if found.repeats is None:
            return self._inside(frame, found)
        entries = self._of_step(frame, found) if found.wraps else self._inside(frame, found)
        return itertools.chain((OPEN,), entries, (CLOSE,))

    def result_or(self, frame: int, node: int, default: str) -> Iterator[str]:
        """The same, with something in the place of what is not there: of what repeats, for each iteration begun."""
        found = self.plan.nodes[node]
        if isinstance(found, ContainerPlan) and found.repeats is not None:
            entries = self._filled(frame, found, default) if found.wraps else self._inside(frame, found, default)
            return itertools.chain((OPEN,), entries, (CLOSE,))
        return _or(self.result(frame, node), default)

    def of_iteration(self, frame: int, container: ContainerPlan, number: int) -> Iterator[str]:
        """The result of one iteration; nothing where it has none."""
        if container.wraps:
            text = self.run.result(TaskKey(frame, container.children[0], number))
            return iter(()) if text is None else iter((text,))
        found = self.run.frame(FrameKey(frame, container.index, number))
        if found is None or found[1] is not Status.SUCCESS or container.result is None:
            return iter(())
        return self.result(found[0], container.children[container.result])

    def _of_step(self, frame: int, container: ContainerPlan) -> Iterator[str]:
        """The results of a repeated step's iterations, one after the other."""
        return (text for _, text in self.run.results(frame, container.children[0]))

    def _inside(self, frame: int, container: ContainerPlan, default: str | None = None) -> Iterator[str]:
        """The results of a container's iterations, one after the other."""
        if container.result is None:
            return
        child = container.children[container.result]
        for _, inner, status in self.run.frames(frame, container.index):
            found = self.result(inner, child) if status is Status.SUCCESS else iter(())
            yield from found if default is None else _or(found, default)

    def _filled(self, frame: int, container: ContainerPlan, default: str) -> Iterator[str]:
        """The results of a repeated step's iterations, one for each that has begun."""
        step = container.children[0]
        begun = 0
        for number, text in self.run.results(frame, step):
            yield from itertools.repeat(default, number - begun - 1)
            yield text
            begun = number
        yield from itertools.repeat(default, self.run.last_iteration(frame, step) - begun)


def _or(found: Iterator[str], default: str) -> Iterator[str]:
    """What was found, or else the default."""
    first = next(found, None)
    return iter((default,)) if first is None else itertools.chain((first,), found)
