"""Which nodes run, and how often, if everything succeeds."""

from __future__ import annotations

import math
from collections.abc import Container, Iterator

from attrs import define, field, frozen

from sequent.by_fields import ByFields
from sequent.compiler.tree import TreeNode
from sequent.model.hosts import hosts_in
from sequent.model.inputs import ItemsLiteralPlan, LiteralInput
from sequent.model.items import Items
from sequent.model.requirements import Atom, claims_in, holds
from sequent.model.status import SETTLES, Status


@frozen(eq=False, repr=False)
class Times(ByFields):
    """How often something happens, as far as that is known beforehand."""

    least: int
    most: float


@define
class Course:
    """Works out, one node after the other, whether it runs if all that runs succeeds."""

    _runs: dict[TreeNode, bool] = field(factory=dict[TreeNode, bool])

    def times_of(self, node: TreeNode) -> Times:
        """Return how often a step is executed, or a container opened: at least, if all succeeds; and at most."""
        least, most = int(self.runs(node)), 1.0
        around: TreeNode | None = node
        while around is not None:
            copies = copies_of(around)
            least *= copies or 1
            most *= math.inf if copies is None else copies
            count = count_of(around) if around is not node or node.wraps else 1
            if count == 0:
                return Times(0, 0)
            least *= 0 if count is None else 1 if around.spec.until else count
            most *= math.inf if count is None else count
            around = around.parent
        return Times(least, most)

    def runs(self, node: TreeNode) -> bool:
        """Return whether a node runs if all that runs succeeds; requirements on returned values count as false."""
        for current in needed_first(node, self._runs):
            self._runs[current] = self._is_true_of(current.parent) and self._holds(current)
        return self._runs[node]

    def _is_true_of(self, node: TreeNode | None) -> bool:
        return node is None or self._runs.get(node, True)

    def _holds(self, node: TreeNode) -> bool:
        def is_true(claim: Atom) -> bool:
            status = Status.SUCCESS if self._is_true_of(node.of(claim)) else Status.SKIPPED
            return claim.claim in SETTLES[status]

        return node.condition is None or holds(node.condition, is_true)


def needed_first(node: TreeNode, known: Container[TreeNode]) -> Iterator[TreeNode]:
    """Yield a node and the unknown nodes that it depends on, each after those that it depends on itself.

    The caller must work out a node before asking for the next, so that it is known.
    """
    pending, entered = [node], set[TreeNode]()
    while pending:
        current = pending[-1]
        further = [] if current in entered else [other for other in _needed(current) if other not in known]
        entered.add(current)
        if further:
            pending.extend(further)
        elif pending.pop() not in known:
            yield current


def _needed(node: TreeNode) -> list[TreeNode]:
    around = [] if node.parent is None else [node.parent]
    return [*around, *(node.of(asked) for asked in claims_in(node.condition))]


def copies_of(node: TreeNode) -> int | None:
    """Return how many copies of a node there are, on hosts; None if that is known only while running."""
    hosts = node.values.get("hosts")
    if hosts is None:
        return 1
    return len(hosts_in(hosts.text)) if isinstance(hosts, LiteralInput) else None


def count_of(node: TreeNode) -> int | None:
    """Return the number of a node's iterations; None if it is known only while running."""
    if node.repeats is None:
        return 1
    return len(Items(node.repeats.text)) if isinstance(node.repeats, ItemsLiteralPlan) else None
