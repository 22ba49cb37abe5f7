"""Finds nodes that wait for themselves by way of others, and names the shortest circle."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from attrs import frozen

from sequent.compiler.problems import Problems
from sequent.compiler.tree import TreeNode
from sequent.model.requirements import Atom, claims_in

# Searching for the very shortest circle in a large tangle would cost the square of its size.
_MOST_LOOKED_AT = 200_000
_MOST_SHOWN = 20


@frozen(eq=False)
class SiblingWait:
    """A wait of a node for a sibling: its own, or that of a node inside it for the sibling or a node there."""

    node: TreeNode
    sibling: TreeNode
    reader: TreeNode
    """The node with the requirement: the node itself, or one inside it."""
    asked: Atom


def waits_of(reader: TreeNode) -> Iterator[SiblingWait]:
    """Yield the waits that a node's requirement causes, for itself or containers around it."""
    for asked in claims_in(reader.condition):
        sibling = reader.of(asked)
        yield SiblingWait(reader.ancestor(len(sibling.path)), sibling, reader, asked)


def check_cycles(nodes: Iterable[TreeNode], problems: Problems) -> None:
    """Report each circle; if two of them share a node, the shortest.

    A container's children are ordered among themselves. A node further in that waits for one further out makes all
    containers around it wait, so circles through containers are found as well.
    """
    graphs: dict[int, dict[tuple[int, int], SiblingWait]] = {}
    for reader in nodes:
        for wait in waits_of(reader):
            container = wait.sibling.parent
            if container is not None:
                edges = graphs.setdefault(container.index, {})
                edges.setdefault((wait.node.position, wait.sibling.position), wait)
    for edges in graphs.values():
        _check_siblings(edges, problems)


def _check_siblings(edges: dict[tuple[int, int], SiblingWait], problems: Problems) -> None:
    # Requirements against the order of writing are rare, and without one there is no circle.
    if all(waiting > other for waiting, other in edges):
        return
    # Few flows come to this, and importing it costs as much as the whole compiler.
    import networkx

    others: dict[int, list[int]] = {}
    for waiting, other in edges:
        others.setdefault(waiting, []).append(other)
    tangles: Iterable[set[int]] = networkx.strongly_connected_components(networkx.DiGraph(edges.keys()))
    for tangle in tangles:
        if len(tangle) > 1:
            circle = _shortest_circle(others, tangle)
            _refuse([edges[pair] for pair in zip(circle, [*circle[1:], circle[0]], strict=True)], problems)


def _shortest_circle(others: dict[int, list[int]], tangle: set[int]) -> list[int]:
    """Return the shortest way from a node back to itself, beginning with the node that was written first."""
    best: list[int] = []
    left = _MOST_LOOKED_AT
    for start in sorted(tangle):
        way, looked_at = _way_back(others, tangle, start, len(best))
        left -= looked_at
        best = way or best
        if len(best) == 2 or left <= 0:
            break
    first = best.index(min(best))
    return best[first:] + best[:first]


def _way_back(others: dict[int, list[int]], tangle: set[int], start: int, shorter_than: int) -> tuple[list[int], int]:
    """Return the shortest circle through one node, if shorter than that (0: any), and the number of edges visited."""
    came_from: dict[int, int] = {start: start}
    layer, length, looked_at = [start], 1, 0
    while layer and not 0 < shorter_than <= length:
        further: list[int] = []
        for node in layer:
            for other in others[node]:
                looked_at += 1
                if other == start:
                    return _way(came_from, node), looked_at
                if other in tangle and other not in came_from:
                    came_from[other] = node
                    further.append(other)
        layer, length = further, length + 1
    return [], looked_at


def _way(came_from: dict[int, int], end: int) -> list[int]:
    way = [end]
    while came_from[way[-1]] != way[-1]:
        way.append(came_from[way[-1]])
    return way[::-1]


def _refuse(circle: list[SiblingWait], problems: Problems) -> None:
    names = [wait.node.text for wait in circle]
    lines = [
        f"{wait.reader.shown} requires {wait.sibling.shown}" + (f" at {wait.asked.place}" if wait.asked.place else "")
        for wait in circle
    ]
    problems.add(
        "cycle",
        f"cycle: {' -> '.join([*_shortened(names), names[0]])}, where each waits for the next: "
        f"{'; '.join(_shortened(lines))}",
        path=circle[0].node.text,
        place=circle[0].asked.place or circle[0].node.spec.place,
        hint="leave one of these requirements out",
    )


def _shortened(texts: list[str]) -> list[str]:
    """Return all of them, or the first and the last of very many."""
    half = _MOST_SHOWN // 2
    if len(texts) <= _MOST_SHOWN:
        return texts
    return [*texts[:half], f"... {len(texts) - 2 * half:,} more ...", *texts[-half:]]
