"""The part of a run that a person chose to see: some of its tasks, by path, iteration, host and status."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING

from msgspec import Struct

from sequent.model.status import RunStatus, Status
from sequent.runtime.reading.step_states import StepStates, seen_attempts
from sequent.runtime.records import AttemptRecord, LeftPart, Pending, RunRecord

if TYPE_CHECKING:
    from sequent.model.outcome import Failure
    from sequent.runtime.ports import Store
    from sequent.view.why import Why

MOST_SHOWN = 100
"""The maximum number of failures, and of active and waiting tasks, to show."""


class RunSelection(Struct, frozen=True):
    """The selected tasks of a run, with their states; each property has those of one kind."""

    store: Store
    record: RunRecord
    states: StepStates

    @property
    def steps(self) -> Iterator[tuple[str, Mapping[Status, int]]]:
        """The steps, each with the numbers of its tasks."""
        wanted = self.states.wanted
        for path, numbers in self.states.steps.items():
            meant = {status: count for status, count in numbers.items() if count and wanted.shows(status)}
            if meant or not wanted.statuses:
                yield path, meant

    @property
    def active(self) -> list[AttemptRecord]:
        """The attempts that are being executed."""
        return [*self.states.active.values()] if self.states.wanted.shows(Status.ACTIVE) else []

    @property
    def lost(self) -> list[AttemptRecord]:
        """The attempts that were being executed when the driver of the run ended."""
        return [*self.states.lost.values()] if self.states.wanted.shows(Status.WAITING) else []

    @property
    def waits(self) -> list[Pending]:
        """The tasks and containers that wait for their time."""
        return self.states.waits if self.states.wanted.shows(Status.WAITING) else []

    @property
    def questions(self) -> list[Pending]:
        """The tasks that wait for the answer of a person."""
        return self.states.questions if self.states.wanted.shows(Status.WAITING) else []

    @property
    def failures(self) -> list[AttemptRecord]:
        """The attempts that have failed."""
        return [*self.states.failures.values()] if self.states.wanted.shows(Status.FAILURE) else []

    @property
    def failed_containers(self) -> list[Failure]:
        """The failures of containers themselves: their items could not be computed."""
        wanted = self.states.wanted
        if not wanted.shows(Status.FAILURE):
            return []
        return [it for it in self.store.container_problems(self.record) if wanted.has(it)][:MOST_SHOWN]

    @property
    def left(self) -> Iterator[LeftPart]:
        """The notes and artifacts of the tasks, whatever their status."""
        return (left for left in self.store.story(self.record) if self.states.wanted.has(left))

    @property
    def attempts(self) -> Iterator[AttemptRecord]:
        """All attempts."""
        wanted = self.states.wanted
        for attempt in seen_attempts(self.store, self.record):
            if wanted.has(attempt) and wanted.shows(attempt.status):
                yield attempt

    def waiting(self) -> list[Why]:
        """Return why tasks and containers have not begun, if the run goes on."""
        wanted = self.states.wanted
        is_shown = wanted.shows(Status.WAITING) or wanted.shows(Status.READY)
        if not is_shown or self.record.status not in (RunStatus.RUNNING, RunStatus.SUSPENDED):
            return []
        from sequent.view.run_facts import facts_of
        from sequent.view.waiting_places import waiting_places

        facts = facts_of(self.store, self.record)
        found = waiting_places(facts, time.time()) if facts.is_described else iter(())
        return [*islice((why for why in found if wanted.has_place(why.place)), MOST_SHOWN)]
