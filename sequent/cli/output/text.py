"""Formats values for people: statuses, moments, durations, and text that cannot control a terminal."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TextIO

from sequent.model import terminal
from sequent.model.status import RunStatus, Status
from sequent.view import text as view_text

RETRY = view_text.RETRY
DELAYED = view_text.DELAYED
ASKED = view_text.ASKED
QUEUED = view_text.QUEUED
LOST = view_text.LOST
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
    "lost": "33",
    "asked": "35",
}

safe = terminal.safe
safe_block = terminal.safe_block
duration = view_text.duration
waiting_time = view_text.waiting_time
counted = view_text.counted
size = view_text.size
counts = view_text.counts
brief_reason = view_text.brief_reason
readable = view_text.readable
task_name = view_text.task_name


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


class Paint:
    """Colours for one stream, or none; a status is always a glyph and a word as well."""

    def __init__(self, *, is_on: bool) -> None:
        self.is_on = is_on

    @classmethod
    def of(cls, stream: TextIO) -> Paint:
        return cls(is_on=is_coloured(stream))

    def status(self, status: Status | RunStatus) -> str:
        """Return a status in words, such as ``✓ success``."""
        return self.word(status.value)

    def word(self, word: str) -> str:
        """Return the same for a reason to wait: ``↻ retry``."""
        return self._wrapped(f"{view_text.GLYPHS[word]} {word}", _COLOURS.get(word, ""))

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


def columns(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Return rows as aligned lines; the first row is the heading."""
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def next_lines(commands: Sequence[str]) -> list[str]:
    """Return a line for each of the commands to type next, in order."""
    return [f"{'then' if at else 'next'}: {safe(command)}" for at, command in enumerate(commands)]
