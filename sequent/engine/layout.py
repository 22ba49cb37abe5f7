"""What the engine knows of a container before anything in it begins."""

from __future__ import annotations

from typing import TypeGuard

from sequent.model.plan import ContainerPlan, NodePlan, OuterAtom, Plan, Reaction, StepPlan
from sequent.model.status import Claim, Construct


class Layout:
    """What the engine looks up about a container again and again, worked out once for all its frames."""

    __slots__ = (
        "announced",
        "gate_sizes",
        "goes_ahead",
        "handled_by",
        "limiters",
        "nodes",
        "outer",
        "plan",
        "reactions",
        "reactors",
        "size",
    )

    def __init__(self, plan: Plan, container: ContainerPlan, *, is_uniform: bool) -> None:
        self.plan = container
        self.nodes: tuple[NodePlan, ...] = tuple(plan.nodes[index] for index in container.children)
        self.size = len(self.nodes)
        self.limiters = [_limiters(plan, node) for node in self.nodes]
        """Per child: the steps and containers whose own limit its execution counts against."""
        self.goes_ahead = [
            is_uniform and is_step(node) and not limiters and _can_go_ahead(node)
            for node, limiters in zip(self.nodes, self.limiters, strict=True)
        ]
        """Per child: whether nobody can tell that its tasks are handed to a worker before one is idle."""
        self.gate_sizes = [gate.size for gate in container.gates]
        self.handled_by: dict[int, list[int]] = {}
        """Per child position: the siblings whose failure its start would handle."""
        for position, handlers in enumerate(container.handlers):
            for handler in handlers:
                self.handled_by.setdefault(handler, []).append(position)
        self.announced = frozenset(
            position
            for position, atoms in enumerate(container.atoms)
            if any(atom.claim in (Claim.READY, Claim.ACTIVE) for atom in atoms)
        )
        """Children of whom somebody asks whether they are ready or active."""
        self.outer: dict[int, list[OuterAtom]] = {}
        for atom in container.outer_atoms:
            self.outer.setdefault(atom.node, []).append(atom)
        self.reactions: dict[int, Reaction] = {
            position: plan.reactions[node.index]
            for position, node in enumerate(self.nodes)
            if node.index in plan.reactions
        }
        self.reactors: dict[int, list[int]] = {}
        """Per node index of a cause: the children that react to it."""
        for position, reaction in self.reactions.items():
            for cause in {*reaction.to_failure_of, *reaction.to_run_of}:
                self.reactors.setdefault(cause, []).append(position)


def _limiters(plan: Plan, node: NodePlan) -> tuple[int, ...]:
    found: list[int] = []
    while True:
        if node.limit:
            found.append(node.index)
        if node.index == 0:
            return tuple(found)
        node = plan.nodes[node.parent]


def is_uniform(plan: Plan) -> bool:
    """Whether its tasks are executed in one place, in the order in which they are ready: workers, each one at a time.

    Where threads execute some, what workers hold ahead would be executed beside them, and be more than may.
    """
    constructs = {node.construct for node in plan.nodes if is_step(node) and not node.is_empty}
    return constructs == {Construct.PROCESS} and not plan.has_priorities


def _can_go_ahead(step: StepPlan) -> bool:
    return not (step.acquires or step.recovery or step.announces or step.timeout or step.is_empty)


def is_step(node: NodePlan) -> TypeGuard[StepPlan]:
    """Whether it is a leaf."""
    return type(node) is StepPlan
