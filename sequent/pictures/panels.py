"""Measures the boxes of a drawn flow, down to a depth: each is as large as its texts and contents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from attrs import evolve, frozen

from sequent.model.description import PartKind
from sequent.model.status import Claim
from sequent.model.wording import at_a_time
from sequent.pictures.layers import Dash, Size, Wire
from sequent.pictures.layout import Placement, laid_out
from sequent.pictures.picture import Arrow, Box
from sequent.pictures.states import Standing, States
from sequent.pictures.style import shortened, width_of

NAME_SIZE = 12.0
NOTE_SIZE = 9.5
NOTE_LINE = 12.0
PAD = 12.0
STEP_HEIGHT = 34.0
_HEADER = 28.0
DOT = 18.0
"""The width of a state's dot before a name."""
_PROMPT = 20.0
"""The width of a command's sign after a name."""
_BEHIND = 3.5
"""The visible width of the card behind a repeated box."""
_NARROWEST = 64.0
_LONGEST_NAME = 36
_LONGEST_NOTE = 40
_LONGEST_LABEL = 28

_DASHES = {
    Claim.FAILURE: Dash.DASHED,
    Claim.COMPLETE: Dash.DASHED,
    Claim.SKIPPED: Dash.DASHED,
    Claim.DONE: Dash.DOTTED,
}
MOST_BOXES = 1_000
"""The number of boxes above which containers are folded, the deepest first."""


@frozen
class Panel:
    """A box as it is drawn: its texts, and the panels in it."""

    box: Box
    standing: Standing | None
    """None if the picture is not of a run."""
    name: str
    badge: str
    """How the box repeats; '' if it does not."""
    notes: tuple[str, ...]
    size: Size
    inside: Placement | None = None
    panels: tuple[Panel, ...] = ()

    @property
    def header(self) -> float:
        """The height of a container's heading."""
        return _HEADER + NOTE_LINE * len(self.notes)

    @property
    def behind(self) -> float:
        """The visible height of the card behind it."""
        return _BEHIND if self.box.repeats else 0.0


def measured(box: Box, states: States | None) -> Panel:
    """Return the panel of a box with all boxes in it, laid out."""
    standing = None if states is None or not box.path else states.of(box.path)
    name = shortened(box.name, _LONGEST_NAME)
    panel = Panel(box, standing, name, _badge(box), tuple(_notes(box, standing)), Size(0, 0))
    if not box.boxes:
        return evolve(panel, size=_step_size(panel))
    panels = tuple(measured(inner, states) for inner in box.boxes)
    inside = laid_out([inner.size for inner in panels], _wires(box))
    width = max(inside.width, _title_width(panel)) + 2 * PAD
    height = panel.header + inside.height + PAD
    size = Size(round(width + panel.behind, 1), round(height + panel.behind, 1))
    return evolve(panel, size=size, inside=inside, panels=panels)


def _badge(box: Box) -> str:
    if not box.repeats:
        return ""
    items = f"\u00d7 {box.count:,}" if box.count is not None else f"each of {box.repeats}"
    return shortened(", ".join(filter(None, (items, at_a_time(box.parallel)))), _LONGEST_NOTE)


def _notes(box: Box, standing: Standing | None) -> Iterator[str]:
    """Yield the small lines beneath a name."""
    if box.repeats and not box.boxes:
        yield _badge(box)
    for remark in box.remarks:
        yield shortened(remark, _LONGEST_NOTE)
    if box.result and box.boxes:
        yield shortened(f"result {box.result}", _LONGEST_NOTE)
    if standing is not None and standing.says_more:
        yield shortened(standing.text, _LONGEST_NOTE)


def _step_size(panel: Panel) -> Size:
    marks = (DOT if panel.standing is not None else 0.0) + (_PROMPT if panel.box.kind is PartKind.COMMAND else 0.0)
    texts = [width_of(panel.name, NAME_SIZE) + marks]
    texts += [width_of(note, NOTE_SIZE) + (DOT if panel.standing is not None else 0.0) for note in panel.notes]
    width = max(_NARROWEST, max(texts) + 2 * PAD)
    height = STEP_HEIGHT + NOTE_LINE * len(panel.notes) + panel.behind
    return Size(round(width + panel.behind, 1), height, grows=True)


def _title_width(panel: Panel) -> float:
    name = width_of(panel.name, NAME_SIZE, is_bold=True) + (DOT if panel.standing is not None else 0.0)
    badge = width_of(panel.badge, NOTE_SIZE) + 30 if panel.badge else 0.0
    return max([name + badge, *(width_of(note, NOTE_SIZE) for note in panel.notes)])


def _wires(box: Box) -> list[Wire]:
    """Return the arrows between its boxes; one for several between the same two boxes that look alike."""
    place = {inner.path: at for at, inner in enumerate(box.boxes)}
    wires = [_wire(arrow, place) for arrow in box.arrows]
    return list(dict.fromkeys(wires))


def _wire(arrow: Arrow, place: dict[str, int]) -> Wire:
    return Wire(
        source=place[arrow.source],
        target=place[arrow.target],
        dash=_DASHES.get(arrow.claim, Dash.SOLID),
        label=shortened(arrow.label, _LONGEST_LABEL),
        is_failure=arrow.is_failure,
        is_choice=arrow.is_choice,
    )


@frozen
class Folded:
    """The visible part of a flow, and a note about the hidden part."""

    flow: Box
    notice: str = ""
    """A sentence; '' if everything is shown."""


def folded(flow: Box, most: int = MOST_BOXES) -> Folded:
    """Return the flow in at most ``most`` boxes: its deepest containers folded, its last boxes omitted."""
    at_depth = Counter(_depth(box) for box in flow.walk() if box.path)
    total = sum(at_depth.values())
    if total <= most:
        return Folded(flow)
    shown, depth = 0, 0
    while shown + at_depth[depth + 1] <= most:
        depth += 1
        shown += at_depth[depth]
    if depth:
        hidden = total - shown
        deep = "containers" if depth == 1 else f"containers {depth} deep"
        return Folded(_cut(flow, depth), f"{hidden:,} of {total:,} steps and containers are inside folded {deep}")
    first = _cut(evolve(flow, boxes=flow.boxes[: most - 1]), 1)
    known = {box.path for box in first.boxes}
    arrows = tuple(arrow for arrow in flow.arrows if {arrow.source, arrow.target} <= known)
    rest = len(flow.boxes) - len(first.boxes)
    more = Box(index=-1, path="...", name=f"and {rest:,} more", kind=PartKind.NOTHING)
    return Folded(
        evolve(first, boxes=(*first.boxes, more), arrows=arrows), f"the first {most - 1:,} of {total:,} boxes are shown"
    )


def _depth(box: Box) -> int:
    return box.path.count(".") + 1


def _cut(box: Box, depth: int) -> Box:
    """Return the box with this many levels; a folded container says how much it contains."""
    if depth:
        return evolve(box, boxes=tuple(_cut(inner, depth - 1) for inner in box.boxes))
    inside = sum(1 for inner in box.walk() if not inner.boxes)
    if not box.boxes:
        return box
    return evolve(box, boxes=(), arrows=(), remarks=(*box.remarks, f"{inside:,} step{'s' * (inside != 1)} inside"))
