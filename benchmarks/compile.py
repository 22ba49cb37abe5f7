"""How long 10,000 step definitions take to compile, beside building the same graph in networkx."""

from __future__ import annotations

import time
from collections.abc import Callable

import networkx

from sequent.compiler import compile_flow
from sequent.model.requirements import AllOf, Atom, Requirement
from sequent.model.spec import ContainerSpec, FlowSpec, StepSpec
from sequent.model.status import Claim
from sequent.model.work import FunctionWork

STEPS = 10_000
ROUNDS = 5
Edges = list[tuple[int, int]]
"""Pairs of steps, by number: the second requires the first."""

SHAPES: dict[str, Edges] = {
    "chain": [(number - 1, number) for number in range(1, STEPS)],
    "fan-in": [(number, STEPS - 1) for number in range(STEPS - 1)],
    "layers": [(layer + source, layer + 100 + source) for layer in range(0, STEPS - 100, 100) for source in range(100)],
}


def flow_of(edges: Edges) -> FlowSpec:
    """A flow of that many steps, with a requirement for each edge."""
    required: dict[int, list[Atom]] = {}
    for source, target in edges:
        required.setdefault(target, []).append(Atom((f"s{source}",), Claim.SUCCESS))
    steps = (
        StepSpec(
            name=f"s{number}",
            work=FunctionWork(name=f"s{number}", takes_self=False),
            requires=_joined(required.get(number, [])),
        )
        for number in range(STEPS)
    )
    return FlowSpec(name="many", root=ContainerSpec(name="many", children=tuple(steps)))


def _joined(atoms: list[Atom]) -> Requirement | None:
    return AllOf(tuple(atoms)) if len(atoms) > 1 else next(iter(atoms), None)


def build_graph(edges: Edges) -> None:
    """The same in networkx: the graph, and that it has no cycle."""
    graph = networkx.DiGraph()
    graph.add_nodes_from(f"s{number}" for number in range(STEPS))
    graph.add_edges_from((f"s{source}", f"s{target}") for source, target in edges)
    networkx.is_directed_acyclic_graph(graph)


def measure(work: Callable[[], object]) -> float:
    """The shortest of a few rounds, in seconds."""
    durations: list[float] = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        durations.append(time.perf_counter() - started)
    return min(durations)


def ratio() -> str:
    """Seconds to compile each shape, and how many times as long as networkx takes for the graph alone."""
    figures: list[str] = []
    for shape, edges in SHAPES.items():
        spec = flow_of(edges)
        ours = measure(lambda spec=spec: compile_flow(spec))
        floor = measure(lambda edges=edges: build_graph(edges))
        figures.append(f"{shape} {ours:.2f} s, {ours / floor:.1f} of networkx")
    return f"{STEPS:,} steps: {'; '.join(figures)}"


if __name__ == "__main__":
    print(ratio())
