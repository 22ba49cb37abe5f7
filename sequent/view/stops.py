"""Finds the failure that stopped a container: one that nothing handles, level by level."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator

from sequent.model.outcome import Failure
from sequent.model.references import Path
from sequent.model.scope import Sequence, read_sequence
from sequent.model.status import Status
from sequent.view.run_facts import RunFacts
from sequent.view.sequences import Block, Node, block_around, is_copy, is_iteration
from sequent.view.truths import State


class Stops:
    """The containers that have stopped, each with its cause.

    Args:
        facts: the run.
        early: returns the state of a step or container as if nothing had been cancelled.
        has_failed: returns whether a task has failed and is not tried again.
    """

    def __init__(
        self,
        facts: RunFacts,
        early: Callable[[Path, Sequence], State],
        has_failed: Callable[[Path, Sequence], bool],
    ) -> None:
        self._facts = facts
        self._early = early
        self._has_failed = has_failed
        self._causes: dict[Block, Failure | None] = {}

    def cause(self, path: Path, sequence: Sequence) -> Failure | None:
        """Return the failure that stopped a container, itself or by one further out; None if it goes on."""
        block = path, sequence
        if block not in self._causes:
            found = (self._own_cause(block), self._outer_cause(block))
            self._causes[block] = self._first(failure for failure in found if failure is not None)
        return self._causes[block]

    def _own_cause(self, block: Block) -> Failure | None:
        return self._first(failure for failure, node in self._failed(block) if self._stops(node, block))

    def _first(self, failures: Iterable[Failure]) -> Failure | None:
        """Return the failure that ended first."""
        return min(failures, key=self._end_of, default=None)

    def _end_of(self, failure: Failure) -> float:
        standing = self._facts.places.standing(*place_of(failure))
        return math.inf if standing is None or standing.ended is None else standing.ended

    def _outer_cause(self, block: Block) -> Failure | None:
        path, sequence = block
        if not path or (self._facts.watches(path) and not is_copy(sequence)):
            return None
        outer = block_around(block)
        if is_copy(sequence) and self._facts.watches(path):
            return self._own_cause(outer)
        return self.cause(*outer)

    def _failed(self, block: Block) -> Iterator[tuple[Failure, Node]]:
        """Yield the failures in a block: tasks, and containers without a failed task."""
        path, whole = block
        for failure in self._facts.places.failed_within(path, whole):
            node = place_of(failure)
            if self._has_failed(*node):
                yield failure, node
        for failure in self._facts.container_problems:
            inner, sequence = node = place_of(failure)
            is_inside = inner[: len(path)] == path and sequence[: len(whole)] == whole and inner != path
            if is_inside and self._has_failed(*node):
                yield failure, node

    def _stops(self, node: Node, target: Block) -> bool:
        """Return whether the failure of a node, unhandled at each level, has stopped a block around it."""
        while True:
            if not self._is_unhandled(node):
                return False
            block = block_around(node)
            if self._ends_its_block(node):
                if block == target:
                    return True
            elif block == target or not block[0] or not self._has_failed(*block):
                return False
            node = block

    def _is_unhandled(self, node: Node) -> bool:
        """Return whether no sibling handles a failure, or will."""
        path, sequence = node
        if is_iteration(path, sequence) or is_copy(sequence):
            return True
        return all(self._early_truth(handler, sequence) is False for handler in self._facts.handling_siblings(path))

    def _early_truth(self, handler: Path, sequence: Sequence) -> bool | None:
        state = self._early(handler, sequence)
        if state.status is Status.SKIPPED:
            return False
        return None if state.status is Status.WAITING or state.is_doubtful else True

    def _ends_its_block(self, node: Node) -> bool:
        """Return whether a failure stops the block around it, rather than fail it in the end."""
        path, sequence = node
        if is_iteration(path, sequence) or is_copy(sequence):
            return self._facts.stops(path)
        return self._facts.stops(path[:-1] if self._facts.is_block(path) else path)


def place_of(failure: Failure) -> Node:
    """Return the task or container that failed."""
    path = tuple(failure.path.split("."))
    return path, read_sequence(failure.sequence, failure.host, failure.host_depth)
