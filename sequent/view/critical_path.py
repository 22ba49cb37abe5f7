"""Finds the critical path of a run as it went: back from its last end, always to the task that was waited for.

That of a run that failed leads to the failure that stopped it: tasks that ended later did not decide about it.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from sequent.model.status import RunStatus
from sequent.runtime.records import AttemptRecord, RunRecord
from sequent.view.attempts import Attempts
from sequent.view.predecessors import Predecessors

SHOWN = 40
"""The tasks of a path that are listed: the last ones."""


class CriticalTask(Struct, frozen=True, kw_only=True):
    """One task of the path."""

    path: str
    located: str
    sequence: str
    attempt: int
    started: float
    ended: float
    waited: float
    """The seconds between the end of the task before it and its start: delays, queues, and time without a driver."""


class StepShare(Struct, frozen=True, kw_only=True):
    """The part that one step has in the path."""

    path: str
    tasks: int
    ran: float
    """Seconds."""
    waited: float


class CriticalPath(Struct, frozen=True, kw_only=True):
    """The tasks that decided when the run ended, or when it failed."""

    failure: str = ""
    """The failed task that it leads to; '' if it leads to the last end."""
    after: float = 0.0
    """The seconds between that failure and the end of the run."""
    count: int = 0
    tasks: tuple[CriticalTask, ...] = ()
    """The last of them, in the order of their starts."""
    steps: tuple[StepShare, ...] = ()
    """The share of each step, the largest first."""


def critical_path(
    attempts: Attempts, predecessors: Predecessors, began: float, now: float, failure: AttemptRecord | None = None
) -> CriticalPath:
    """Return the critical path of a run.

    Args:
        attempts: its attempts.
        predecessors: the tasks that each waited for.
        began: when the run was started, in seconds since 1970.
        now: the end of active attempts.
        failure: the failed attempt that it leads to; by default it leads to the last end.
    """
    last = failure
    if last is None:
        last = max((one for many in attempts.values() for one in many), key=lambda one: _span(one, now), default=None)
    found: list[CriticalTask] = []
    while last is not None:
        before = predecessors.of(last)
        ready = began if predecessors.may_start_at_once(last) else last.started
        if before is not None and before.ended is not None:
            ready = before.ended
        found.append(
            CriticalTask(
                path=last.path,
                located=last.located,
                sequence=last.sequence,
                attempt=last.attempt,
                started=last.started,
                ended=now if last.ended is None else last.ended,
                waited=max(0.0, last.started - ready),
            )
        )
        # Clocks may have been set back: only an earlier start leads on.
        last = before if before is not None and before.started < last.started else None
    return CriticalPath(
        failure="" if failure is None else _name(failure),
        after=0.0 if failure is None or failure.ended is None else max(0.0, now - failure.ended),
        count=len(found),
        tasks=tuple(reversed(found[:SHOWN])),
        steps=_shares(found),
    )


def stopping_failure(record: RunRecord, failures: Sequence[AttemptRecord]) -> AttemptRecord | None:
    """Return the attempt whose failure stopped a run that failed, or else the first that failed; None if none did.

    Args:
        record: the run.
        failures: its present failures.
    """
    if record.status is not RunStatus.FAILURE:
        return None
    by_time = sorted(failures, key=lambda each: each.started if each.ended is None else each.ended)
    return next((each for each in by_time if _name(each) == record.cause), next(iter(by_time), None))


def _name(attempt: AttemptRecord) -> str:
    return f"{attempt.located}/{attempt.sequence}"


def _span(attempt: AttemptRecord, now: float) -> tuple[float, float]:
    return (now if attempt.ended is None else attempt.ended, -attempt.started)


def _shares(tasks: list[CriticalTask]) -> tuple[StepShare, ...]:
    sums: dict[str, list[float]] = {}
    for task in tasks:
        tally = sums.setdefault(task.path, [0, 0.0, 0.0])
        tally[0] += 1
        tally[1] += task.ended - task.started
        tally[2] += task.waited
    shares = [StepShare(path=path, tasks=int(a), ran=b, waited=c) for path, (a, b, c) in sums.items()]
    return tuple(sorted(shares, key=lambda share: -(share.ran + share.waited)))
