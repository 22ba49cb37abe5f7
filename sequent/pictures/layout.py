"""Where the boxes of one container stand, and the lines between them: each container is laid out alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import ceil, sqrt

from attrs import evolve, frozen

from sequent.pictures.heights import BETWEEN, centres_of
from sequent.pictures.layering import layers_of
from sequent.pictures.ordering import put_in_order
from sequent.pictures.ports import look_of, ports_of, room_for
from sequent.pictures.routing import Columns, Gap, Label, Point, Route, gap_of, routes_of
from sequent.pictures.wires import Size, Web, Wire, web_of

_COLUMN = 4
"""So many boxes without wires stand one under the other; more of them in several columns."""
_ASPECT = 1.6
"""A block of boxes is about so many times as wide as it is high."""


@frozen
class Rectangle:
    """Where a box is, from the upper left corner of what is around it."""

    x: float
    y: float
    width: float
    height: float


@frozen
class Layout:
    """The inside of one container."""

    rectangles: tuple[Rectangle, ...]
    """Of each box, in the order in which they were given."""
    routes: tuple[Route, ...]
    labels: tuple[Label, ...]
    width: float
    height: float


def laid_out(sizes: Sequence[Size], wires: Sequence[Wire]) -> Layout:
    """Place boxes and wires: what is joined from left to right, the rest in a block beneath."""
    joined = sorted({end for wire in wires for end in (wire.source, wire.target)})
    number = {box: at for at, box in enumerate(joined)}
    ours = [evolve(wire, source=number[wire.source], target=number[wire.target]) for wire in wires]
    upper = _layered([sizes[box] for box in joined], ours)
    loose = [box for box in range(len(sizes)) if box not in number]
    lower = _block([sizes[box] for box in loose], upper.width)
    beneath = upper.height + BETWEEN if joined and loose else upper.height
    moved = [evolve(place, y=place.y + beneath) for place in lower.rectangles]
    placed = dict(zip([*joined, *loose], [*upper.rectangles, *moved], strict=True))
    back = [_renamed(route, joined) for route in upper.routes]
    return Layout(
        rectangles=tuple(placed[box] for box in range(len(sizes))),
        routes=tuple(back),
        labels=upper.labels,
        width=max(upper.width, lower.width),
        height=beneath + lower.height,
    )


def _renamed(route: Route, boxes: Sequence[int]) -> Route:
    wire = evolve(route.wire, source=boxes[route.wire.source], target=boxes[route.wire.target])
    return evolve(route, wire=wire)


def _block(sizes: Sequence[Size], width: float) -> Layout:
    """Boxes without wires, column by column; beneath something wide, as many beside each other as there is room."""
    if not sizes:
        return Layout((), (), (), 0.0, 0.0)
    widest = max(size.width for size in sizes)
    fitting = int((width + BETWEEN) // (widest + BETWEEN))
    area = len(sizes) * _ASPECT * (max(size.height for size in sizes) + BETWEEN) / (widest + BETWEEN)
    squarish = 1 if len(sizes) <= _COLUMN else ceil(sqrt(area))
    rows = ceil(len(sizes) / max(fitting, squarish))
    places: list[Rectangle] = []
    left = top = height = 0.0
    for at, size in enumerate(sizes):
        if at and at % rows == 0:
            left, top = left + widest + BETWEEN, 0.0
        places.append(Rectangle(left, top, widest if size.grows else size.width, size.height))
        top += size.height
        height = max(height, top)
        top += BETWEEN
    return Layout(tuple(places), (), (), left + widest, height)


def _layered(sizes: Sequence[Size], wires: Sequence[Wire]) -> Layout:
    layer_of = layers_of(len(sizes), [(wire.source, wire.target) for wire in wires])
    web = web_of(layer_of, wires)
    put_in_order(web)
    sizes = _with_room(sizes, web)
    heights = [size.height for size in sizes]
    centre = centres_of(web, heights)
    ports = ports_of(web, centre, heights)
    gaps = [gap_of(hops, web.bends, ports) for hops in web.hops]
    columns, places = _columns(web, sizes, gaps, centre)
    routes, labels = routes_of(web, columns, ports, gaps)
    return _moved_into_view(places, routes, labels)


def _with_room(sizes: Sequence[Size], web: Web) -> list[Size]:
    """Boxes high enough for the lines that leave and reach them."""
    hops = [hop for between in web.hops for hop in between]
    leaving = Counter(box for box, _ in {(hop.left, hop.lane) for hop in hops})
    reaching = Counter(box for box, _ in {(hop.right, look_of(hop.wire)) for hop in hops if hop.wire is not None})
    return [
        evolve(size, height=max(size.height, room_for(max(leaving[box], reaching[box]))))
        for box, size in enumerate(sizes)
    ]


def _columns(
    web: Web, sizes: Sequence[Size], gaps: Sequence[Gap], centre: dict[int, float]
) -> tuple[Columns, list[Rectangle]]:
    left: dict[int, float] = {}
    right: dict[int, float] = {}
    places: dict[int, Rectangle] = {}
    starts: list[float] = []
    x = 0.0
    for at, layer in enumerate(web.layers):
        boxes = [box for box in layer if box not in web.bends]
        column = max((sizes[box].width for box in boxes), default=0.0)
        growing = max((sizes[box].width for box in boxes if sizes[box].grows), default=0.0)
        for box in boxes:
            width = growing if sizes[box].grows else sizes[box].width
            start = round(x + (column - width) / 2, 1)
            left[box], right[box] = start, round(start + width, 1)
            top = round(centre[box] - sizes[box].height / 2, 1)
            places[box] = Rectangle(start, top, width, sizes[box].height)
        for bend in set(layer) - set(boxes):
            left[bend], right[bend] = x, x + column
        starts.append(x + column)
        x += column + (gaps[at].width if at < len(gaps) else 0.0)
    return Columns(left, right, starts), [places[box] for box in range(len(sizes))]


def _moved_into_view(places: list[Rectangle], routes: list[Route], labels: list[Label]) -> Layout:
    """From the upper left corner of all that is drawn."""
    tops = [place.y for place in places] + [y for route in routes for _, y in route.points]
    top = min([*tops, *(label.at[1] - 8 for label in labels)], default=0.0)
    places = [evolve(place, y=round(place.y - top, 1)) for place in places]
    routes = [evolve(route, points=tuple(_down(point, -top) for point in route.points)) for route in routes]
    labels = [evolve(label, at=_down(label.at, -top)) for label in labels]
    lows = [place.y + place.height for place in places] + [y for route in routes for _, y in route.points]
    width = max((place.x + place.width for place in places), default=0.0)
    return Layout(tuple(places), tuple(routes), tuple(labels), width, max(lows, default=0.0))


def _down(point: Point, by: float) -> Point:
    return (point[0], round(point[1] + by, 1))
