"""Selects the old runs to remove, which are no longer needed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from attrs import frozen

from sequent.by_fields import ByFields
from sequent.model.status import RunStatus

_FINISHED = (RunStatus.SUCCESS,)
_ENDED = (*_FINISHED, RunStatus.FAILURE, RunStatus.STOPPED, RunStatus.RUNNING)
"""A run whose status is running, but that no process drives, was interrupted. A suspended run waits to be continued."""


@frozen(kw_only=True, eq=False, repr=False)
class PruneRule(ByFields):
    """The rule for removing runs: every run that meets all conditions."""

    older_than: float | None = None
    """Seconds that must have passed since it ended; None: any time."""
    keep_failed: bool = False
    """Whether only runs that have succeeded are removed: any other may still be recovered."""
    flow: str | None = None
    """Only runs of the flow with this name."""
    keep: int = 0
    """The number of the latest runs of each flow that stay."""
    is_dry: bool = False
    """Whether only to report what would be removed."""


@frozen(kw_only=True, eq=False, repr=False)
class OldRun(ByFields):
    """The data of a run that decide whether it is removed."""

    number: int
    id: str
    flow: str
    status: RunStatus
    ended: float
    """When it ended, or when its driver last committed."""


@frozen(kw_only=True, eq=False, repr=False)
class PrunedRun(ByFields):
    """A run that was removed."""

    id: str
    flow: str
    status: RunStatus
    """``interrupted`` if its driver had died."""
    ended: float
    size: int
    """The bytes of its files."""


@frozen(kw_only=True, eq=False, repr=False)
class Pruned(ByFields):
    """The removed runs."""

    runs: tuple[PrunedRun, ...] = ()
    size: int = 0
    """Bytes that were freed: of files, and within the store's own, where later runs use them again."""
    busy: tuple[str, ...] = ()
    """The ids of runs that are old enough but were left, since they are driven."""


def old_runs(runs: Iterable[OldRun], rule: PruneRule, now: float) -> Iterator[OldRun]:
    """Yield the runs that a rule removes; they are given latest first."""
    seen: Counter[str] = Counter()
    statuses = _FINISHED if rule.keep_failed else _ENDED
    for run in runs:
        seen[run.flow] += 1
        is_old = rule.older_than is None or run.ended <= now - rule.older_than
        if seen[run.flow] > rule.keep and is_old and run.status in statuses and rule.flow in (None, run.flow):
            yield run
