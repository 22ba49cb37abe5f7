"""Shows text that a program has painted for a terminal: its colours as classes, all other controls as text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from markupsafe import Markup, escape

from sequent.html.rendering import markup
from sequent.model.terminal import safe_block

_PAINT = re.compile("\x1b\\[([0-9;]*)m")
_WEIGHTS = {1: "bold", 2: "dim", 3: "italic", 4: "underline"}
_COLOURS = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")


def painted_html(text: str) -> Markup:
    """Return a line as HTML."""
    return markup("".join(_pieces(text)))


def _pieces(text: str) -> Iterator[str]:
    look: dict[str, str] = {}
    for at, piece in enumerate(_PAINT.split(text)):
        if at % 2:
            look = _changed(look, piece)
        elif piece:
            shown = str(escape(safe_block(piece)))
            classes = " ".join(f"ansi-{word}" for word in look.values())
            yield f'<span class="{classes}">{shown}</span>' if classes else shown


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
