"""Draws the usual durations of a step as a band, with that of this run on it."""

from __future__ import annotations

from sequent.pictures.style import number, plain
from sequent.view.step_durations import Band, is_late
from sequent.view.text import duration

_WIDTH = 180.0
_EDGE = 5.0


def band_svg(own: float | None, band: Band | None) -> str:
    """Return the drawing; '' if there is nothing to compare.

    Args:
        own: the duration in this run, in seconds.
        band: the usual ones.
    """
    if own is None or band is None:
        return ""
    most = max(band.high, own) or 1.0

    def x(seconds: float) -> float:
        return _EDGE + seconds / most * (_WIDTH - 2 * _EDGE)

    late = " is-late" if is_late(own, band) else ""
    about = f"usually {duration(band.low)} to {duration(band.high)}, median {duration(band.median)}"
    middle = number(x(band.median))
    return (
        f'<svg class="band" viewBox="0 0 {number(_WIDTH)} 16" width="{number(_WIDTH)}" height="16" role="img">'
        f"<title>{plain(f'{about}; here {duration(own)}')}</title>"
        f'<rect class="track" x="0" y="6" width="{number(_WIDTH)}" height="4" rx="2"/>'
        f'<rect class="range" x="{number(x(band.low))}" y="4" '
        f'width="{number(max(x(band.high) - x(band.low), 2.0))}" height="8" rx="3"/>'
        f'<line class="middle" x1="{middle}" x2="{middle}" y1="2" y2="14"/>'
        f'<circle class="own{late}" cx="{number(x(own))}" cy="8" r="4.5"/></svg>'
    )
