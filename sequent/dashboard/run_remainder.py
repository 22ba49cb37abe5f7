"""Reads the remainder of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sequent.dashboard.run_digest import FAILURES
from sequent.model.status import RunStatus
from sequent.view.failure_groups import without_retries
from sequent.view.remainder import Remainder, remainder
from sequent.view.run_facts import facts_of

if TYPE_CHECKING:
    from sequent.dashboard.one_run import OneRun
    from sequent.runtime.ports import Store


def read_remainder(store: Store, run: OneRun) -> Remainder | None:
    """Return the remainder of a run; None if a process drives it, or if there is none."""
    record = run.record
    if record.owner is not None or record.status is RunStatus.SUCCESS:
        return None
    failed, first = store.tasks(record).failed_attempts(FAILURES)
    waiting = without_retries(first, run.summary.waits)
    return remainder(facts_of(store, record), run.steps, run.digest.standings, waiting, failed - len(first))
