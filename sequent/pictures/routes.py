"""Finds the way of each line: where it leaves and reaches a box, and where it turns between layers."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

from attrs import define, field, frozen

from sequent.pictures.layers import Dash, Hop, Lane, Web, Wire
from sequent.pictures.style import width_of

_APART = 12.0
_INSET = 9.0
"""The distance that lines keep from a box's corners."""
_TALL = 60.0
"""The height above which a box may have a single line anywhere, not only in its middle or if it is straight."""

K = TypeVar("K", bound=Hashable)
Look = tuple[Dash, bool, bool]
LABEL_SIZE = 9.5
_LEAD = 9.0
_TRACK = 8.0
_HEAD = 16.0
_NARROWEST = 30.0
_CLEAR = 6.0
"""The least distance of two lanes in one track."""
Point = tuple[float, float]


def look_of(wire: Wire) -> Look:
    """Return the common key of lines that may reach a box at one point."""
    return (wire.dash, wire.is_failure, wire.is_choice)


@define(eq=False)
class Ports:
    """The heights of both ends of every hop."""

    out: dict[tuple[int, Lane], float] = field(factory=dict[tuple[int, Lane], float])
    into: dict[tuple[int, Look | None], float] = field(factory=dict["tuple[int, Look | None]", float])

    def left(self, hop: Hop) -> float:
        """Return the height at which a hop begins."""
        return self.out[hop.left, hop.lane]

    def right(self, hop: Hop) -> float:
        """Return the height at which a hop ends."""
        return self.into[hop.right, look_of(hop.wire) if hop.wire is not None else None]


def room_for(lines: int) -> float:
    """Return the least height of a box with this many lines on one side."""
    return 2 * _INSET + _APART * (lines - 1) if lines else 0.0


def ports_of(web: Web, centre: Mapping[int, float], heights: Sequence[float]) -> Ports:
    """Return the points at which lines leave and reach boxes: level with their other ends, if possible."""
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
    """Return the height of each point, given the heights at the other ends of its lines."""
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
    """Return the points of one side of a box, in order and apart from each other, within its height."""
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


@frozen
class Route:
    """A line as it is drawn."""

    wire: Wire
    points: tuple[Point, ...]
    """From the box on the left to the box on the right, with right-angled turns."""
    leads_back: bool
    """Whether its arrow is at the beginning."""


@frozen
class Label:
    """A word above the beginning of a line."""

    text: str
    at: Point
    is_failure: bool


@define(eq=False)
class Gap:
    """The space between two layers: the track of each lane there, and the resulting width."""

    lead: float
    tracks: dict[tuple[int, Lane], int] = field(factory=dict[tuple[int, Lane], int])

    @property
    def width(self) -> float:
        """The distance from one layer to the next."""
        count = max(self.tracks.values(), default=-1) + 1
        return max(_NARROWEST, self.lead + count * _TRACK + _HEAD)

    def x(self, key: tuple[int, Lane], start: float) -> float | None:
        """Return where a lane turns, in a gap that begins at ``start``; None if it is straight."""
        return None if key not in self.tracks else start + self.lead + self.tracks[key] * _TRACK


def gap_of(hops: Sequence[Hop], bends: Mapping[int, Lane], ports: Ports) -> Gap:
    """Return how the lanes between two layers share the gap."""
    labelled = [hop.lane.way[2] for hop in hops if hop.left not in bends and hop.lane.way[2]]
    gap = Gap(max((width_of(text, LABEL_SIZE) + 8 for text in labelled), default=0.0) or _LEAD)
    ends: dict[tuple[int, Lane], list[float]] = {}
    for hop in hops:
        ends.setdefault((hop.left, hop.lane), [ports.left(hop)]).append(ports.right(hop))
    turning = [(key, levels) for key, levels in ends.items() if max(levels) - min(levels) > 1]
    taken: list[tuple[int, float, float]] = []
    for key, levels in sorted(turning, key=_turn):
        low, high = min(levels) - _CLEAR, max(levels) + _CLEAR
        track = max((at + 1 for at, top, end in taken if top < high and low < end), default=0)
        taken.append((track, low, high))
        gap.tracks[key] = track
    return gap


def _turn(turning: tuple[object, list[float]]) -> tuple[bool, float]:
    """Return a sort key, so that lanes miss: those that go down, the lowest first; then those up, highest first."""
    start, *ends = turning[1]
    goes_up = sum(ends) / len(ends) < start
    return (goes_up, start if goes_up else -start)


@frozen
class Columns:
    """The left and right end of each box, and the beginning of each gap."""

    left: Mapping[int, float]
    right: Mapping[int, float]
    gaps: Sequence[float]


def routes_of(web: Web, columns: Columns, ports: Ports, gaps: Sequence[Gap]) -> tuple[list[Route], list[Label]]:
    """Return all lines, and the words on them."""
    arriving: dict[int, list[Point]] = {}
    routes: list[Route] = []
    labels: dict[tuple[int, Lane], Label] = {}
    for at, hops in enumerate(web.hops):
        for hop in hops:
            level = ports.left(hop)
            points = list(arriving.get(hop.left) or [(columns.right[hop.left], level)])
            turn = gaps[at].x((hop.left, hop.lane), columns.gaps[at])
            if turn is not None and abs(ports.right(hop) - level) > 0.05:
                points += [(turn, level), (turn, ports.right(hop))]
            if hop.wire is None:
                arriving[hop.right] = points
            else:
                points.append((columns.left[hop.right], ports.right(hop)))
                routes.append(Route(hop.wire, tuple(points), hop.lane.leads_back))
            text = hop.lane.way[2]
            if text and hop.left not in web.bends:
                place = (columns.gaps[at] + 4, level - 3.5)
                labels[hop.left, hop.lane] = Label(text, place, hop.lane.way[3])
    return routes, list(labels.values())


def spaced(wanted: Sequence[float], weights: Sequence[float], distances: Sequence[float]) -> list[float]:
    """Return the places nearest to the wanted ones that keep order and distances: least squares, by pooling neighbours.

    Args:
        wanted: the preferred places.
        weights: the weight of each preference.
        distances: the least distance of each from the previous one.
    """
    offsets = [0.0]
    for distance in distances:
        offsets.append(offsets[-1] + distance)
    blocks: list[tuple[float, float, int]] = []  # the mean of the wanted places, the weight, how many
    for place, weight, offset in zip(wanted, weights, offsets, strict=False):
        mean, total, count = place - offset, weight, 1
        while blocks and blocks[-1][0] > mean:
            earlier, heavy, many = blocks.pop()
            mean = (mean * total + earlier * heavy) / (total + heavy)
            total, count = total + heavy, count + many
        blocks.append((mean, total, count))
    means = [mean for mean, _, count in blocks for _ in range(count)]
    return [mean + offset for mean, offset in zip(means, offsets, strict=False)]
