"""Reads the parts of a run to show, at a cost that does not grow with the number of its tasks."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from sequent.model.interventions import held_places
from sequent.model.outline import CONTAINERS
from sequent.model.status import WITH_WAITS, RunStatus, Status
from sequent.view.failure_groups import PresentFailures, failure_groups, without_retries
from sequent.view.run_summary import RunSummary
from sequent.view.text import in_order, with_questions

if TYPE_CHECKING:
    from sequent.dashboard.run_digest import RunDigest, RunDigests
    from sequent.runtime.ports import Store
    from sequent.runtime.records import RunRecord


class OneRun(Struct, frozen=True, kw_only=True):
    """A run, as its page and its screen show it."""

    summary: RunSummary
    digest: RunDigest
    now: float

    @property
    def record(self) -> RunRecord:
        """The run."""
        return self.summary.record

    @property
    def steps(self) -> list[str]:
        """The paths of the steps, in the order of the flow."""
        return [path for path, kind in self.record.outline.items() if kind not in CONTAINERS]

    @property
    def counts(self) -> Mapping[Status, int]:
        """The number of tasks by status: in all steps, those that were skipped or cancelled too."""
        total: dict[Status, int] = {}
        for path in self.steps:
            for found in (self.digest.standings.get(path, {}), self.record.unrun.get(path, {})):
                for status, number in found.items():
                    total[status] = total.get(status, 0) + number
        return in_order(total)

    @property
    def numbers(self) -> Mapping[str, int]:
        """The counts by word, with the number of questions that wait for an answer."""
        return with_questions(self.counts, len(self.summary.questions))

    @property
    def active(self) -> int:
        """The number of tasks that are executed now."""
        return self.counts.get(Status.ACTIVE, 0) if self.record.owner is not None else 0

    @property
    def held(self) -> frozenset[str]:
        """The places that are held, as they were typed."""
        return frozenset(held_places(self.summary.interventions))

    @property
    def failures(self) -> PresentFailures:
        """The failures of tasks that will not be tried again, and of containers, by step and error."""
        digest = self.digest
        failed = [attempt.failure for attempt in without_retries(digest.failures, self.summary.waits)]
        problems = () if self.record.status is RunStatus.SUCCESS else digest.problems
        return failure_groups([*failed, *problems], digest.unread)


def read_run(store: Store, record: RunRecord, digests: RunDigests) -> OneRun:
    """Return a run, as its page and its screen show it."""
    digest = digests.of(store, record)
    summary = RunSummary(
        record=record,
        standings=digest.standings,
        waits=store.pending(record) if record.status in WITH_WAITS else (),
        interventions=store.interventions(record),
        old_picture=store.picture(record),
    )
    return OneRun(summary=summary, digest=digest, now=time.time())
