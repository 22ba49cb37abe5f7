"""How wide text is, nearly: nobody asks a font, so that a picture is the same everywhere."""

from __future__ import annotations

from unicodedata import east_asian_width

_GROUPS = (
    (222, "'ijl|"),
    (278, " !,./:;I[\\]ft·"),
    (333, "()-`r\u201c\u201d"),
    (389, '"*'),
    (500, "Jckstvxyz_"),
    (584, "+<=>~\u00d7"),
    (667, "ABEKPSVXY&"),
    (722, "CDHNRUw"),
    (778, "GOQ"),
    (833, "Mm"),
    (944, "W%"),
    (1015, "@\u2026"),
)
_WIDTHS = {letter: width for width, letters in _GROUPS for letter in letters}
_ORDINARY = 556
"""Digits, most small letters, and what is not in the table."""
_WIDE = 1000
_BOLD = 1.07
_SLACK = 1.06
"""Readers have other fonts than the one that the table is of."""
_CUT = "\u2026"


def width_of(text: str, size: float, *, is_bold: bool = False) -> float:
    """How wide a line is, in the unit of the font's size."""
    units = sum(_WIDTHS.get(letter, _ORDINARY) if letter < "\u1100" else _width_far(letter) for letter in text)
    return units * size * _SLACK * (_BOLD if is_bold else 1.0) / 1000


def _width_far(letter: str) -> int:
    known = _WIDTHS.get(letter)
    if known is not None:
        return known
    return _WIDE if east_asian_width(letter) in "WF" else _ORDINARY


def shortened(text: str, most: int) -> str:
    """The text in so many letters at most, its end replaced by a mark where it is longer."""
    return text if len(text) <= most else f"{text[: most - 1]}{_CUT}"
