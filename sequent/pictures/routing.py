"""The way of each line: level, but for the gaps between layers, where each lane has a track of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import define, field, frozen

from sequent.pictures.metrics import width_of
from sequent.pictures.ports import Ports
from sequent.pictures.wires import Hop, Lane, Web, Wire

LABEL_SIZE = 9.5
_LEAD = 9.0
_TRACK = 8.0
_HEAD = 16.0
_NARROWEST = 30.0
_CLEAR = 6.0
"""What two lanes of one track must be apart."""

Point = tuple[float, float]


@frozen
class Route:
    """A line as it is drawn."""

    wire: Wire
    points: tuple[Point, ...]
    """From the box on the left to that on the right, all turns square."""
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
    """Between two layers: which track each lane has there, and how wide that makes it."""

    lead: float
    tracks: dict[tuple[int, Lane], int] = field(factory=dict[tuple[int, Lane], int])

    @property
    def width(self) -> float:
        """From one layer to the next."""
        count = max(self.tracks.values(), default=-1) + 1
        return max(_NARROWEST, self.lead + count * _TRACK + _HEAD)

    def x(self, key: tuple[int, Lane], start: float) -> float | None:
        """Where a lane turns, in a gap that begins there; None where it is straight."""
        return None if key not in self.tracks else start + self.lead + self.tracks[key] * _TRACK


def gap_of(hops: Sequence[Hop], bends: Mapping[int, Lane], ports: Ports) -> Gap:
    """How the lanes between two layers share it."""
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
    """Those that go down first, the lowest before others; then those that go up, the highest first: so they miss."""
    start, *ends = turning[1]
    goes_up = sum(ends) / len(ends) < start
    return (goes_up, start if goes_up else -start)


@frozen
class Columns:
    """Where each box begins and ends from left to right, and each gap begins."""

    left: Mapping[int, float]
    right: Mapping[int, float]
    gaps: Sequence[float]


def routes_of(web: Web, columns: Columns, ports: Ports, gaps: Sequence[Gap]) -> tuple[list[Route], list[Label]]:
    """All lines, and the words on them."""
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
