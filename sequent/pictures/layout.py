"""Places the boxes of one container and the lines between them: each container is laid out separately."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from math import ceil, sqrt

from attrs import evolve, frozen

from sequent.pictures.layers import Lane, Size, Web, Wire, layers_of, put_in_order, web_of
from sequent.pictures.routes import (
    Columns,
    Gap,
    Label,
    Point,
    Route,
    gap_of,
    look_of,
    ports_of,
    room_for,
    routes_of,
    spaced,
)

_COLUMN = 4
"""The number of boxes without wires in one column; more of them take several columns."""
_ASPECT = 1.6
"""The target ratio of width to height of a block of boxes."""
_BETWEEN = 14.0
"""The distance between a box and the one beneath it."""
_BEND = 6.0
"""The height of a line that passes a layer."""
_SWEEPS = 8
_OF_BENDS = 4.0
"""The weight of bends: straight long lines matter more than level boxes."""
_ALONE = 0.05


@frozen
class Rectangle:
    """The position of a box, from the upper left corner of its container."""

    x: float
    y: float
    width: float
    height: float


@frozen
class Placement:
    """The contents of one container, with their positions."""

    rectangles: tuple[Rectangle, ...]
    """The rectangle of each box, in the given order."""
    routes: tuple[Route, ...]
    labels: tuple[Label, ...]
    width: float
    height: float


def laid_out(sizes: Sequence[Size], wires: Sequence[Wire]) -> Placement:
    """Place boxes and wires: connected boxes from left to right, the rest in a block beneath."""
    joined = sorted({end for wire in wires for end in (wire.source, wire.target)})
    number = {box: at for at, box in enumerate(joined)}
    ours = [evolve(wire, source=number[wire.source], target=number[wire.target]) for wire in wires]
    upper = _layered([sizes[box] for box in joined], ours)
    loose = [box for box in range(len(sizes)) if box not in number]
    lower = _block([sizes[box] for box in loose], upper.width)
    beneath = upper.height + _BETWEEN if joined and loose else upper.height
    moved = [evolve(place, y=place.y + beneath) for place in lower.rectangles]
    placed = dict(zip([*joined, *loose], [*upper.rectangles, *moved], strict=True))
    back = [_renamed(route, joined) for route in upper.routes]
    return Placement(
        rectangles=tuple(placed[box] for box in range(len(sizes))),
        routes=tuple(back),
        labels=upper.labels,
        width=max(upper.width, lower.width),
        height=beneath + lower.height,
    )


def _renamed(route: Route, boxes: Sequence[int]) -> Route:
    wire = evolve(route.wire, source=boxes[route.wire.source], target=boxes[route.wire.target])
    return evolve(route, wire=wire)


def _block(sizes: Sequence[Size], width: float) -> Placement:
    """Return boxes without wires, column by column; beneath something wide, in as many columns as fit."""
    if not sizes:
        return Placement((), (), (), 0.0, 0.0)
    widest = max(size.width for size in sizes)
    fitting = int((width + _BETWEEN) // (widest + _BETWEEN))
    area = len(sizes) * _ASPECT * (max(size.height for size in sizes) + _BETWEEN) / (widest + _BETWEEN)
    squarish = 1 if len(sizes) <= _COLUMN else ceil(sqrt(area))
    rows = ceil(len(sizes) / max(fitting, squarish))
    places: list[Rectangle] = []
    left = top = height = 0.0
    for at, size in enumerate(sizes):
        if at and at % rows == 0:
            left, top = left + widest + _BETWEEN, 0.0
        places.append(Rectangle(left, top, widest if size.grows else size.width, size.height))
        top += size.height
        height = max(height, top)
        top += _BETWEEN
    return Placement(tuple(places), (), (), left + widest, height)


def _layered(sizes: Sequence[Size], wires: Sequence[Wire]) -> Placement:
    layer_of = layers_of(len(sizes), [(wire.source, wire.target) for wire in wires])
    web = web_of(layer_of, wires)
    put_in_order(web)
    sizes = _with_room(sizes, web)
    heights = [size.height for size in sizes]
    centre = _centres_of(web, heights)
    ports = ports_of(web, centre, heights)
    gaps = [gap_of(hops, web.bends, ports) for hops in web.hops]
    columns, places = _columns(web, sizes, gaps, centre)
    routes, labels = routes_of(web, columns, ports, gaps)
    return _moved_into_view(places, routes, labels)


def _with_room(sizes: Sequence[Size], web: Web) -> list[Size]:
    """Return boxes high enough for the lines that leave and reach them."""
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


def _moved_into_view(places: list[Rectangle], routes: list[Route], labels: list[Label]) -> Placement:
    """Move everything so that the upper left corner of all that is drawn is the origin."""
    tops = [place.y for place in places] + [y for route in routes for _, y in route.points]
    top = min([*tops, *(label.at[1] - 8 for label in labels)], default=0.0)
    places = [evolve(place, y=round(place.y - top, 1)) for place in places]
    routes = [evolve(route, points=tuple(_down(point, -top) for point in route.points)) for route in routes]
    labels = [evolve(label, at=_down(label.at, -top)) for label in labels]
    lows = [place.y + place.height for place in places] + [y for route in routes for _, y in route.points]
    width = max((place.x + place.width for place in places), default=0.0)
    return Placement(tuple(places), tuple(routes), tuple(labels), width, max(lows, default=0.0))


def _down(point: Point, by: float) -> Point:
    return (point[0], round(point[1] + by, 1))


def _centres_of(web: Web, heights: Sequence[float]) -> dict[int, float]:
    """Return the middle of each box and bend, measured from the top.

    Args:
        web: with its layers in order.
        heights: the height of each box; bends have their own.
    """
    height = dict.fromkeys(web.bends, _BEND) | dict(enumerate(heights))
    centre: dict[int, float] = {}
    for layer in web.layers:
        spans = spaced([0.0] * len(layer), [1.0] * len(layer), _distances(layer, height))
        centre.update(zip(layer, spans, strict=True))
    left = [web.on_the_left(at) for at in range(len(web.layers))]
    right = [web.on_the_right(at) for at in range(len(web.layers))]
    forth = range(len(web.layers))
    for sweep in range(_SWEEPS):
        for at in forth if sweep % 2 == 0 else reversed(forth):
            near = left[at] if sweep % 2 == 0 else right[at]
            _level(web, at, near, centre, height)
    for at in forth:
        both = {box: [*left[at].get(box, ()), *right[at].get(box, ())] for box in web.layers[at]}
        _level(web, at, both, centre, height)
    _straighten(web, centre, height)
    top = min((centre[box] - height[box] / 2 for box in centre), default=0.0)
    return {box: round(at - top, 1) for box, at in centre.items()}


def _level(web: Web, at: int, near: dict[int, list[int]], centre: dict[int, float], height: dict[int, float]) -> None:
    layer = web.layers[at]
    wanted: list[float] = []
    weights: list[float] = []
    for box in layer:
        others = near.get(box, [])
        wanted.append(sum(centre[other] for other in others) / len(others) if others else centre[box])
        weights.append((_OF_BENDS if box in web.bends else 1.0) if others else _ALONE)
    centre.update(zip(layer, spaced(wanted, weights, _distances(layer, height)), strict=True))


def _straighten(web: Web, centre: dict[int, float], height: dict[int, float]) -> None:
    """Put the bends of a lane at one height, if nothing stands in the way."""
    limits: dict[int, tuple[int | None, int | None]] = {}
    for layer in web.layers:
        for above, box, beneath in zip([None, *layer[:-1]], layer, [*layer[1:], None], strict=True):
            if box in web.bends:
                limits[box] = (above, beneath)

    def apart(one: int, other: int) -> float:
        return (height[one] + height[other]) / 2 + _BETWEEN - 0.05

    def fits(bend: int, at: float) -> bool:
        above, beneath = limits[bend]
        return (above is None or at - centre[above] >= apart(above, bend)) and (
            beneath is None or centre[beneath] - at >= apart(bend, beneath)
        )

    chains: dict[Lane, list[int]] = {}
    for bend, lane in web.bends.items():
        chains.setdefault(lane, []).append(bend)
    for chain in chains.values():
        level = next((centre[one] for one in chain if all(fits(bend, centre[one]) for bend in chain)), None)
        if level is not None:
            centre.update(dict.fromkeys(chain, level))


def _distances(layer: Sequence[int], height: dict[int, float]) -> list[float]:
    """Return the least distance between the middle of each and that of the previous one."""
    return [(height[one] + height[other]) / 2 + _BETWEEN for one, other in pairwise(layer)]
