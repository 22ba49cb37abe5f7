"""Boxes, texts and lines as elements of an SVG."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import evolve

from sequent.compiler.picture import Kind
from sequent.model.status import Status
from sequent.pictures import strokes
from sequent.pictures.layout import Layout, Rectangle
from sequent.pictures.markup import number, plain
from sequent.pictures.measuring import DOT, NAME_SIZE, NOTE_LINE, NOTE_SIZE, PAD, STEP_HEIGHT, Panel
from sequent.pictures.metrics import width_of
from sequent.pictures.routing import LABEL_SIZE, Label, Route
from sequent.pictures.states import Standing


def panel_elements(panel: Panel, at: Rectangle) -> Iterator[str]:
    """A box with all that is in it, at its place within the box around it."""
    status = panel.standing.status if panel.standing is not None else None
    words = f' class="{status.value}"' if status is not None else ""
    yield f'<g{words} transform="translate({number(at.x)} {number(at.y)})">'
    yield f"<title>{plain(_title(panel))}</title>"
    look = "block" if panel.box.kind is Kind.CONTAINER else "step"
    look += " nothing" if panel.box.kind is Kind.NOTHING else ""
    at = evolve(at, width=at.width - panel.behind, height=at.height - panel.behind)
    if panel.behind:
        yield _card(look, at, panel.behind)
    yield _card(look, at, 0.0)
    yield from _texts(panel, at) if panel.inside is None else _header(panel, at)
    if panel.inside is not None:
        yield from inside_elements(panel, panel.inside, PAD, panel.header)
    yield "</g>"


def inside_elements(panel: Panel, inside: Layout, x: float, y: float) -> Iterator[str]:
    """What stands in a box: lines first, so that boxes lie over them."""
    yield f'<g transform="translate({number(x)} {number(y)})">'
    for route in inside.routes:
        yield from _route(route)
    for label in inside.labels:
        yield _label(label)
    for inner, place in zip(panel.panels, inside.rectangles, strict=True):
        yield from panel_elements(inner, place)
    yield "</g>"


def text_element(text: str, x: float, y: float, size: float, words: str = "", anchor: str = "") -> str:
    """A line of text; ``words`` are its classes."""
    classes = f' class="{words}"' if words else ""
    end = f' text-anchor="{anchor}"' if anchor else ""
    return f'<text{classes} x="{number(x)}" y="{number(y)}" font-size="{number(size)}"{end}>{plain(text)}</text>'


def dot_elements(standing: Standing, x: float, y: float) -> Iterator[str]:
    """The sign of a status: a disc with a glyph in it; a ring where nothing has begun."""
    yield f'<circle class="dot" cx="{number(x)}" cy="{number(y)}" r="5"/>'
    glyph = strokes.GLYPHS.get(standing.status) if standing.status is not None else None
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
    yield text_element(panel.name, left, middle + 4.2, NAME_SIZE)
    for line, note in enumerate(panel.notes):
        yield text_element(note, left, middle + 16 + NOTE_LINE * line, NOTE_SIZE, "note")
    if panel.box.kind is Kind.COMMAND:
        place = f"{number(at.width - PAD - 9)} {number(middle)}"
        yield f'<path class="mark" transform="translate({place})" d="{strokes.PROMPT}"/>'


def _header(panel: Panel, at: Rectangle) -> Iterator[str]:
    left = PAD
    if panel.standing is not None:
        yield from dot_elements(panel.standing, left + 5, 14)
        left += DOT
    yield text_element(panel.name, left, 18, NAME_SIZE, "strong")
    for line, note in enumerate(panel.notes):
        yield text_element(note, left, 31 + NOTE_LINE * line, NOTE_SIZE, "note")
    if panel.badge:
        width = width_of(panel.badge, NOTE_SIZE) + 12
        x = at.width - width - 8
        yield f'<rect class="badge" x="{number(x)}" y="7" width="{number(width)}" height="15" rx="7.5"/>'
        yield text_element(panel.badge, x + width / 2, 17.8, NOTE_SIZE, "note", "middle")


def _route(route: Route) -> Iterator[str]:
    wire = route.wire
    colour = " failure" if wire.is_failure else ""
    dash = f" {wire.dash.value}" if wire.dash.value != "solid" else ""
    points = list(route.points)
    tip = points[0] if route.leads_back else points[-1]
    room = strokes.HEAD - 1
    if route.leads_back:
        points[0] = (tip[0] + room, tip[1])
    else:
        points[-1] = (tip[0] - room, tip[1])
    yield f'<path class="wire{dash}{colour}" d="{strokes.line(points)}"/>'
    if wire.is_choice:
        yield f'<path class="choice{colour}" d="{strokes.ring(tip, points_left=route.leads_back)}"/>'
    else:
        yield f'<path class="head{colour}" d="{strokes.head(tip, points_left=route.leads_back)}"/>'


def _label(label: Label) -> str:
    return text_element(label.text, *label.at, LABEL_SIZE, "failure" if label.is_failure else "note")
