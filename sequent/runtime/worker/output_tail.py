"""The last lines that a program wrote before it failed, as its failure shows them."""

from __future__ import annotations

from collections.abc import Callable

from sequent.model.terminal import seen_lines

KEPT = 1 << 16
"""Bytes of output that are kept for that."""
LINES = 10
_LONGEST = 400
"""Characters of a line."""


class Tail:
    """The end of what a program writes."""

    def __init__(self) -> None:
        self._kept = b""
        self._is_whole = True

    def add(self, data: bytes) -> None:
        """Add output."""
        self._kept += data
        if len(self._kept) > KEPT:
            self._is_whole = False
            self._kept = self._kept[-KEPT:]

    def lines(self, hidden: Callable[[str], str]) -> list[str]:
        """Return the last lines that are not blank, without control characters; ``hidden`` removes secrets."""
        lines = seen_lines(hidden(self._kept.decode("utf-8", "replace")))
        if not self._is_whole:
            del lines[0]
        return [_shortened(line.rstrip()) for line in lines if line.strip()][-LINES:]


def _shortened(line: str) -> str:
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."
