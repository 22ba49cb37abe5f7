"""Reads the earlier runs of a flow from a store, for replays and for durations."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING

from attrs import frozen

from sequent.by_fields import ByFields
from sequent.errors import UsageError
from sequent.model.record_text import MOST
from sequent.model.references import Path
from sequent.model.scope import Sequence
from sequent.model.status import RunStatus, Status
from sequent.testing.earlier_scenario import Precedent, ReadResult
from sequent.view.earlier_runs import ended_runs
from sequent.view.earlier_tasks import EarlierTasks, UsualDurations
from sequent.view.text import counted

if TYPE_CHECKING:
    from sequent.runtime.ports import Store
    from sequent.runtime.records import RunRecord

MOST_ATTEMPTS = 10_000
"""The attempts after which no further run is read: each is replayed several times, at some 0.3 ms an attempt."""
_LOOKED_AT = 5
"""So many times as many runs are looked at, to find enough that have succeeded."""


@frozen(kw_only=True, eq=False, repr=False)
class EarlierRun(ByFields):
    """An earlier run of the flow."""

    record: RunRecord
    tasks: EarlierTasks
    read_result: ReadResult

    @property
    def seconds(self) -> float | None:
        """How long it took; None if that says nothing: it has not succeeded, or was recovered in between."""
        record = self.record
        if record.ended is None or record.recovery or record.status is not RunStatus.SUCCESS:
            return None
        return record.ended - record.created


@frozen(kw_only=True, eq=False, repr=False)
class RunHistory(ByFields):
    """The earlier runs of a flow, latest first."""

    runs: tuple[EarlierRun, ...]

    @cached_property
    def usual(self) -> UsualDurations:
        """The durations of steps in all of them."""
        return UsualDurations([run.tasks for run in self.runs])

    @property
    def latest(self) -> Precedent:
        """The latest run, to follow."""
        return self.precedent(self.runs[0])

    def precedent(self, run: EarlierRun) -> Precedent:
        """Return a run to follow."""
        others = (each.read_result for each in self.runs if each is not run)
        return Precedent(
            run=run.tasks,
            usual=UsualDurations([run.tasks]),
            usual_elsewhere=self.usual,
            results=(run.read_result, *others),
        )

    def most_at_once(self, host: str) -> int:
        """Return how many tasks were executed at once at most, in any run; 0 if none was executed there."""
        return max(run.tasks.most_at_once(host) for run in self.runs)


def read_history(store: Store, flow: str, most: int) -> RunHistory:
    """Return the latest runs of a flow that have succeeded; if none has, those that have failed.

    Of a failed run, only the successes count.

    Args:
        store: the store.
        flow: the name of the flow.
        most: the number of runs.

    Raises:
        UsageError: there is no such run, or none has executed anything.
    """
    records = ended_runs(store, flow, MOST, most * _LOOKED_AT)
    succeeded = [record for record in records if record.status is RunStatus.SUCCESS]
    runs: list[EarlierRun] = []
    left = MOST_ATTEMPTS
    for record in (succeeded or records)[:most]:
        if left <= 0:
            break
        run = _read(store, record)
        left -= len(run.tasks.attempts)
        runs += [run] if run.tasks.attempts else []
    if not runs:
        raise _no_history(store, flow, len(records))
    return RunHistory(runs=tuple(runs))


def _no_history(store: Store, flow: str, failed: int) -> UsageError:
    if failed:
        known = f"no step has succeeded in {counted(failed, 'run')} of the flow {flow!r} in {store.name!r}"
    else:
        known = f"there is no earlier run of the flow {flow!r} in {store.name!r}"
    return UsageError(
        f"{known}, so nothing is known of its durations",
        code="no-history",
        hint="run it once with success, or name the store that has its runs: --store FILE",
    )


def _read(store: Store, record: RunRecord) -> EarlierRun:
    attempts = store.attempts(record)
    if record.status is not RunStatus.SUCCESS:
        attempts = (attempt for attempt in attempts if attempt.status is Status.SUCCESS)
    return EarlierRun(record=record, tasks=EarlierTasks(attempts), read_result=partial(_result, store, record))


def _result(store: Store, record: RunRecord, path: Path, sequence: Sequence) -> str | None:
    return store.places(record).returned(path, sequence)
