"""Finds the results of steps, containers and repeats in the store, as pieces of wire text."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from attrs import frozen

from sequent.by_fields import ByFields
from sequent.model.hosts import hosts_in
from sequent.model.json_text import text_of
from sequent.model.plan import ContainerPlan, Plan, StepPlan
from sequent.model.status import Status
from sequent.runtime.messages.spools import CLOSE, OPEN, joined
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
        """Return whether a node's result is that of many iterations: its own, or those of the child that it names."""
        named = self.plan.nodes[node]
        while isinstance(named, ContainerPlan) and _has_one_result(named) and named.result is not None:
            named = self.plan.nodes[named.children[named.result]]
        return isinstance(named, ContainerPlan) and named.repeats is not None and not named.is_copied

    def result(self, frame: int, node: int) -> Iterator[str]:
        """Yield the result of a step or container within a stored frame, piece by piece; nothing if it has none.

        In a repeat, iterations without a result are left out.
        """
        source = self.plan.nodes[node]
        if isinstance(source, StepPlan):
            text = self.run.result(TaskKey(frame, node, 0))
            return iter(()) if text is None else iter((text,))
        if _has_one_result(source):
            return self._inside(frame, source)
        if source.is_copied:
            return self._by_host(frame, source)
        entries = self._of_step(frame, source) if source.wraps else self._inside(frame, source)
        return itertools.chain((OPEN,), entries, (CLOSE,))

    def result_or(self, frame: int, node: int, default: str) -> Iterator[str]:
        """Yield the result, or the default; in a repeat, the default for each iteration begun that has no result."""
        source = self.plan.nodes[node]
        if isinstance(source, ContainerPlan) and not _has_one_result(source):
            if source.is_copied:
                return self._by_host(frame, source, default)
            entries = self._filled(frame, source, default) if source.wraps else self._inside(frame, source, default)
            return itertools.chain((OPEN,), entries, (CLOSE,))
        return _or(self.result(frame, node), default)

    def of_iteration(self, frame: int, container: ContainerPlan, number: int) -> Iterator[str]:
        """Yield the result of one iteration; nothing if it has none."""
        if container.wraps:
            text = self.run.result(TaskKey(frame, container.children[0], number))
            return iter(()) if text is None else iter((text,))
        frame_row = self.run.frame(FrameKey(frame, container.index, number))
        if frame_row is None or frame_row[1] is not Status.SUCCESS or container.result is None:
            return iter(())
        return self.result(frame_row[0], container.children[container.result])

    def _of_step(self, frame: int, container: ContainerPlan) -> Iterator[str]:
        """Yield the results of a repeated step's iterations, one after the other."""
        return (text for _, text in self.run.results(frame, container.children[0]))

    def _inside(self, frame: int, container: ContainerPlan, default: str | None = None) -> Iterator[str]:
        """Yield the results of a container's iterations, one after the other."""
        if container.result is None:
            return
        child = container.children[container.result]
        for _, inner, status in self.run.frames(frame, container.index):
            pieces = self.result(inner, child) if status is Status.SUCCESS else iter(())
            yield from pieces if default is None else _or(pieces, default)

    def _by_host(self, frame: int, container: ContainerPlan, default: str | None = None) -> Iterator[str]:
        """Yield the results of copies as one text, a dict by host; with a default, for each copy that has none."""
        if container.result is None:
            return
        hosts = hosts_in(self.run.items(frame, container.index) or "[]")
        child = container.children[container.result]
        entries: list[str] = []
        for number, inner, status in self.run.frames(frame, container.index):
            pieces = self.result(inner, child) if status is Status.SUCCESS else iter(())
            text = joined(pieces if default is None else _or(pieces, default))
            if text:
                entries.append(f"{text_of(hosts[number - 1])}:{text}")
        yield f"{{{','.join(entries)}}}"

    def _filled(self, frame: int, container: ContainerPlan, default: str) -> Iterator[str]:
        """Yield the results of a repeated step's iterations, one for each that has begun."""
        step = container.children[0]
        begun = 0
        for number, text in self.run.results(frame, step):
            yield from itertools.repeat(default, number - begun - 1)
            yield text
            begun = number
        yield from itertools.repeat(default, self.run.last_iteration(frame, step) - begun)


def _has_one_result(container: ContainerPlan) -> bool:
    """Return whether the result of a container is that of its only iteration."""
    return container.repeats is None or container.is_single


def _or(pieces: Iterator[str], default: str) -> Iterator[str]:
    """Yield the pieces, or the default if there are none."""
    first = next(pieces, None)
    return iter((default,)) if first is None else itertools.chain((first,), pieces)
