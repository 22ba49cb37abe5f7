"""What is laid out: boxes of some size, and the wires between them."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from attrs import define, field, frozen


class Dash(StrEnum):
    """How a line is drawn."""

    SOLID = "solid"
    DASHED = "dashed"
    """The way after a failure, or whatever the end was."""
    DOTTED = "dotted"
    """The way that is taken in any case, or passed over by others."""


@frozen
class Size:
    """How large something is."""

    width: float
    height: float
    grows: bool = False
    """Whether it may be as wide as others beside it."""


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
"""What lines have in common that leave a box at one point: the box, their look, and whether they lead back."""


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
        """Whether its arrows point to the box on its left: of a wire that closes a circle."""
        return self.way[4]

    def end(self, wire: Wire) -> int:
        """The box on the right of one of its lines."""
        return wire.source if self.leads_back else wire.target


@frozen(eq=False)
class Hop:
    """A part of a lane, from one layer to the next; ``wire`` where it ends at a box, else it goes on from a bend."""

    left: int
    right: int
    lane: Lane
    wire: Wire | None = None


@define(eq=False)
class Web:
    """Boxes in layers, with a bend in each layer that a lane passes: numbered after the boxes."""

    layers: list[list[int]]
    hops: list[list[Hop]]
    """Between each layer and the next."""
    bends: dict[int, Lane] = field(factory=dict[int, Lane])

    def on_the_left(self, layer: int) -> dict[int, list[int]]:
        """What each of a layer is joined to in the layer before."""
        return _joined([(hop.right, hop.left) for hop in self.hops[layer - 1]]) if layer else {}

    def on_the_right(self, layer: int) -> dict[int, list[int]]:
        """What each of a layer is joined to in the layer after."""
        return _joined([(hop.left, hop.right) for hop in self.hops[layer]]) if layer < len(self.hops) else {}


def web_of(layer_of: Sequence[int], wires: Sequence[Wire]) -> Web:
    """Boxes in their layers and the lanes between them.

    Args:
        layer_of: the layer of each box.
        wires: none of which joins boxes of the same layer.
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
