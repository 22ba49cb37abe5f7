"""What a recovery is to do, as its driver is told: who only starts a run loads nothing of how that is found out."""

from __future__ import annotations

from attrs import frozen

from sequent.by_fields import ByFields
from sequent.model.directives import NO_DIRECTIVES, Directives
from sequent.model.plan import Plan
from sequent.runtime.driver.desks.revisions import revise
from sequent.runtime.ports import DrivenRun
from sequent.runtime.recovery.renaming import SAME_NAMES, Renaming
from sequent.runtime.rows import Batch


@frozen(kw_only=True, eq=False, repr=False)
class Prepared(ByFields):
    """What a recovery is asked to do."""

    directives: Directives = NO_DIRECTIVES
    recovery_run: int | None = None
    reopens: bool = False
    """Whether something is to be done although the run has succeeded."""
    accepts_changes: bool = False
    renaming: Renaming = SAME_NAMES
    notes: tuple[str, ...] = ()


def rewind(run: DrivenRun, plan: Plan, recovery_run: int, at: float) -> None:
    """Go back to what had succeeded by the end of a recovery; ``at`` is now, in seconds since 1970."""
    _, revision = run.rewound(plan, recovery_run)
    if revision:
        batch = Batch()
        revise(plan, revision, batch, at, run.record.recovery)
        run.commit(batch)
