"""Makes text safe for a terminal: nothing in it controls the terminal."""

from __future__ import annotations

import re

# C0 and C1 controls, DEL, lone surrogates, and the marks that reorder or hide text; none of them is printable. Patterns
# are compiled when they are first needed: few texts need them.
_UNSAFE = "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
_LINE_UNSAFE = f"[\t\n]|{_UNSAFE}"

_STYLE = "(?:[0-4]|3[0-7]|9[0-7])"
_PAINT = f"\x1b\\[{_STYLE}?(?:;{_STYLE})*m"
"""Colours and weights, none of which hides anything."""
_MOVES = "\r|\x1b\\[[0-9]*[AK]|\x1b\\[[?]25[lh]"
"""Further sequences that a redrawing display needs."""
_SEQUENCES = r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-_])"
"""Sequences for colours, moves and window titles."""
_UNPAINTED = f"({_PAINT})|{_UNSAFE}"
_UNDRAWN = f"({_PAINT}|{_MOVES})|{_UNSAFE}"


def safe(text: str) -> str:
    """Return text of one line in which every character that could control a terminal is shown as its escape."""
    return text if text.isprintable() else re.sub(_LINE_UNSAFE, _escaped, text)


def safe_block(text: str) -> str:
    """Return the same for text of several lines: tabs and line ends stay, and a lone carriage return is a line end."""
    return re.sub(_UNSAFE, _escaped, text.replace("\r\n", "\n").replace("\r", "\n"))


def seen_lines(text: str) -> list[str]:
    """Return the lines that a program has drawn on a terminal as they were last seen, without colours and controls."""
    lines = (line.rstrip("\r").rpartition("\r")[2] for line in re.sub(_SEQUENCES, "", text).split("\n"))
    return [re.sub(_UNSAFE, "", line) for line in lines]


def _escaped(match: re.Match[str]) -> str:
    return match.group().encode("unicode_escape").decode("ascii")


def painted(text: str, *, moves: bool = False) -> str:
    """Return the same for text that Sequent has painted: colours stay, and with ``moves`` cursor moves."""
    if all(map(str.isprintable, text.split("\n"))):
        return text
    return re.sub(_UNDRAWN if moves else _UNPAINTED, _escaped_unless_ours, text)


def _escaped_unless_ours(match: re.Match[str]) -> str:
    return _escaped(match) if match[1] is None else match[1]
