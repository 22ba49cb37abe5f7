"""Counts the tasks of runs that have not ended."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec.structs import replace

from sequent.errors import StoreError
from sequent.model.outline import CONTAINERS, QUESTION
from sequent.model.status import RunStatus, Status

if TYPE_CHECKING:
    from sequent.runtime.ports import Store
    from sequent.runtime.records import RunRecord


def with_counts(store: Store, record: RunRecord) -> RunRecord:
    """Return a run with its counts so far if it has not ended, counted by the store rather than attempt by attempt."""
    if record.ended is not None or record.status is RunStatus.DAMAGED:
        return record
    try:
        total = _counted(store, record)
    except StoreError:
        # ``show`` reports the mistake.
        return record
    return replace(record, counts={status: number for status, number in total.items() if number > 0})


def _counted(store: Store, record: RunRecord) -> Counter[Status]:
    containers = {path for path, kind in record.outline.items() if kind in CONTAINERS}
    total: Counter[Status] = Counter()
    for path, numbers in (*store.standings(record).items(), *record.unrun.items()):
        if path not in containers:
            total.update(numbers)
    for wait in store.pending(record):
        if wait.path not in containers:
            # A task that waits to be tried again has not failed.
            first = 1 if record.outline[wait.path] == QUESTION else 0
            total.update({Status.WAITING: 1, Status.FAILURE: -1 if wait.attempt > first else 0})
    if record.owner is None:
        total[Status.WAITING] += total.pop(Status.ACTIVE, 0)
        total[Status.READY] = 0
    return total
