"""Reads the pictures that the first version stored with its runs."""

from __future__ import annotations

import json
from typing import Any

from sequent.model.description import PartKind
from sequent.model.spec import PoolSpec
from sequent.model.status import Claim
from sequent.pictures.picture import Arrow, Box, Picture


def read_picture(text: str) -> Picture:
    """Return the picture of a text.

    Raises:
        ValueError: the text is not a picture.
    """
    try:
        version, flow, pools = json.loads(text)
        if version != 1:
            raise ValueError(f"version {version}")
        return Picture(_read_box(flow, ""), tuple(PoolSpec(*pool) for pool in pools))
    except (ValueError, TypeError, IndexError) as error:
        raise ValueError(f"this is not a picture: {text[:80]!r}") from error


def _read_box(tree: list[Any], around: str) -> Box:
    index, name, kind, requires, repeats, count, parallel, remarks, result, acquires, boxes, arrows = tree
    path = "" if kind == PartKind.FLOW else f"{around}.{name}".lstrip(".")
    inner = tuple(_read_box(box, path) for box in boxes)
    return Box(
        index=index,
        path=path,
        name=name,
        kind=PartKind(kind),
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
