"""Reads text that a program has painted for a terminal: colours and weights as words, all other controls as text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from sequent.model.terminal import safe_block

_PAINT = re.compile("\x1b\\[([0-9;]*)m")
_WEIGHTS = {1: "bold", 2: "dim", 3: "italic", 4: "underline"}
_COLOURS = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")


class PaintedText(NamedTuple):
    """A part of a line that looks the same from its beginning to its end."""

    text: str
    look: tuple[str, ...]
    """Its weights and its colour: ``bold``, ``red``."""


def painted_texts(text: str) -> Iterator[PaintedText]:
    """Yield the parts of a line."""
    look: dict[str, str] = {}
    for at, piece in enumerate(_PAINT.split(text)):
        if at % 2:
            look = _changed(look, piece)
        elif piece:
            yield PaintedText(safe_block(piece), tuple(look.values()))


def _changed(look: dict[str, str], codes: str) -> dict[str, str]:
    """Return the look after these codes; colours beyond the sixteen of every terminal are passed over."""
    numbers = [int(code[:4] or 0) for code in codes.split(";")]
    look = dict(look)
    while numbers:
        code = numbers.pop(0)
        if code == 0:
            look = {}
        elif code in _WEIGHTS:
            look[_WEIGHTS[code]] = _WEIGHTS[code]
        elif code == 22:
            look = {name: word for name, word in look.items() if name not in ("bold", "dim")}
        elif 30 <= code <= 37 or 90 <= code <= 97:
            look["colour"] = _COLOURS[code % 10]
        elif code == 39:
            look.pop("colour", None)
        elif code in (38, 48):
            del numbers[: 2 if numbers[:1] == [5] else 4]
    return look
