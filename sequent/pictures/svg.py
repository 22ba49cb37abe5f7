"""Draws a flow, or a run of it, as an SVG that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import blake2b

from attrs import evolve

from sequent.model.description import PartKind
from sequent.model.spec import PoolSpec, capacity_text
from sequent.model.status import Status
from sequent.pictures.layout import Placement, Rectangle
from sequent.pictures.panels import (
    DOT,
    MOST_BOXES,
    NAME_SIZE,
    NOTE_LINE,
    NOTE_SIZE,
    PAD,
    STEP_HEIGHT,
    Panel,
    folded,
    measured,
)
from sequent.pictures.picture import Box, Picture
from sequent.pictures.routes import LABEL_SIZE, Label, Point, Route
from sequent.pictures.states import Standing, States
from sequent.pictures.style import number, picture_style, plain, width_of

_MARGIN = 20.0
_TITLE = 38.0
_TITLE_SIZE = 15.0
_LEGEND = 30.0
_LEGEND_SIZE = 10.5
_MOST_DESCRIBED = 40
_RADIUS = 6.0
_HEAD = 6.0
"""The length of an arrowhead."""
_RING = 2.8
_GLYPHS = {
    Status.SUCCESS: "M-2.6 .2 L-.8 2 L2.6 -1.8",
    Status.FAILURE: "M-2 -2 L2 2 M2 -2 L-2 2",
    Status.ACTIVE: "M-1.2 -2.2 L2 0 L-1.2 2.2 Z",
    Status.READY: "M-1.2 -2.2 L2 0 L-1.2 2.2 Z",
    Status.CANCELLED: "M-2.2 2.2 L2.2 -2.2",
    Status.SKIPPED: "M-2.4 0 L2.4 0",
}
"""The glyph in the dot of each status, around its middle."""
_COMMAND = "M0 -3 L3.2 0 L0 3 M4.6 3.2 L9 3.2"
"""The sign of a command."""


def svg(
    picture: Picture,
    states: States | None = None,
    *,
    is_in_notebook: bool = False,
    has_style: bool = True,
    most: int = MOST_BOXES,
) -> str:
    """Return the picture as a document of its own, or for a page.

    Args:
        picture: the picture to draw.
        states: the standing of each part, if the picture is of a run.
        is_in_notebook: whether it is to follow a notebook's light or dark theme.
        has_style: whether its style sheet is in it; a page that has ``picture_rules`` needs none.
        most: with more boxes than this, containers are folded; the picture says so.
    """
    shown = folded(picture.flow, most)
    panel = measured(shown.flow, states)
    legend = [*(_pool_text(pool) for pool in picture.pools), *([shown.notice] if shown.notice else [])]
    title = plain(panel.box.name if states is None else f"{panel.box.name}, run {states.run}: {states.status.value}")
    description = plain(description_of(picture.flow, states))
    width, height = _size(panel, states, legend)
    body = "\n".join(_body(panel, states, legend, width, height))
    id_ = f"sequent-{blake2b(f'{title}{description}{body}'.encode(), digest_size=4).hexdigest()}"
    names = f'role="img" aria-labelledby="{id_}-title {id_}-about"'
    style = f"<style>\n{picture_style(is_in_notebook=is_in_notebook)}\n</style>\n" if has_style else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="sequent-picture" {names} '
        f'viewBox="0 0 {number(width)} {number(height)}" width="{number(width)}" height="{number(height)}">\n'
        f'<title id="{id_}-title">{title}</title>\n<desc id="{id_}-about">{description}</desc>\n'
        f"{style}{body}\n</svg>\n"
    )


def notice_of(picture: Picture, most: int = MOST_BOXES) -> str:
    """Return a sentence about the hidden part of a picture that is too large; '' if everything is shown."""
    return folded(picture.flow, most).notice


def description_of(flow: Box, states: States | None = None) -> str:
    """Return the picture in sentences, for readers who cannot see it."""
    boxes = [box for box in flow.walk() if box.path]
    containers = sum(bool(box.boxes) for box in boxes)
    steps = len(boxes) - containers
    inside = f" and {_counted(containers, 'container')}" if containers else ""
    parts = [f"A flow of {_counted(steps, 'step')}{inside}"]
    for box in boxes[:_MOST_DESCRIBED]:
        status = f" ({states.of(box.path).text})" if states is not None else ""
        repeats = f" repeats over {box.repeats}" if box.repeats else ""
        waits = f" waits for {box.requires}" if box.requires else ""
        parts.append(f"{box.path}{status}{repeats}{' and' if repeats and waits else ''}{waits}")
    if len(boxes) > _MOST_DESCRIBED:
        parts.append(f"and {len(boxes) - _MOST_DESCRIBED:,} more")
    return ". ".join(parts) + "."


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _pool_text(pool: PoolSpec) -> str:
    return f"pool {pool.name}: {capacity_text(pool.capacity)}{', shared by all runs' if pool.is_shared else ''}"


def _result_text(panel: Panel) -> str:
    return f"result {panel.box.result}"


def _run_text(states: States) -> str:
    return f"{states.run}: {states.status.value}"


def _size(panel: Panel, states: States | None, legend: list[str]) -> tuple[float, float]:
    inside = panel.inside
    title = width_of(panel.name, _TITLE_SIZE, is_bold=True)
    if panel.box.result:
        title += width_of(_result_text(panel), _LEGEND_SIZE) + 12
    if states is not None:
        title += width_of(_run_text(states), _LEGEND_SIZE) + 40
    below = sum(width_of(text, _LEGEND_SIZE) + 24 for text in legend)
    width = max(title, below, inside.width if inside is not None else 0.0) + 2 * _MARGIN
    height = _TITLE + _MARGIN + (inside.height if inside is not None else 0.0) + (_LEGEND if legend else 0.0)
    return round(width, 1), round(height, 1)


def _body(panel: Panel, states: States | None, legend: list[str], width: float, height: float) -> Iterator[str]:
    size = f'width="{number(width - 1)}" height="{number(height - 1)}"'
    yield f'<rect class="page" x="0.5" y="0.5" {size} rx="10"/>'
    yield _text(panel.name, _MARGIN, 25, _TITLE_SIZE, "strong")
    if panel.box.result:
        x = _MARGIN + width_of(panel.name, _TITLE_SIZE, is_bold=True) + 12
        yield _text(_result_text(panel), x, 25, _LEGEND_SIZE, "note")
    if states is not None:
        words = "failure" if states.status.value == "failure" else "note"
        yield _text(_run_text(states), width - _MARGIN, 25, _LEGEND_SIZE, words, "end")
    if panel.inside is not None:
        yield from _inside(evolve(panel, standing=None), panel.inside, _MARGIN, _TITLE)
    x = _MARGIN
    for text in legend:
        yield _text(text, x, height - 14, _LEGEND_SIZE, "note")
        x += width_of(text, _LEGEND_SIZE) + 24


def _panel(panel: Panel, at: Rectangle) -> Iterator[str]:
    """Yield a box with all boxes in it, at its place within the box around it."""
    status = panel.standing.status if panel.standing is not None else None
    words = f' class="{status.value}"' if status is not None else ""
    yield f'<g{words} transform="translate({number(at.x)} {number(at.y)})">'
    yield f"<title>{plain(_title(panel))}</title>"
    look = "block" if panel.box.kind is PartKind.CONTAINER else "step"
    look += " nothing" if panel.box.kind is PartKind.NOTHING else ""
    at = evolve(at, width=at.width - panel.behind, height=at.height - panel.behind)
    if panel.behind:
        yield _card(look, at, panel.behind)
    yield _card(look, at, 0.0)
    yield from _texts(panel, at) if panel.inside is None else _header(panel, at)
    if panel.inside is not None:
        yield from _inside(panel, panel.inside, PAD, panel.header)
    yield "</g>"


def _inside(panel: Panel, inside: Placement, x: float, y: float) -> Iterator[str]:
    """Yield the contents of a box: lines first, so that boxes lie over them."""
    yield f'<g transform="translate({number(x)} {number(y)})">'
    for route in inside.routes:
        yield from _route(route)
    for label in inside.labels:
        yield _label(label)
    for inner, place in zip(panel.panels, inside.rectangles, strict=True):
        yield from _panel(inner, place)
    yield "</g>"


def _text(text: str, x: float, y: float, size: float, words: str = "", anchor: str = "") -> str:
    """Return a line of text; ``words`` are its classes."""
    classes = f' class="{words}"' if words else ""
    end = f' text-anchor="{anchor}"' if anchor else ""
    return f'<text{classes} x="{number(x)}" y="{number(y)}" font-size="{number(size)}"{end}>{plain(text)}</text>'


def dot_elements(standing: Standing, x: float, y: float) -> Iterator[str]:
    """Yield the sign of a status: a disc with a glyph in it; a ring if nothing has begun."""
    yield f'<circle class="dot" cx="{number(x)}" cy="{number(y)}" r="5"/>'
    glyph = _GLYPHS.get(standing.status) if standing.status is not None else None
    if glyph is not None:
        kind = "mark" if standing.status is Status.SKIPPED else "glyph"
        yield f'<path class="{kind}" transform="translate({number(x)} {number(y)})" d="{glyph}"/>'


def _title(panel: Panel) -> str:
    parts = [panel.box.path if panel.standing is None else f"{panel.box.path}: {panel.standing.text}"]
    if panel.box.requires:
        parts.append(f"waits for {panel.box.requires}")
    return "\n".join([*parts, *([panel.badge] if panel.badge else []), *panel.box.remarks])


def _card(look: str, at: Rectangle, by: float) -> str:
    size = f'width="{number(at.width)}" height="{number(at.height)}" rx="7"'
    return f'<rect class="{look}" x="{number(by)}" y="{number(by)}" {size}/>'


def _texts(panel: Panel, at: Rectangle) -> Iterator[str]:
    # A box that many lines leave or reach is higher than its texts.
    left, middle = PAD, STEP_HEIGHT / 2 + (at.height + panel.behind - panel.size.height) / 2
    if panel.standing is not None:
        yield from dot_elements(panel.standing, left + 5, middle)
        left += DOT
    yield _text(panel.name, left, middle + 4.2, NAME_SIZE)
    for line, note in enumerate(panel.notes):
        yield _text(note, left, middle + 16 + NOTE_LINE * line, NOTE_SIZE, "note")
    if panel.box.kind is PartKind.COMMAND:
        place = f"{number(at.width - PAD - 9)} {number(middle)}"
        yield f'<path class="mark" transform="translate({place})" d="{_COMMAND}"/>'


def _header(panel: Panel, at: Rectangle) -> Iterator[str]:
    left = PAD
    if panel.standing is not None:
        yield from dot_elements(panel.standing, left + 5, 14)
        left += DOT
    yield _text(panel.name, left, 18, NAME_SIZE, "strong")
    for line, note in enumerate(panel.notes):
        yield _text(note, left, 31 + NOTE_LINE * line, NOTE_SIZE, "note")
    if panel.badge:
        width = width_of(panel.badge, NOTE_SIZE) + 12
        x = at.width - width - 8
        yield f'<rect class="badge" x="{number(x)}" y="7" width="{number(width)}" height="15" rx="7.5"/>'
        yield _text(panel.badge, x + width / 2, 17.8, NOTE_SIZE, "note", "middle")


def _route(route: Route) -> Iterator[str]:
    wire = route.wire
    colour = " failure" if wire.is_failure else ""
    dash = f" {wire.dash.value}" if wire.dash.value != "solid" else ""
    points = list(route.points)
    tip = points[0] if route.leads_back else points[-1]
    room = _HEAD - 1
    if route.leads_back:
        points[0] = (tip[0] + room, tip[1])
    else:
        points[-1] = (tip[0] - room, tip[1])
    yield f'<path class="wire{dash}{colour}" d="{_line(points)}"/>'
    if wire.is_choice:
        yield f'<path class="choice{colour}" d="{_ring(tip, points_left=route.leads_back)}"/>'
    else:
        yield f'<path class="head{colour}" d="{_head(tip, points_left=route.leads_back)}"/>'


def _label(label: Label) -> str:
    return _text(label.text, *label.at, LABEL_SIZE, "failure" if label.is_failure else "note")


def _line(points: Sequence[Point]) -> str:
    """Return a path with right-angled turns and rounded corners."""
    parts = [f"M{_at(points[0])}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        radius = min(_RADIUS, _length(before, corner) / 2, _length(corner, after) / 2)
        entry, leave = _towards(corner, before, radius), _towards(corner, after, radius)
        parts.append(f"L{_at(entry)}Q{_at(corner)} {_at(leave)}")
    return "".join([*parts, f"L{_at(points[-1])}"])


def _head(tip: Point, *, points_left: bool = False) -> str:
    """Return a filled arrowhead."""
    back = tip[0] + (_HEAD if points_left else -_HEAD)
    return f"M{_at(tip)}L{_at((back, tip[1] - 3.4))}L{_at((back, tip[1] + 3.4))}Z"


def _ring(tip: Point, *, points_left: bool = False) -> str:
    """Return the head of a line that is one of several of which one is enough: a small circle."""
    middle = tip[0] + (_RING + 0.6) * (1 if points_left else -1)
    start = number(middle - _RING)
    turn = f"a{_RING} {_RING} 0 1 0"
    return f"M{start} {number(tip[1])}{turn} {number(2 * _RING)} 0{turn} {number(-2 * _RING)} 0"


def _at(point: Point) -> str:
    return f"{number(point[0])} {number(point[1])}"


def _length(one: Point, other: Point) -> float:
    return abs(one[0] - other[0]) + abs(one[1] - other[1])


def _towards(start: Point, end: Point, by: float) -> Point:
    length = _length(start, end) or 1.0
    return (start[0] + (end[0] - start[0]) * by / length, start[1] + (end[1] - start[1]) * by / length)
