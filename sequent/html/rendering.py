"""Fills in the templates: everything that comes from flows, logs and people is escaped."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from functools import cache
from pathlib import Path
from typing import Any, cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from sequent.html.markdown import note_html
from sequent.html.stylesheet import stylesheet
from sequent.model.terminal import safe_block
from sequent.view import text

TEMPLATES = Path(__file__).parent / "templates"


def rendered(template: str, **names: object) -> str:
    """Return a template, filled in.

    Args:
        template: its file in ``templates``.
        names: the values of its names. ``Markup`` is written as it is; all other text is escaped.
    """
    return environment().get_template(template).render(**names)


@cache
def environment() -> Environment:
    """Return the environment of all templates."""
    found = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_harmless,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    # The types of Jinja know only its own filters and functions.
    cast("dict[str, object]", found.filters).update(
        duration=text.duration,
        counted=text.counted,
        counts=text.counts,
        brief=text.brief_reason,
        in_order=text.in_order,
        size=text.size,
        readable=text.readable,
        glyph=_glyph,
        moment=moment,
        iso=_iso,
        markdown=note_html,
    )
    cast("dict[str, Any]", found.globals).update(stylesheet=_styles)
    return found


def moment(seconds: float, zone: tzinfo | None = None) -> str:
    """Return a time since 1970 as people read it: ``2026-11-24 02:00:00 +01:00``; without a zone, in the local one."""
    return datetime.fromtimestamp(seconds, UTC).astimezone(zone).isoformat(" ", "seconds")


def markup(trusted: str) -> Markup:
    """Return a drawing of ours, whose texts are escaped, so that it is written as it is."""
    return Markup(trusted)  # noqa: S704  they are made by sequent.pictures and sequent.html  # nosec B704


def _iso(seconds: float) -> str:
    """Return a time since 1970 for programs."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def _glyph(word: str) -> str:
    """Return the glyph of a status, or of another word for a task; other words have none."""
    return text.GLYPHS.get(str(word), "")


def _styles() -> Markup:
    return markup(stylesheet())


def _harmless(value: object) -> object:
    """Return text in which no character reorders, hides or ends the text around it."""
    return safe_block(value) if isinstance(value, str) and not isinstance(value, Markup) else value
