"""Boxes and arrows one by one, as forms that are text want them."""

from __future__ import annotations

from collections.abc import Iterator

from sequent.pictures.picture import Arrow, Box
from sequent.pictures.states import States

INDENT = "    "


def outline(flow: Box, depth: int = 0) -> Iterator[tuple[Box, int, bool]]:
    """Each box in the flow with its depth; of those with boxes in them, once more at its end."""
    for box in flow.boxes:
        yield box, depth, False
        if box.boxes:
            yield from outline(box, depth + 1)
            yield box, depth, True


def arrows(flow: Box) -> Iterator[tuple[Arrow, str]]:
    """Each arrow, once for each that it ends at."""
    for box in flow.walk():
        for arrow in box.arrows:
            yield from ((arrow, reader) for reader in arrow.readers)


def text_of(box: Box, states: States | None) -> str:
    """Its name, its notes and its place."""
    text = f"{box.name} ({', '.join(box.notes)})" if box.notes else box.name
    return text if states is None else f"{text}: {states.of(box.path).text}"
