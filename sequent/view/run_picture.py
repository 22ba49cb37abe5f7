"""Describes the drawing of a run: the picture of its flow, and the standing of each part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from sequent.errors import StoreError, UsageError
from sequent.model.description import Part
from sequent.model.interventions import held_places
from sequent.model.scope import split_host
from sequent.model.status import RunStatus, Status
from sequent.pictures.old_pictures import read_picture
from sequent.pictures.picture import Picture, picture_of
from sequent.pictures.states import Standing, States
from sequent.view.run_summary import RunSummary
from sequent.view.text import in_order

_UNDER_WAY = (Status.ACTIVE, Status.READY)


def run_picture(summary: RunSummary) -> Picture:
    """Return the picture of a run's flow.

    Raises:
        UsageError: an old version kept none.
        StoreError: it cannot be read.
    """
    record = summary.record
    parts = {path: part for path, part in record.description.items() if isinstance(part, Part)}
    if parts:
        return picture_of(record.target.flow, parts)
    if not summary.old_picture:
        raise UsageError(
            f"no picture was kept with run '{record.id}'",
            code="no-picture",
            hint="draw the flow, as module:flow: the run is older than this version",
        )
    try:
        return read_picture(summary.old_picture)
    except ValueError as error:
        raise StoreError(f"the picture of run '{record.id}' cannot be read", code="damaged-store") from error


def states_of(summary: RunSummary) -> States:
    """Return the status of each part; without a driver, active parts count as waiting again."""
    record = summary.record
    parts: dict[str, Mapping[Status, int]] = {}
    for path in dict.fromkeys((*summary.standings, *record.unrun)):
        # Tasks that were skipped or cancelled have no rows.
        numbers = Counter(summary.standings.get(path, {})) + Counter(record.unrun.get(path, {}))
        parts[path] = numbers if record.owner is not None else _interrupted(numbers)
    asked = Counter(wait.path for wait in summary.questions)
    for path, number in asked.items():
        parts[path] = {**parts.get(path, {}), Status.WAITING: number}
    remarks: dict[str, list[str]] = {path: ["waits for an answer"] for path in asked}
    if record.status is not RunStatus.SUCCESS:
        for place in held_places(summary.interventions):
            path, _ = split_host(place.partition("/")[0], record.outline)
            remarks.setdefault(path, []).append("held")
    paths = dict.fromkeys((*parts, *remarks))
    standings = {
        path: Standing(in_order(parts.get(path, {})), tuple(dict.fromkeys(remarks.get(path, ())))) for path in paths
    }
    return States(run=record.id, status=record.status, parts=standings)


def _interrupted(numbers: Mapping[Status, int]) -> dict[Status, int]:
    waiting = sum(numbers.get(status, 0) for status in (Status.ACTIVE, Status.WAITING))
    settled = {status: count for status, count in numbers.items() if status not in _UNDER_WAY}
    return {**settled, Status.WAITING: waiting} if waiting else settled
