"""A picture as text, by which a run can be drawn long after its flow has changed or gone."""

from __future__ import annotations

import json
from typing import Any

from sequent.compiler.picture import Arrow, Box, Kind, Picture
from sequent.model.spec import PoolSpec
from sequent.model.status import Claim

MOST_KEPT = 10_000
"""Of a flow with more steps and containers than that, no picture is kept with its runs."""
_VERSION = 1
# ASCII alone: names may hold lone surrogates, which a database does not take.
_dump = json.JSONEncoder(separators=(",", ":")).encode


def text_of_picture(picture: Picture) -> str:
    """The picture as text, without the lines of the author's file."""
    pools = [[pool.name, pool.capacity, pool.is_shared] for pool in picture.pools]
    return _dump([_VERSION, _box_tree(picture.flow), pools])


def read_picture(text: str) -> Picture:
    """The picture again.

    Raises:
        ValueError: the text is not one that ``text_of_picture`` gave.
    """
    try:
        version, flow, pools = json.loads(text)
        if version != _VERSION:
            raise ValueError(f"version {version}")
        return Picture(_read_box(flow, ""), tuple(PoolSpec(*pool) for pool in pools))
    except (ValueError, TypeError, IndexError) as error:
        raise ValueError(f"this is no picture: {text[:80]!r}") from error


def _box_tree(box: Box) -> list[Any]:
    place = {inner.path: at for at, inner in enumerate(box.boxes)}
    return [
        box.index,
        box.name,
        box.kind.value,
        box.requires,
        box.repeats,
        box.count,
        box.parallel,
        box.remarks,
        box.result,
        box.acquires,
        [_box_tree(inner) for inner in box.boxes],
        [
            [place[arrow.source], place[arrow.target], arrow.readers, arrow.claim.value, arrow.label, arrow.is_choice]
            for arrow in box.arrows
        ],
    ]


def _read_box(tree: list[Any], around: str) -> Box:
    index, name, kind, requires, repeats, count, parallel, remarks, result, acquires, boxes, arrows = tree
    path = "" if kind == Kind.FLOW else f"{around}.{name}".lstrip(".")
    inner = tuple(_read_box(box, path) for box in boxes)
    return Box(
        index=index,
        path=path,
        name=name,
        kind=Kind(kind),
        requires=requires,
        repeats=repeats,
        count=count,
        parallel=parallel,
        remarks=tuple(remarks),
        result=result,
        acquires=tuple((pool, amount) for pool, amount in acquires),
        boxes=inner,
        arrows=tuple(_read_arrow(arrow, inner) for arrow in arrows),
    )


def _read_arrow(tree: list[Any], boxes: tuple[Box, ...]) -> Arrow:
    source, target, readers, claim, label, is_choice = tree
    return Arrow(boxes[int(source)].path, boxes[int(target)].path, tuple(readers), Claim(claim), label, is_choice)
