"""Which runs are removed: those that nobody is going to ask for any more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from attrs import frozen

from sequent.by_fields import ByFields
from sequent.model.status import RunStatus

_FINISHED = (RunStatus.SUCCESS,)
_ENDED = (*_FINISHED, RunStatus.FAILURE, RunStatus.STOPPED, RunStatus.RUNNING)
"""A run that says running, and that nobody drives, was interrupted. One that is suspended waits to be continued."""


@frozen(kw_only=True, eq=False, repr=False)
class PruneRule(ByFields):
    """What is asked for: every run that meets all of it."""

    older_than: float | None = None
    """Seconds that have passed since it ended; None: however short."""
    keep_failed: bool = False
    """Whether only runs that have succeeded are removed: any other may still be recovered."""
    flow: str | None = None
    """Only runs of the flow with this name."""
    keep: int = 0
    """So many of the latest runs of each flow stay."""
    is_dry: bool = False
    """Whether it is only said what would be removed."""


@frozen(kw_only=True, eq=False, repr=False)
class OldRun(ByFields):
    """A run, as far as it matters for whether it is removed."""

    number: int
    id: str
    flow: str
    status: RunStatus
    ended: float
    """When it ended, or when it was last seen alive."""


@frozen(kw_only=True, eq=False, repr=False)
class PrunedRun(ByFields):
    """A run that was removed."""

    id: str
    flow: str
    status: RunStatus
    """``interrupted`` where its driver had died."""
    ended: float
    size: int
    """Bytes that its files had."""


@frozen(kw_only=True, eq=False, repr=False)
class Pruned(ByFields):
    """What was removed."""

    runs: tuple[PrunedRun, ...] = ()
    size: int = 0
    """Bytes that were freed: of files, and within the store's own, where later runs use them again."""
    busy: tuple[str, ...] = ()
    """The ids of the runs that were left although they are old enough: somebody drives them."""


def old_runs(runs: Iterable[OldRun], rule: PruneRule, now: float) -> Iterator[OldRun]:
    """The runs that a rule removes; they are given latest first."""
    seen: Counter[str] = Counter()
    statuses = _FINISHED if rule.keep_failed else _ENDED
    for run in runs:
        seen[run.flow] += 1
        is_old = rule.older_than is None or run.ended <= now - rule.older_than
        if seen[run.flow] > rule.keep and is_old and run.status in statuses and rule.flow in (None, run.flow):
            yield run
