"""Shows text that a program has painted for a terminal as HTML: its colours are classes."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup, escape

from sequent.dashboard.painted_text import painted_texts
from sequent.html.rendering import markup


def painted_html(text: str) -> Markup:
    """Return a line as HTML."""
    return markup("".join(_pieces(text)))


def _pieces(text: str) -> Iterator[str]:
    for part in painted_texts(text):
        shown = str(escape(part.text))
        classes = " ".join(f"ansi-{word}" for word in part.look)
        yield f'<span class="{classes}">{shown}</span>' if classes else shown
