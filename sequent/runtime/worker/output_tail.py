"""The last lines that a program wrote before it failed, as its failure tells them."""

from __future__ import annotations

import re
from collections.abc import Callable

KEPT = 1 << 16
"""Bytes of its output that are kept for that."""
LINES = 10
_LONGEST = 400
"""Characters of a line."""
# What colours and moves, then every other control but tabs and line ends, and what reorders or hides text.
_SEQUENCES = r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-_])"
_CONTROLS = "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"


class Tail:
    """The end of what a program writes."""

    def __init__(self) -> None:
        self._kept = b""
        self._is_whole = True

    def add(self, data: bytes) -> None:
        """It has written more."""
        self._kept += data
        if len(self._kept) > KEPT:
            self._is_whole = False
            self._kept = self._kept[-KEPT:]

    def lines(self, hidden: Callable[[str], str]) -> list[str]:
        """The last lines that say something, without controls; ``hidden`` takes secrets out of a text."""
        text = hidden(self._kept.decode("utf-8", "replace"))
        # Of a line that was drawn over, what was seen last.
        lines = [line.rstrip("\r").rpartition("\r")[2] for line in re.sub(_SEQUENCES, "", text).split("\n")]
        if not self._is_whole:
            del lines[0]
        shown = [re.sub(_CONTROLS, "", line).rstrip() for line in lines]
        return [_shortened(line) for line in shown if line.strip()][-LINES:]


def _shortened(line: str) -> str:
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."
