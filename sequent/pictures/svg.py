"""A flow, or a run of it, as an SVG that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b

from attrs import evolve

from sequent.compiler.picture import Box, Picture
from sequent.model.spec import PoolSpec, capacity_text
from sequent.pictures.folding import MOST_BOXES, folded
from sequent.pictures.markup import number, plain
from sequent.pictures.measuring import Panel, measured
from sequent.pictures.metrics import width_of
from sequent.pictures.panels import inside_elements, text_element
from sequent.pictures.states import States
from sequent.pictures.style import picture_style

_MARGIN = 20.0
_TITLE = 38.0
_TITLE_SIZE = 15.0
_LEGEND = 30.0
_LEGEND_SIZE = 10.5
_MOST_DESCRIBED = 40


def svg(picture: Picture, states: States | None = None, *, is_in_notebook: bool = False, most: int = MOST_BOXES) -> str:
    """The picture as a document of its own, or to stand in a page.

    Args:
        picture: what to draw.
        states: where each part stands, if it is of a run.
        is_in_notebook: whether it is to follow a notebook's light or dark theme.
        most: above so many boxes, containers are folded; the picture says so.
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
    style = picture_style(is_in_notebook=is_in_notebook)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="sequent-picture" {names} '
        f'viewBox="0 0 {number(width)} {number(height)}" width="{number(width)}" height="{number(height)}">\n'
        f'<title id="{id_}-title">{title}</title>\n<desc id="{id_}-about">{description}</desc>\n'
        f"<style>\n{style}\n</style>\n{body}\n</svg>\n"
    )


def notice_of(picture: Picture, most: int = MOST_BOXES) -> str:
    """What is not shown of a picture that is too large, in a sentence; empty where all is."""
    return folded(picture.flow, most).notice


def description_of(flow: Box, states: States | None = None) -> str:
    """What the picture shows, in sentences, for who cannot see it."""
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
    yield text_element(panel.name, _MARGIN, 25, _TITLE_SIZE, "strong")
    if panel.box.result:
        x = _MARGIN + width_of(panel.name, _TITLE_SIZE, is_bold=True) + 12
        yield text_element(_result_text(panel), x, 25, _LEGEND_SIZE, "note")
    if states is not None:
        words = "failure" if states.status.value == "failure" else "note"
        yield text_element(_run_text(states), width - _MARGIN, 25, _LEGEND_SIZE, words, "end")
    if panel.inside is not None:
        yield from inside_elements(evolve(panel, standing=None), panel.inside, _MARGIN, _TITLE)
    x = _MARGIN
    for text in legend:
        yield text_element(text, x, height - 14, _LEGEND_SIZE, "note")
        x += width_of(text, _LEGEND_SIZE) + 24
