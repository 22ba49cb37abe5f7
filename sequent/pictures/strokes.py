"""Lines with rounded corners, arrowheads, and the small signs on boxes, as paths."""

from __future__ import annotations

from collections.abc import Sequence

from sequent.model.status import Status
from sequent.pictures.markup import number
from sequent.pictures.routing import Point

_RADIUS = 6.0
HEAD = 6.0
"""How long an arrowhead is."""
_RING = 2.8

GLYPHS = {
    Status.SUCCESS: "M-2.6 .2 L-.8 2 L2.6 -1.8",
    Status.FAILURE: "M-2 -2 L2 2 M2 -2 L-2 2",
    Status.ACTIVE: "M-1.2 -2.2 L2 0 L-1.2 2.2 Z",
    Status.READY: "M-1.2 -2.2 L2 0 L-1.2 2.2 Z",
    Status.CANCELLED: "M-2.2 2.2 L2.2 -2.2",
    Status.SKIPPED: "M-2.4 0 L2.4 0",
}
"""What is drawn in the dot of each status, around its middle."""
PROMPT = "M0 -3 L3.2 0 L0 3 M4.6 3.2 L9 3.2"
"""The sign of a command."""


def line(points: Sequence[Point]) -> str:
    """A way with square turns, its corners rounded."""
    parts = [f"M{_at(points[0])}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        radius = min(_RADIUS, _length(before, corner) / 2, _length(corner, after) / 2)
        entry, leave = _towards(corner, before, radius), _towards(corner, after, radius)
        parts.append(f"L{_at(entry)}Q{_at(corner)} {_at(leave)}")
    return "".join([*parts, f"L{_at(points[-1])}"])


def head(tip: Point, *, points_left: bool = False) -> str:
    """A filled arrowhead."""
    back = tip[0] + (HEAD if points_left else -HEAD)
    return f"M{_at(tip)}L{_at((back, tip[1] - 3.4))}L{_at((back, tip[1] + 3.4))}Z"


def ring(tip: Point, *, points_left: bool = False) -> str:
    """The head of a line that is one of several of which any is enough: a small circle."""
    middle = tip[0] + (_RING + 0.6) * (1 if points_left else -1)
    start = number(middle - _RING)
    turn = f"a{_RING} {_RING} 0 1 0"
    return f"M{start} {number(tip[1])}{turn} {number(2 * _RING)} 0{turn} {number(-2 * _RING)} 0"


def _at(point: Point) -> str:
    return f"{number(point[0])} {number(point[1])}"


def _length(one: Point, other: Point) -> float:
    return abs(one[0] - other[0]) + abs(one[1] - other[1])


def _towards(start: Point, end: Point, by: float) -> Point:
    length = _length(start, end) or 1.0
    return (start[0] + (end[0] - start[0]) * by / length, start[1] + (end[1] - start[1]) * by / length)
