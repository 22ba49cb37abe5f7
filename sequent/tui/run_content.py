"""Reads the parts of one run that its screen shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from sequent.dashboard.one_run import OneRun, read_run
from sequent.dashboard.reasons import RunReasons, reasons_of
from sequent.errors import UsageError
from sequent.model.status import RunStatus, Status
from sequent.runtime.records import AttemptRecord
from sequent.runtime.task_list_port import START
from sequent.view.failure_groups import PresentFailures
from sequent.view.failure_origins import with_origins
from sequent.view.run_facts import facts_of

if TYPE_CHECKING:
    from sequent.dashboard.run_digest import RunDigests
    from sequent.runtime.ports import Store
    from sequent.runtime.records import RunRecord

_ACTIVE = 50
"""Active tasks that are shown."""


class RunContent(Struct, frozen=True, kw_only=True):
    """A run, as its screen shows it."""

    run: OneRun
    failures: PresentFailures
    reasons: RunReasons
    active: list[AttemptRecord]
    """The first of the active tasks, if a process drives the run."""


def read_content(store: Store, record: RunRecord, digests: RunDigests) -> RunContent:
    """Read a run.

    Raises:
        UsageError: it is damaged.
    """
    if record.status is RunStatus.DAMAGED:
        raise UsageError(record.reason, code="damaged-run")
    # The store reads both when they are first asked for; the screen asks when it has closed the store.
    record = replace(record, outline={**record.outline}, params={**record.params})
    run = read_run(store, record, digests)
    failures = with_origins(facts_of(store, record), run.failures)
    return RunContent(
        run=run, failures=failures, reasons=reasons_of(store, run, failures), active=[*_active(store, run)]
    )


def _active(store: Store, run: OneRun) -> Iterator[AttemptRecord]:
    if run.record.owner is None:
        return
    left = _ACTIVE
    for path in run.steps:
        if left and run.digest.standings.get(path, {}).get(Status.ACTIVE):
            page = store.tasks(run.record).tasks(path, (), Status.ACTIVE, START, left)
            left -= len(page.tasks)
            yield from page.tasks
