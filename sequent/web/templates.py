"""Fills in the templates of pages, which build on those of reports."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, cast

from jinja2 import ChoiceLoader, Environment, FileSystemLoader
from starlette.responses import HTMLResponse

from sequent.html import rendering
from sequent.web.ansi import painted_html
from sequent.web.log_query import LogQuery
from sequent.web.theme import chosen_theme

_TEMPLATES = Path(__file__).parent / "templates"


@cache
def environment() -> Environment:
    """Return the environment of all templates: it escapes everything, as that of reports does."""
    loader = ChoiceLoader([FileSystemLoader(_TEMPLATES), FileSystemLoader(rendering.TEMPLATES)])
    found = rendering.environment().overlay(loader=loader)
    # An overlay shares both with the environment of reports.
    found.globals = cast("dict[str, Any]", {**found.globals, "log_query": LogQuery})
    found.filters = {**found.filters, "painted": painted_html}
    return found


def page(template: str, *, status: int = 200, **names: object) -> HTMLResponse:
    """Return a page."""
    text = environment().get_template(template).render(theme=chosen_theme.get(), **names)
    return HTMLResponse(text, status_code=status)
