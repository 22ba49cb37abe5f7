"""Lists boxes and arrows one by one, for formats that are text."""

from __future__ import annotations

from collections.abc import Iterator

from sequent.pictures.picture import Arrow, Box
from sequent.pictures.states import States

INDENT = "    "


def outline(flow: Box, depth: int = 0) -> Iterator[tuple[Box, int, bool]]:
    """Yield each box in the flow with its depth; boxes with others in them once more at their end."""
    for box in flow.boxes:
        yield box, depth, False
        if box.boxes:
            yield from outline(box, depth + 1)
            yield box, depth, True


def arrows(flow: Box) -> Iterator[tuple[Arrow, str]]:
    """Yield each arrow, once for each box at which it ends."""
    for box in flow.walk():
        for arrow in box.arrows:
            yield from ((arrow, reader) for reader in arrow.readers)


def text_of(box: Box, states: States | None) -> str:
    """Return the name, the notes and the state of a box."""
    text = f"{box.name} ({', '.join(box.notes)})" if box.notes else box.name
    return text if states is None else f"{text}: {states.of(box.path).text}"
