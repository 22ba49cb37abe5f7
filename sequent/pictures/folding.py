"""Keeps a picture to a size that people can look at: what is deep in a large flow is folded."""

from __future__ import annotations

from collections import Counter

from attrs import evolve, frozen

from sequent.compiler.picture import Box, Kind

MOST_BOXES = 1_000
"""Above so many, containers are folded, the deepest first."""


@frozen
class Folded:
    """What is left of a flow, and what is not shown of it."""

    flow: Box
    notice: str = ""
    """A sentence; empty where all is shown."""


def folded(flow: Box, most: int = MOST_BOXES) -> Folded:
    """The flow in so many boxes at most: without what is in its deepest containers, and without the last ones."""
    at_depth = Counter(_depth(box) for box in flow.walk() if box.path)
    total = sum(at_depth.values())
    if total <= most:
        return Folded(flow)
    shown, depth = 0, 0
    while shown + at_depth[depth + 1] <= most:
        depth += 1
        shown += at_depth[depth]
    if depth:
        hidden = total - shown
        deep = "containers" if depth == 1 else f"containers {depth} deep"
        return Folded(_cut(flow, depth), f"{hidden:,} of {total:,} steps and containers are inside folded {deep}")
    first = _cut(evolve(flow, boxes=flow.boxes[: most - 1]), 1)
    known = {box.path for box in first.boxes}
    arrows = tuple(arrow for arrow in flow.arrows if {arrow.source, arrow.target} <= known)
    rest = len(flow.boxes) - len(first.boxes)
    more = Box(index=-1, path="...", name=f"and {rest:,} more", kind=Kind.NOTHING)
    return Folded(
        evolve(first, boxes=(*first.boxes, more), arrows=arrows), f"the first {most - 1:,} of {total:,} boxes are shown"
    )


def _depth(box: Box) -> int:
    return box.path.count(".") + 1


def _cut(box: Box, depth: int) -> Box:
    """The box with so many levels in it; what is folded says how much it holds."""
    if depth:
        return evolve(box, boxes=tuple(_cut(inner, depth - 1) for inner in box.boxes))
    inside = sum(1 for inner in box.walk() if not inner.boxes)
    if not box.boxes:
        return box
    return evolve(box, boxes=(), arrows=(), remarks=(*box.remarks, f"{inside:,} step{'s' * (inside != 1)} inside"))
