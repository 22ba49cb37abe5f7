"""Text and numbers within markup: nothing that an author wrote can become more than text."""

from __future__ import annotations

import re
from html import escape

_ILLEGAL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
"""What XML does not allow, and what would reorder the text around it."""


def plain(text: str) -> str:
    """Text for an element or for an attribute in quotes."""
    return escape(_ILLEGAL.sub("\ufffd", text), quote=True)


def number(value: float) -> str:
    """A length, as short as it can be written to a tenth."""
    return f"{value:.1f}".removesuffix(".0") if abs(value) >= 0.05 else "0"
