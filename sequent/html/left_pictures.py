"""The pictures that steps have left: those that a browser draws, and their data in a report as far as there is room."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable

from sequent.errors import StoreError
from sequent.model.story import Artifact
from sequent.runtime.records import LeftPart

MOST_PARTS = 60
"""The notes and artifacts that a report shows."""
LONGEST_NOTE = 6_000
"""The characters of a note that it shows."""
_ROOM = 700_000
"""Bytes of all pictures."""
DRAWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/svg+xml"})
"""The media types of pictures. As the picture of a page, an SVG executes no script and loads nothing."""


def left_pictures(parts: Iterable[LeftPart], read: Callable[[str], bytes]) -> dict[str, str]:
    """Return the pictures among these parts as addresses with their data, by digest: the first that have room.

    Args:
        parts: the notes and artifacts.
        read: returns an artifact by its digest.
    """
    found: dict[str, str] = {}
    left = _ROOM
    for each in parts:
        part = each.part
        if not isinstance(part, Artifact) or part.media not in DRAWN or part.size > left or part.digest in found:
            continue
        try:
            data = read(part.digest)
        except StoreError:
            # It is on another machine, or damaged: its title is shown.
            continue
        left -= len(data)
        found[part.digest] = f"data:{part.media};base64,{b64encode(data).decode()}"
    return found
