"""Arranges boxes in layers: the layer of each, the order within a layer, and the lines from one layer to the next."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence
from enum import StrEnum

from attrs import define, field, frozen

_SWEEPS = 6
_MOST_COUNTED = 4_000
"""The number of hops between two layers above which crossings are not counted: the last sweep is then the result."""


class Dash(StrEnum):
    """The styles of lines."""

    SOLID = "solid"
    DASHED = "dashed"
    """The way after a failure, or after any end."""
    DOTTED = "dotted"
    """A way that is always taken, or that others pass over."""


@frozen
class Size:
    """The size of a box."""

    width: float
    height: float
    grows: bool = False
    """Whether it may be widened to the width of others beside it."""


@frozen
class Wire:
    """A line from one box to another of the same container."""

    source: int
    target: int
    dash: Dash = Dash.SOLID
    label: str = ""
    is_failure: bool = False
    is_choice: bool = False


Way = tuple[int, Dash, str, bool, bool]
"""The common key of lines that leave a box at one point: the box, their look, and whether they lead back."""


@define(eq=False)
class Lane:
    """The lines that leave a box at one point: one trunk, from which a branch goes to each of its ends."""

    way: Way
    wires: list[Wire] = field(factory=list[Wire])

    @property
    def source(self) -> int:
        """The box on its left."""
        return self.way[0]

    @property
    def leads_back(self) -> bool:
        """Whether its arrows point to the box on its left, as those of a wire that closes a cycle."""
        return self.way[4]

    def end(self, wire: Wire) -> int:
        """Return the box on the right of one of its lines."""
        return wire.source if self.leads_back else wire.target


@frozen(eq=False)
class Hop:
    """A part of a lane, from one layer to the next; with a ``wire`` if it ends at a box, else it ends at a bend."""

    left: int
    right: int
    lane: Lane
    wire: Wire | None = None


@define(eq=False)
class Web:
    """Boxes in layers, with a bend in each layer that a lane passes; bends are numbered after the boxes."""

    layers: list[list[int]]
    hops: list[list[Hop]]
    """The hops between each layer and the next."""
    bends: dict[int, Lane] = field(factory=dict[int, Lane])

    def on_the_left(self, layer: int) -> dict[int, list[int]]:
        """Return the neighbours of each box in the previous layer."""
        return _joined([(hop.right, hop.left) for hop in self.hops[layer - 1]]) if layer else {}

    def on_the_right(self, layer: int) -> dict[int, list[int]]:
        """Return the neighbours of each box in the next layer."""
        return _joined([(hop.left, hop.right) for hop in self.hops[layer]]) if layer < len(self.hops) else {}


def web_of(layer_of: Sequence[int], wires: Sequence[Wire]) -> Web:
    """Return boxes in their layers and the lanes between them.

    Args:
        layer_of: the layer of each box.
        wires: the lines between boxes, never between boxes of the same layer.
    """
    layers: list[list[int]] = [[] for _ in range(max(layer_of, default=-1) + 1)]
    for box, layer in enumerate(layer_of):
        layers[layer].append(box)
    web = Web(layers, [[] for _ in layers[1:]])
    number = len(layer_of)
    for lane in _lanes(layer_of, wires):
        carrier, layer = lane.source, layer_of[lane.source]
        last = max(layer_of[lane.end(wire)] for wire in lane.wires)
        for reached in range(layer + 1, last + 1):
            ends = [wire for wire in lane.wires if layer_of[lane.end(wire)] == reached]
            web.hops[reached - 1] += [Hop(carrier, lane.end(wire), lane, wire) for wire in ends]
            if reached < last:
                web.hops[reached - 1].append(Hop(carrier, number, lane))
                web.layers[reached].append(number)
                web.bends[number] = lane
                carrier, number = number, number + 1
    return web


def _lanes(layer_of: Sequence[int], wires: Sequence[Wire]) -> list[Lane]:
    lanes: dict[Way, Lane] = {}
    for wire in wires:
        leads_back = layer_of[wire.source] > layer_of[wire.target]
        left = wire.target if leads_back else wire.source
        way = (left, wire.dash, wire.label, wire.is_failure, leads_back)
        lanes.setdefault(way, Lane(way)).wires.append(wire)
    return list(lanes.values())


def _joined(pairs: list[tuple[int, int]]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for one, other in pairs:
        found.setdefault(one, []).append(other)
    return found


def layers_of(count: int, pairs: Sequence[tuple[int, int]]) -> list[int]:
    """Return the layer of each box, from 0: that of the longest path to it, or close to its successors without one.

    A pair that closes a cycle is passed over: its line leads back.

    Args:
        count: how many boxes there are.
        pairs: the earlier and the later box of each.
    """
    after: list[list[int]] = [[] for _ in range(count)]
    for source, target in sorted(set(pairs)):
        after[source].append(target)
    order, forward = _sorted(count, after)
    layer = [0] * count
    for box in order:
        for target in forward[box]:
            layer[target] = max(layer[target], layer[box] + 1)
    led_to = {target for targets in forward for target in targets}
    for box in order:
        if forward[box] and box not in led_to:
            layer[box] = min(layer[target] for target in forward[box]) - 1
    return layer


def _sorted(count: int, after: list[list[int]]) -> tuple[list[int], list[list[int]]]:
    """Return the boxes, each before its successors, and the successors of each, without edges that close a cycle."""
    forward: list[list[int]] = [[] for _ in range(count)]
    order: list[int] = []
    state = [0] * count  # 0: not seen; 1: what follows it is being looked at; 2: done
    for start in range(count):
        if state[start]:
            continue
        state[start] = 1
        pending = [(start, iter(after[start]))]
        while pending:
            box, rest = pending[-1]
            target = next(rest, None)
            if target is None:
                state[box] = 2
                order.append(box)
                pending.pop()
            elif state[target] != 1:
                forward[box].append(target)
                if not state[target]:
                    state[target] = 1
                    pending.append((target, iter(after[target])))
    return order[::-1], forward


def put_in_order(web: Web) -> None:
    """Sort each layer by the positions of its neighbours, to and fro, and keep the best order."""
    best, fewest = _copy(web), _crossings(web)
    for sweep in range(_SWEEPS):
        if not fewest:
            break
        places = range(1, len(web.layers)) if sweep % 2 == 0 else range(len(web.layers) - 2, -1, -1)
        for layer in places:
            near = web.on_the_left(layer) if sweep % 2 == 0 else web.on_the_right(layer)
            beside = web.layers[layer - 1 if sweep % 2 == 0 else layer + 1]
            _sort(web.layers[layer], near, beside)
        count = _crossings(web)
        if count < fewest:
            best, fewest = _copy(web), count
    web.layers[:] = best


def _copy(web: Web) -> list[list[int]]:
    return [list(layer) for layer in web.layers]


def _sort(layer: list[int], near: dict[int, list[int]], beside: list[int]) -> None:
    """Sort by the mean position of neighbours; a box without neighbours stays in place."""
    place = {box: at for at, box in enumerate(beside)}
    scale = len(beside) / max(len(layer), 1)
    own = {box: (at + 0.5) * scale - 0.5 for at, box in enumerate(layer)}
    wanted = {
        box: sum(place[other] for other in near[box]) / len(near[box]) if box in near else own[box] for box in layer
    }
    layer.sort(key=lambda box: wanted[box])


def _crossings(web: Web) -> int:
    return sum(
        _crossings_between(web.layers[at], web.layers[at + 1], hops)
        for at, hops in enumerate(web.hops)
        if len(hops) <= _MOST_COUNTED
    )


def _crossings_between(left: list[int], right: list[int], hops: list[Hop]) -> int:
    """Return how many pairs of hops cross: those that begin further up and end further down."""
    left_place = {box: at for at, box in enumerate(left)}
    right_place = {box: at for at, box in enumerate(right)}
    ends = sorted((left_place[hop.left], right_place[hop.right]) for hop in hops)
    passed: list[int] = []
    count = 0
    for _, end in ends:
        count += len(passed) - bisect_right(passed, end)
        insort(passed, end)
    return count
