"""The engine's knowledge of a container before anything in it begins."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import NamedTuple, TypeGuard

from sequent.model.plan import ContainerPlan, NodePlan, OuterAtom, Plan, Reaction, StepPlan
from sequent.model.status import Claim, Construct

BEGUN = frozenset({Claim.READY, Claim.ACTIVE})
"""Claims that may be made about a child before it has settled."""


class Cause(NamedTuple):
    """A cause that makes a kept success run again: one cause of one child."""

    position: int
    """The child."""
    node: int
    """The cause, a sibling or a node further out."""
    by_failing: bool
    by_running: bool
    """Whether it is a cause by failing again, or by having run again."""


class Layout:
    """The facts that the engine looks up about a container often, worked out once for all its frames."""

    __slots__ = (
        "announced",
        "caused_by",
        "causes",
        "gate_sizes",
        "goes_ahead",
        "handled_by",
        "is_unlimited",
        "limiters",
        "nodes",
        "outer",
        "plan",
        "size",
        "steps",
    )

    def __init__(self, plan: Plan, container: ContainerPlan, *, is_uniform: bool) -> None:
        self.plan = container
        self.nodes: tuple[NodePlan, ...] = tuple(plan.nodes[index] for index in container.children)
        self.steps = [node if is_step(node) else None for node in self.nodes]
        """Per child: itself, if it is a step."""
        self.size = len(self.nodes)
        self.limiters = [_limiters(plan, node) for node in self.nodes]
        """Per child: the steps and containers whose own limit its execution counts against."""
        self.is_unlimited = [
            not (node.acquires or limiters) for node, limiters in zip(self.nodes, self.limiters, strict=True)
        ]
        """Per child: whether it waits only for a slot."""
        self.goes_ahead = [
            is_uniform and is_step(node) and not limiters and _can_go_ahead(node)
            for node, limiters in zip(self.nodes, self.limiters, strict=True)
        ]
        """Per child: whether it makes no difference if its tasks are handed to a worker before one is idle."""
        self.gate_sizes = [gate.size for gate in container.gates]
        self.handled_by = _handled_by(container)
        """Per child position: the siblings whose failure its start would handle."""
        self.announced = frozenset(
            position for position, atoms in enumerate(container.atoms) if any(atom.claim in BEGUN for atom in atoms)
        )
        """Children about which a requirement claims that they are ready or active."""
        self.outer: dict[int, list[OuterAtom]] = {}
        for atom in container.outer_atoms:
            self.outer.setdefault(atom.node, []).append(atom)
        self.causes = {
            position: _causes(plan.reactions[node.index], position)
            for position, node in enumerate(self.nodes)
            if node.index in plan.reactions
        }
        """Per child that may run again though it was kept: the causes."""
        self.caused_by = _by_node(chain.from_iterable(self.causes.values()))
        """The causes, per node index of the cause."""


class Layouts:
    """The layouts of a plan's containers; each is made when it is first needed."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._is_uniform = _is_uniform(plan)
        self._made: dict[int, Layout] = {}

    def of(self, container: ContainerPlan) -> Layout:
        """Return the layout of all frames of that container."""
        layout = self._made.get(container.index)
        if layout is None:
            layout = self._made[container.index] = Layout(self._plan, container, is_uniform=self._is_uniform)
        return layout


def _handled_by(container: ContainerPlan) -> dict[int, list[int]]:
    handled: dict[int, list[int]] = {}
    for position, handlers in enumerate(container.handlers):
        for handler in handlers:
            handled.setdefault(handler, []).append(position)
    return handled


def _by_node(causes: Iterable[Cause]) -> dict[int, list[Cause]]:
    by_node: dict[int, list[Cause]] = {}
    for cause in causes:
        by_node.setdefault(cause.node, []).append(cause)
    return by_node


def _causes(reaction: Reaction, position: int) -> list[Cause]:
    failing, running = frozenset(reaction.to_failure_of), frozenset(reaction.to_run_of)
    nodes = dict.fromkeys((*reaction.to_failure_of, *reaction.to_run_of))
    return [Cause(position, node, node in failing, node in running) for node in nodes]


def _limiters(plan: Plan, node: NodePlan) -> tuple[int, ...]:
    limiters: list[int] = []
    while True:
        if node.limit:
            limiters.append(node.index)
        if node.index == 0:
            return tuple(limiters)
        node = plan.nodes[node.parent]


def _is_uniform(plan: Plan) -> bool:
    """Return whether tasks run only in workers, each one at a time, in the order in which they become ready.

    Threads would execute tasks beside those that workers hold ahead, and so more than may run at once.
    """
    constructs = {node.construct for node in plan.nodes if is_step(node) and not (node.is_empty or node.asks)}
    return constructs == {Construct.PROCESS} and not plan.has_priorities


def asks_for_begun(plan: Plan) -> bool:
    """Return whether any requirement claims that a node is ready or active."""
    containers = [node for node in plan.nodes if isinstance(node, ContainerPlan)]
    siblings = any(atom.claim in BEGUN for container in containers for atoms in container.atoms for atom in atoms)
    return siblings or any(atom.claim in BEGUN for container in containers for atom in container.outer_atoms)


def _can_go_ahead(step: StepPlan) -> bool:
    is_special = step.acquires or step.recovery or step.announces or "timeout" in step.values
    return not (is_special or step.is_empty or step.asks)


def needs_slot(node: NodePlan) -> bool:
    """Return whether something executes the node itself."""
    return is_step(node) and not node.asks


def is_step(node: NodePlan) -> TypeGuard[StepPlan]:
    """Return whether the node is a step."""
    return type(node) is StepPlan
