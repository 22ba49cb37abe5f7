"""In which order the boxes of a layer stand, so that few wires cross."""

from __future__ import annotations

from bisect import bisect_right, insort

from sequent.pictures.wires import Hop, Web

_SWEEPS = 6
_MOST_COUNTED = 4_000
"""Hops between two layers, above which crossings are no longer counted: the last sweep then stands."""


def put_in_order(web: Web) -> None:
    """Order each layer by where its neighbours stand, to and fro, and keep the best."""
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
    """By the mean place of their neighbours; what has none stays where it is."""
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
    """How many pairs of hops cross: those that begin further up and end further down."""
    left_place = {box: at for at, box in enumerate(left)}
    right_place = {box: at for at, box in enumerate(right)}
    ends = sorted((left_place[hop.left], right_place[hop.right]) for hop in hops)
    passed: list[int] = []
    count = 0
    for _, end in ends:
        count += len(passed) - bisect_right(passed, end)
        insort(passed, end)
    return count
