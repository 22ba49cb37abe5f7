"""Writes the report of a run: one file that needs nothing else, and no script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from types import MappingProxyType

from sequent.html.band_svg import band_svg
from sequent.html.left_pictures import LONGEST_NOTE, MOST_PARTS
from sequent.html.rendering import markup, rendered
from sequent.html.timeline_svg import timeline_svg
from sequent.model.commands import typed
from sequent.pictures.panels import MOST_BOXES
from sequent.pictures.svg import notice_of, svg
from sequent.runtime.records import LeftPart
from sequent.view.next_command import next_command, plan_command
from sequent.view.remainder import Remainder
from sequent.view.run_view import RunView
from sequent.view.task_table import TaskTable
from sequent.view.why import Why

MOST_DRAWN = min(MOST_BOXES, 400)
"""The number of boxes above which the drawing is folded."""


def report(
    view: RunView,
    table: TaskTable,
    store: str,
    story: Sequence[LeftPart] = (),
    pictures: Mapping[str, str] = MappingProxyType({}),
    reasons: Sequence[Why] = (),
    left: Remainder | None = None,
) -> str:
    """Return the page.

    Args:
        view: the run.
        table: the attempts to list.
        store: the store's name.
        story: the notes and artifacts of the run.
        pictures: the addresses of pictures among them, by digest.
        reasons: why some steps have not begun.
        left: the fates of its tasks in a recovery; None if nothing is left, or a process drives it.
    """
    record = view.summary.record
    return rendered(
        "report.html",
        view=view,
        record=record,
        store=store,
        table=table,
        next_command=next_command(record),
        plan_command=plan_command(record),
        flow=markup(svg(view.picture, view.states, has_style=False, most=MOST_DRAWN)),
        flow_note=notice_of(view.picture, MOST_DRAWN),
        timeline=markup(timeline_svg(view.timeline, is_running=record.owner is not None)),
        bands={step.path: markup(band_svg(step.median if step.count else None, step.usual)) for step in view.durations},
        leaves={box.path for box in view.picture.flow.walk() if not box.boxes},
        story=story[:MOST_PARTS],
        further=len(story) - MOST_PARTS,
        longest_note=LONGEST_NOTE,
        pictures=pictures,
        reasons=reasons,
        left=left,
        logs_of=partial(typed, "logs", record.id),
    )
