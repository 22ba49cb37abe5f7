"""Reads the rows of a run that are few, whatever the number of its tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from sequent.model.interventions import InterventionRecord
from sequent.model.outline import QUESTION
from sequent.model.status import WITH_WAITS, Status
from sequent.runtime.records import Pending, RunRecord

if TYPE_CHECKING:
    from sequent.runtime.ports import Store


class RunSummary(Struct, frozen=True, kw_only=True):
    """A run, the numbers of its tasks, its waits, and the requests of people."""

    record: RunRecord
    standings: Mapping[str, Mapping[Status, int]]
    """By path, the number of tasks or iterations that have begun in each status, as the store counts them."""
    waits: Sequence[Pending] = ()
    interventions: Sequence[InterventionRecord] = ()
    old_picture: str = ""
    """The drawing of the flow that the first version kept."""

    @property
    def questions(self) -> list[Pending]:
        """The tasks that wait for the answer of a person."""
        return [wait for wait in self.waits if wait.attempt and self.record.outline[wait.path] == QUESTION]


def summary_of(store: Store, record: RunRecord) -> RunSummary:
    """Return the summary of a run."""
    return RunSummary(
        record=record,
        standings=store.standings(record),
        waits=store.pending(record) if record.status in WITH_WAITS else (),
        interventions=store.interventions(record),
        old_picture=store.picture(record),
    )
