"""Draws the flow and the timeline of a run as one PNG."""

from __future__ import annotations

import re

from sequent.errors import UsageError
from sequent.html.timeline_svg import RULES, timeline_svg
from sequent.pictures.style import number, picture_rules, plainly
from sequent.pictures.svg import svg
from sequent.view.run_view import RunView

_SIZE = re.compile(r'width="([\d.]+)" height="([\d.]+)">')
_GAP = 16.0
_ZOOM = 2


def check_png() -> None:
    """Check that PNGs can be made.

    Raises:
        UsageError: the package for it is not installed.
    """
    try:
        # An extra has it.
        import resvg_py as _  # noqa: F401 - to see whether it is there
    except ImportError as error:
        raise UsageError(
            "PNGs need the extra 'png'", code="no-png", hint="install it: pip install 'sequent[png]'"
        ) from error


def png(view: RunView) -> bytes:
    """Return the picture in light colours, twice as large as on a page."""
    # As above.
    import resvg_py

    return bytes(resvg_py.svg_to_bytes(svg_string=drawing(view), zoom=_ZOOM))


def drawing(view: RunView) -> str:
    """Return the flow above the timeline as one SVG."""
    style = f"<style>\n{plainly(picture_rules())}\n{plainly(RULES)}\n</style>\n"
    is_running = view.summary.record.owner is not None
    parts = [
        svg(view.picture, view.states, has_style=False),
        timeline_svg(view.timeline, is_running=is_running),
    ]
    sizes = [tuple(map(float, found)) for found in (_SIZE.findall(part)[0] for part in parts)]
    width = max(size[0] for size in sizes)
    height = sum(size[1] for size in sizes) + 3 * _GAP
    y = _GAP
    placed: list[str] = []
    for part, (own, tall) in zip(parts, sizes, strict=True):
        x = number(_GAP + (width - own) / 2)
        placed.append(part.replace("<svg ", f'<svg x="{x}" y="{number(y)}" ', 1))
        y += tall + _GAP
    size = f'width="{number(width + 2 * _GAP)}" height="{number(height)}"'
    page = f'<rect {size} fill="#ffffff"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>\n{style}{page}\n{"".join(placed)}</svg>\n'
