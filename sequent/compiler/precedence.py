"""The nodes that have surely settled before another can start."""

from __future__ import annotations

from attrs import define, field

from sequent.compiler.run_counts import needed_first
from sequent.compiler.tree import TreeNode
from sequent.model.requirements import AllOf, Atom, Requirement
from sequent.model.status import Claim

Nodes = frozenset[TreeNode]

_UNDER_WAY = (Claim.READY, Claim.ACTIVE)
_UNSTARTED = (Claim.DONE, Claim.SKIPPED)
"""Claims that may be true of a node whose own requirement never was."""


@define
class Precedence:
    """Works out, one node after the other, which of certain nodes come before it, within an iteration."""

    relevant: Nodes
    _before: dict[TreeNode, Nodes] = field(factory=dict[TreeNode, Nodes])

    def before(self, node: TreeNode) -> Nodes:
        """Return the relevant nodes that have settled whenever this one starts."""
        for current in needed_first(node, self._before):
            around = self._known(current.parent)
            self._before[current] = around | self._of(current, current.condition)
        return self._before[node]

    def _known(self, node: TreeNode | None) -> Nodes:
        return Nodes() if node is None else self._before.get(node, Nodes())

    def _of(self, reader: TreeNode, condition: Requirement | None) -> Nodes:
        if condition is None:
            return Nodes()
        if not isinstance(condition, Atom):
            first, *others = (self._of(reader, part) for part in condition.parts)
            return first.union(*others) if isinstance(condition, AllOf) else first.intersection(*others)
        node = reader.of(condition)
        settled = self.relevant & {node} if condition.claim not in _UNDER_WAY else Nodes()
        return settled if condition.claim in _UNSTARTED else settled | self._known(node)
