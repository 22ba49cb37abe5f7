"""Formats values for people: statuses, moments, durations, and text that cannot control a terminal."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import datetime
from typing import TextIO, cast

from attrs import frozen

from sequent.model import terminal
from sequent.model.status import RunStatus, Status

_GLYPHS: Mapping[str, str] = {
    "waiting": "·",
    "ready": "·",
    "active": "▶",
    "running": "▶",
    "success": "✓",
    "failure": "✗",
    "skipped": "-",
    "cancelled": "⊘",
    "stopped": "■",
    "suspended": "‖",
    "interrupted": "!",
    "damaged": "✗",
    "retry": "↻",
    "delayed": "…",
    "queued": "=",
}
_COLOURS: Mapping[str, str] = {
    "active": "36",
    "running": "36",
    "success": "32",
    "failure": "31",
    "skipped": "2",
    "cancelled": "33",
    "stopped": "33",
    "interrupted": "33",
    "damaged": "31",
    "retry": "33",
    "delayed": "2",
    "queued": "2",
}

safe = terminal.safe
safe_block = terminal.safe_block


def is_coloured(stream: TextIO, environment: Mapping[str, str] | None = None) -> bool:
    """Return whether to colour the output: NO_COLOR, FORCE_COLOR, then TERM and whether it goes to a terminal."""
    values = os.environ if environment is None else environment
    if values.get("NO_COLOR"):
        return False
    if values.get("FORCE_COLOR"):
        return True
    return values.get("TERM") != "dumb" and stream.isatty()


def is_live(stream: TextIO, environment: Mapping[str, str] | None = None) -> bool:
    """Return whether the stream can show a display that redraws itself."""
    values = os.environ if environment is None else environment
    return stream.isatty() and values.get("TERM") != "dumb" and not values.get("CI")


@frozen
class Paint:
    """Colours for one stream, or none; a status is always a glyph and a word as well."""

    is_on: bool

    @classmethod
    def of(cls, stream: TextIO) -> Paint:
        return cls(is_coloured(stream))

    def status(self, status: Status | RunStatus) -> str:
        """Return a status in words, such as ``✓ success``."""
        return self.word(status.value)

    def word(self, word: str) -> str:
        """Return the same for a reason to wait: ``↻ retry``."""
        return self._wrapped(f"{_GLYPHS[word]} {word}", _COLOURS.get(word, ""))

    def strong(self, text: str) -> str:
        return self._wrapped(text, "1")

    def faint(self, text: str) -> str:
        return self._wrapped(text, "2")

    def alarm(self, text: str) -> str:
        return self._wrapped(text, "1;31")

    def _wrapped(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.is_on and code else text


def moment(seconds: float) -> str:
    """Return a time since 1970 as ISO 8601 with the local zone."""
    return datetime.fromtimestamp(seconds).astimezone().isoformat(timespec="seconds")


def duration(seconds: float) -> str:
    """Return a length of time: ``0.31 s``, ``12.4 s``, ``3 min 05 s``, ``2 h 14 min``."""
    seconds = max(seconds, 0.0)
    if seconds < 10:
        return f"{seconds:.2f} s"
    if seconds < 60:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"


def waiting_time(seconds: float) -> str:
    """Return a length of time that is still to pass: ``60 s``, not ``59.9 s``; ``2 h 14 min``."""
    if 0.95 <= seconds < 100:
        return f"{round(seconds)} s"
    return duration(seconds)


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, such as ``1 run`` and ``1,200 runs``."""
    return f"{number:,} {noun}{'s' * (number != 1)}"


def size(number: float) -> str:
    """Return a number of bytes as people read it: ``812 B``, ``1.5 MB``."""
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "B" or number >= 100 else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:,.1f} TB"


def counts(numbers: Mapping[Status, int]) -> str:
    """Return the number of each status: ``1,204 success, 1 failure``."""
    parts = [f"{numbers[status]:,} {status.value}" for status in Status if numbers.get(status)]
    return ", ".join(parts) or "nothing yet"


def readable(wire_text: str) -> str:
    """Return a stored value for people; no classes are needed, since no instance is made."""
    tree: object = json.loads(wire_text)
    if isinstance(tree, str):
        return safe(tree)
    if isinstance(tree, dict):
        mapping = cast("dict[str, object]", tree)
        if len(mapping) == 1:
            content = next(iter(mapping.values())) if next(iter(mapping)).startswith("$") else None
            if isinstance(content, str):
                return safe(content)
            if "$dt" in mapping or "$ti" in mapping or "$e" in mapping:
                parts = cast("list[object]", content)
                return safe(str(parts[1] if "$e" in mapping else parts[0]))
    return safe(json.dumps(tree, ensure_ascii=False))


def columns(rows: list[tuple[str, ...]]) -> list[str]:
    """Return rows as aligned lines; the first row is the heading."""
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
