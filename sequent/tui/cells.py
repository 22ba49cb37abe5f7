"""Makes the texts of the screen: nothing in them is markup, and no character controls the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from rich.text import Text

from sequent.dashboard.painted_text import painted_texts
from sequent.model.status import Status
from sequent.model.terminal import safe, safe_block
from sequent.view.text import GLYPHS

_STYLES: Mapping[str, str] = {
    **dict.fromkeys(("active", "running"), "cyan"),
    **dict.fromkeys(("success", "passed over"), "green"),
    **dict.fromkeys(("failure", "damaged"), "bold red"),
    **dict.fromkeys(("cancelled", "stopped", "interrupted", "suspended", "retry", "lost"), "yellow"),
    **dict.fromkeys(("skipped", "delayed", "queued", "outdated"), "dim"),
    "asked": "magenta",
}
"""Colours of statuses; each is a glyph and a word as well."""


def line(text: str, style: str = "") -> Text:
    """Return text of one line."""
    return Text(safe(text), style)


def block(text: str, style: str = "") -> Text:
    """Return text of several lines."""
    return Text(safe_block(text), style)


def status(word: str) -> Text:
    """Return a status, or a reason to wait: ``✓ success``."""
    return Text(f"{GLYPHS[word]} {word}", _STYLES.get(word, ""))


def numbers(counts: Mapping[Status, int] | Mapping[str, int]) -> Text:
    """Return the number of each status or reason to wait: ``? 1 asked  ✓ 12 success``; empty if there are none."""
    parts = (
        Text(f"{GLYPHS[word]} {number:,} {word}", _STYLES.get(word, "")) for word, number in counts.items() if number
    )
    return Text("  ").join(parts)


def moment(seconds: float) -> str:
    """Return a time since 1970 by this machine's clock and zone: ``2026-11-24 02:00:00``."""
    return datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def painted(text: str) -> Text:
    """Return a line of a log, with the colours that its program has given it."""
    found = Text()
    for part in painted_texts(text):
        found.append(part.text, " ".join(part.look))
    found.expand_tabs(8)
    return found
