"""Makes one circuit of the requirements of a container's children."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from sequent.by_fields import ByFields
from sequent.compiler.returned_claims import ReturnedClaims
from sequent.compiler.tree import TreeNode
from sequent.model.plan import AtomPlan, Gate, OuterAtom, Reaction, start_of
from sequent.model.requirements import AllOf, Atom, Requirement, claims_in
from sequent.model.status import Claim


@frozen(eq=False, repr=False)
class Circuit(ByFields):
    """The requirements of a container's children."""

    gates: tuple[Gate, ...]
    atoms: tuple[tuple[AtomPlan, ...], ...]
    outer_atoms: tuple[OuterAtom, ...]
    free: tuple[int, ...]
    handlers: tuple[tuple[int, ...], ...]


def circuit_of(container: TreeNode, claims: ReturnedClaims) -> Circuit:
    """Wire up a container's children: atoms feed gates, and the last gate of each child feeds its start."""
    gates: list[Gate] = []
    atoms: list[list[AtomPlan]] = [[] for _ in container.children]
    outer_atoms: list[OuterAtom] = []
    for child in container.children:
        pending: list[tuple[Requirement, int]] = []
        if child.condition is not None:
            pending.append((child.condition, start_of(child.position)))
        while pending:
            part, target = pending.pop()
            if not isinstance(part, Atom):
                pending.extend((inner, len(gates)) for inner in reversed(part.parts))
                gates.append(Gate(isinstance(part, AllOf), len(part.parts), target))
                continue
            node = container.of(part)
            question = claims.number(node, part)
            if node.parent is container:
                atoms[node.position].append(AtomPlan(part.claim, target, question))
            else:
                outer_atoms.append(OuterAtom(node.index, part.claim, target, question))
    return Circuit(
        gates=tuple(gates),
        atoms=tuple(map(tuple, atoms)),
        outer_atoms=tuple(outer_atoms),
        free=tuple(child.position for child in container.children if child.condition is None),
        handlers=_handled_by(container),
    )


def _handled_by(container: TreeNode) -> tuple[tuple[int, ...], ...]:
    """Return, for each child, the siblings that would handle its failure, by requiring it or taking another value."""
    handlers: list[dict[int, None]] = [{} for _ in container.children]
    for child in container.children:
        if child.spec.handles:
            for asked in claims_in(child.condition):
                node = container.of(asked)
                if asked.handles and node.parent is container:
                    handlers[node.position][child.position] = None
    return tuple(map(tuple, handlers))


def watches(node: TreeNode) -> bool:
    """Return whether it still starts in a container that has stopped."""
    return not node.spec.handles or any(asked.watches for asked in claims_in(node.condition))


def reaction_of(node: TreeNode) -> Reaction | None:
    """Return the causes that make its success run again in a recovery; None if there are none."""
    failures = {node.of(asked).index for asked in claims_in(node.condition) if asked.handles}
    runs = {node.of(asked).index for asked in claims_in(node.condition) if asked.claim is Claim.DONE}
    if not failures and not runs:
        return None
    return Reaction(to_failure_of=tuple(sorted(failures)), to_run_of=tuple(sorted(runs)))


def announced_in(nodes: Iterable[TreeNode]) -> set[int]:
    """Return the nodes for which a requirement asks whether they are active."""
    return {
        node.of(asked).index for node in nodes for asked in claims_in(node.condition) if asked.claim is Claim.ACTIVE
    }
