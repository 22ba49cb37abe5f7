"""At which height lines leave a box on its right, and reach one on its left."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

from attrs import define, field

from sequent.pictures.heights import spaced
from sequent.pictures.wires import Dash, Hop, Lane, Web, Wire

_APART = 12.0
_INSET = 9.0
"""Lines keep off a box's corners."""
_TALL = 60.0
"""A box of this height may have a lone line anywhere; a lower one has it in its middle, unless it would be straight."""

K = TypeVar("K", bound=Hashable)
Look = tuple[Dash, bool, bool]


def look_of(wire: Wire) -> Look:
    """What lines have in common that may reach a box at one point."""
    return (wire.dash, wire.is_failure, wire.is_choice)


@define(eq=False)
class Ports:
    """The height of both ends of every hop."""

    out: dict[tuple[int, Lane], float] = field(factory=dict[tuple[int, Lane], float])
    into: dict[tuple[int, Look | None], float] = field(factory=dict["tuple[int, Look | None]", float])

    def left(self, hop: Hop) -> float:
        """Where it begins."""
        return self.out[hop.left, hop.lane]

    def right(self, hop: Hop) -> float:
        """Where it ends."""
        return self.into[hop.right, look_of(hop.wire) if hop.wire is not None else None]


def room_for(lines: int) -> float:
    """How high a box is at least, which so many lines leave or reach on one side."""
    return 2 * _INSET + _APART * (lines - 1) if lines else 0.0


def ports_of(web: Web, centre: Mapping[int, float], heights: Sequence[float]) -> Ports:
    """Where lines leave and reach boxes: level with their other ends, if that can be."""
    hops = [hop for between in web.hops for hop in between]
    ports = Ports()
    for hop in hops:
        ports.out[hop.left, hop.lane] = centre[hop.left]
        ports.into[hop.right, look_of(hop.wire) if hop.wire is not None else None] = centre[hop.right]
    for _ in range(2):
        leaving: dict[tuple[int, Lane], list[float]] = {}
        for hop in hops:
            leaving.setdefault((hop.left, hop.lane), []).append(ports.right(hop))
        ports.out.update(_placed(leaving, web, centre, heights))
        reaching: dict[tuple[int, Look | None], list[float]] = {}
        for hop in hops:
            key = (hop.right, look_of(hop.wire) if hop.wire is not None else None)
            reaching.setdefault(key, []).append(ports.left(hop))
        ports.into.update(_placed(reaching, web, centre, heights))
    return ports


def _placed(
    others: Mapping[tuple[int, K], list[float]], web: Web, centre: Mapping[int, float], heights: Sequence[float]
) -> dict[tuple[int, K], float]:
    """The height of each point, given those at the other ends of its lines."""
    of_box: dict[int, list[tuple[tuple[int, K], float]]] = {}
    for key, ends in others.items():
        if key[0] not in web.bends:
            wanted = _wanted(ends, centre[key[0]], heights[key[0]])
            of_box.setdefault(key[0], []).append((key, wanted))
    return {
        key: place for box, points in of_box.items() for key, place in _side(points, centre[box], heights[box]).items()
    }


def _wanted(ends: Sequence[float], middle: float, height: float) -> float:
    reach = height / 2 - _INSET
    nearest = min(ends, key=lambda end: (abs(end - middle), end))
    if abs(nearest - middle) <= reach:
        return nearest
    return middle if height < _TALL else middle + (reach if nearest > middle else -reach)


def _side(points: list[tuple[K, float]], middle: float, height: float) -> dict[K, float]:
    """The points of one side of a box, in order and apart from each other, within its height."""
    points = sorted(points, key=lambda point: point[1])
    reach = height / 2 - _INSET
    apart = min(_APART, 2 * reach / (len(points) - 1)) if len(points) > 1 else 0.0
    wanted = [max(middle - reach, min(middle + reach, place)) for _, place in points]
    found = spaced(wanted, [1.0] * len(points), [apart] * (len(points) - 1))
    low, high = middle - reach, middle + reach - apart * (len(points) - 1)
    return {
        key: round(max(low, min(high, place - apart * at)) + apart * at, 1)
        for at, ((key, _), place) in enumerate(zip(points, found, strict=True))
    }
