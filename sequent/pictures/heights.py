"""How high each box of a layer stands: level with its neighbours, as far as those above and below it allow."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from sequent.pictures.wires import Lane, Web

BETWEEN = 14.0
"""Between a box and the one beneath it."""
BEND = 6.0
"""The height of a line that passes a layer."""
_SWEEPS = 8
_OF_BENDS = 4.0
"""Long lines are kept straight before boxes are put level."""
_ALONE = 0.05


def centres_of(web: Web, heights: Sequence[float]) -> dict[int, float]:
    """The middle of each box and bend, from 0 at the very top.

    Args:
        web: with its layers in order.
        heights: of each box; a bend has its own.
    """
    height = dict.fromkeys(web.bends, BEND) | dict(enumerate(heights))
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
    """Put the bends of a lane at one height, where nothing stands in the way."""
    limits: dict[int, tuple[int | None, int | None]] = {}
    for layer in web.layers:
        for above, box, beneath in zip([None, *layer[:-1]], layer, [*layer[1:], None], strict=True):
            if box in web.bends:
                limits[box] = (above, beneath)

    def apart(one: int, other: int) -> float:
        return (height[one] + height[other]) / 2 + BETWEEN - 0.05

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
    """How far the middle of each must be from that of the one before."""
    return [(height[one] + height[other]) / 2 + BETWEEN for one, other in pairwise(layer)]


def spaced(wanted: Sequence[float], weights: Sequence[float], distances: Sequence[float]) -> list[float]:
    """The places nearest to the wanted ones that keep their order and distances: least squares, by pooling neighbours.

    Args:
        wanted: where each would be by itself.
        weights: how much each insists.
        distances: how far each is from the one before, at least.
    """
    offsets = [0.0]
    for distance in distances:
        offsets.append(offsets[-1] + distance)
    blocks: list[tuple[float, float, int]] = []  # the mean of what is wanted, the weight, how many
    for place, weight, offset in zip(wanted, weights, offsets, strict=False):
        mean, total, count = place - offset, weight, 1
        while blocks and blocks[-1][0] > mean:
            earlier, heavy, many = blocks.pop()
            mean = (mean * total + earlier * heavy) / (total + heavy)
            total, count = total + heavy, count + many
        blocks.append((mean, total, count))
    means = [mean for mean, _, count in blocks for _ in range(count)]
    return [mean + offset for mean, offset in zip(means, offsets, strict=False)]
