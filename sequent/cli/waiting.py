"""What each part of a plan waits for, read back from the circuits that the engine will run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from graphlib import TopologicalSorter
from heapq import heapify, heappop, heappush

from attrs import frozen

from sequent.cli.text import safe
from sequent.compiler.texts import input_text, items_text, option_words
from sequent.model.inputs import ItemsLiteralPlan, ItemsPlan
from sequent.model.items import Items
from sequent.model.options import OPTIONS
from sequent.model.plan import ContainerPlan, NodePlan, Plan, StepPlan, start_of
from sequent.model.references import dotted
from sequent.model.status import Claim

_LONGEST_SHOWN = 60
_SUFFIXES = {Claim.SUCCESS: "", Claim.FAILURE: ".failed"}


@frozen
class PlannedPart:
    """A step or a container of a plan, for people and machines."""

    node: NodePlan
    depth: int
    is_container: bool
    waits_for: str
    """Its requirement, with names as in the flow; empty where it waits for nothing."""
    repeats: str
    """What it repeats over; empty where it does not repeat."""
    parallel: int | str
    """How many iterations at once: a number, 0 for any, or where that comes from."""
    notes: tuple[str, ...]
    """How long, how often, how soon and how many at once, and what it acquires."""


def planned_parts(plan: Plan) -> Iterator[PlannedPart]:
    """The steps and containers in the order in which they can start, each container before what it holds."""
    yield from _parts_in(plan, 0, 0)


def _parts_in(plan: Plan, index: int, depth: int) -> Iterator[PlannedPart]:
    around = _container(plan, index)
    circuit = _Circuit(plan, around)
    for position in _ordered(circuit, len(around.children)):
        node = plan.nodes[around.children[position]]
        container = node if isinstance(node, ContainerPlan) else None
        is_step = container is None or container.wraps
        yield PlannedPart(
            node=node,
            depth=depth,
            is_container=not is_step,
            waits_for=circuit.text(start_of(position)),
            repeats="" if container is None or container.repeats is None else _items(plan, container.repeats),
            parallel=1 if container is None else _parallel(plan, container),
            notes=tuple(_notes(plan, node)),
        )
        if not is_step:
            yield from _parts_in(plan, node.index, depth + 1)


def _ordered(circuit: _Circuit, count: int) -> Iterator[int]:
    """The positions of a container's children, each after those it waits for, else as written."""
    order = TopologicalSorter({position: sorted(circuit.siblings(position)) for position in range(count)})
    order.prepare()
    ready = list(order.get_ready())
    heapify(ready)
    while ready:
        position = heappop(ready)
        yield position
        order.done(position)
        for freed in order.get_ready():
            heappush(ready, freed)


def _container(plan: Plan, index: int) -> ContainerPlan:
    node = plan.nodes[index]
    if not isinstance(node, ContainerPlan):
        raise TypeError(f"node {index} is a step")
    return node


class _Circuit:
    """A container's requirements, followed backwards from a target to what decides it."""

    def __init__(self, plan: Plan, container: ContainerPlan) -> None:
        self._gates = container.gates
        self._sources: dict[int, list[tuple[str, int]]] = {}
        """Per target: the text of what feeds it and the sibling's position, or '' and a gate's index."""
        for position, atoms in enumerate(container.atoms):
            for atom in atoms:
                claimed = _claimed(plan, container.children[position], atom.claim, atom.question)
                self._sources.setdefault(atom.target, []).append((claimed, position))
        for outer in container.outer_atoms:
            claimed = f"outer.{_claimed(plan, outer.node, outer.claim, outer.question)}"
            self._sources.setdefault(outer.target, []).append((claimed, -1))
        for index, gate in enumerate(container.gates):
            self._sources.setdefault(gate.target, []).append(("", index))

    def siblings(self, position: int) -> set[int]:
        """The siblings that decide whether and when the child at that position starts."""
        found: set[int] = set()
        pending = [start_of(position)]
        while pending:
            for text, index in self._sources.get(pending.pop(), ()):
                if not text:
                    pending.append(index)
                elif index >= 0 and index != position:
                    found.add(index)
        return found

    def text(self, target: int) -> str:
        """The requirement as it would be written."""
        parts = [text or f"({self.text(index)})" for text, index in self._sources.get(target, ())]
        if target < 0:
            # A start has one source; a gate's brackets are needed only within another gate.
            return " & ".join(part.removeprefix("(").removesuffix(")") if part[:1] == "(" else part for part in parts)
        return (" & " if self._gates[target].is_all else " | ").join(parts)


def _claimed(plan: Plan, index: int, claim: Claim, question: int) -> str:
    node = plan.nodes[index]
    name = safe(node.path[-1])
    if claim is not Claim.RETURNED:
        return name + _SUFFIXES.get(claim, f".{claim.value}")
    while isinstance(node, ContainerPlan) and node.result is not None:
        node = plan.nodes[node.children[node.result]]
    values = node.asked[question] if isinstance(node, StepPlan) else ()
    return f"{name}.returned({safe(', '.join(values))})"


def _notes(plan: Plan, node: NodePlan) -> Iterator[str]:
    if isinstance(node, ContainerPlan) and node.until is not None:
        yield "until its result" if node.wraps else f"until {safe(plan.nodes[node.children[node.until]].path[-1])}"
    if isinstance(node, ContainerPlan) and node.wraps:
        node = plan.nodes[node.children[0]]
    told = option_words(node, node.values, _namer(plan))
    yield from (safe(text) for option, text in told.items() if OPTIONS[option].is_tuning)
    if node.limit:
        yield f"at most {node.limit:,} at once"
    yield from (safe(told[option]) for option in ("acquires", "releases") if option in told)


def _parallel(plan: Plan, container: ContainerPlan) -> int | str:
    source = container.values.get("parallel")
    return container.parallel if source is None else safe(input_text(source, _namer(plan)))


def _items(plan: Plan, items: ItemsPlan) -> str:
    if not isinstance(items, ItemsLiteralPlan):
        return safe(items_text(items, _namer(plan)))
    tree = json.loads(items.text)
    shown = safe(json.dumps(tree, ensure_ascii=False))
    return shown if isinstance(tree, list) and len(shown) <= _LONGEST_SHOWN else f"{len(Items(items.text)):,} items"


def _namer(plan: Plan) -> Callable[[int], str]:
    return lambda index: dotted(plan.nodes[index].path)
