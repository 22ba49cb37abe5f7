"""The directives of a recovery for its driver, apart from their readers, so that starting a run need not load these."""

from __future__ import annotations

from attrs import frozen

from sequent.by_fields import ByFields
from sequent.model.directives import NO_DIRECTIVES, Directives
from sequent.model.plan import Plan
from sequent.model.saved_state import Revision, SavedFrame
from sequent.runtime.driver.desks.revisions import revise
from sequent.runtime.ports import DrivenRun
from sequent.runtime.records import RunRecord
from sequent.runtime.recovery.renaming import SAME_NAMES, Renaming
from sequent.runtime.rows import Batch


@frozen(eq=False, repr=False)
class LoadedRun(ByFields):
    """The open part of a run, loaded without driving the run."""

    record: RunRecord
    saved: SavedFrame | None
    revision: Revision
    """The changes to be written to return to an earlier recovery."""

    def is_current(self, taken: RunRecord) -> bool:
        """Return whether no other process had the run between loading it and taking it now."""
        return self.record.owner is None and taken.epoch == self.record.epoch + 1


@frozen(kw_only=True, eq=False, repr=False)
class PreparedRecovery(ByFields):
    """The directives of a recovery."""

    directives: Directives = NO_DIRECTIVES
    recovery_run: int | None = None
    reopens: bool = False
    """Whether there is something to do although the run has succeeded."""
    accepts_changes: bool = False
    forces: bool = False
    """Whether the run is taken from a process that drives it."""
    renaming: Renaming = SAME_NAMES
    loaded: LoadedRun | None = None
    """The run, if it had to be loaded."""
    notes: tuple[str, ...] = ()
    assumed_lost: tuple[str, ...] = ()
    """The hosts whose attempts without an outcome are lost, whatever becomes of them there."""


def open_part(run: DrivenRun, plan: Plan, prepared: PreparedRecovery, *, resumes: bool, at: float) -> SavedFrame | None:
    """Write what a recovery changes, and return the state for the engine; None if the run has just begun.

    Args:
        run: the run, which only this process drives.
        plan: the plan to run.
        prepared: the directives.
        resumes: whether it is continued, in the same recovery.
        at: now, in seconds since 1970.
    """
    recovery = run.record.recovery
    if not (recovery or resumes):
        return None
    loaded = prepared.loaded
    if loaded is not None and not loaded.is_current(run.record):
        loaded = None
    if prepared.recovery_run is not None:
        revision = loaded.revision if loaded is not None else run.rewound(plan, prepared.recovery_run)[1]
        run.use(plan)
        if revision:
            batch = Batch()
            revise(plan, revision, batch, at, recovery)
            run.commit(batch)
    elif loaded is not None:
        run.use(plan)
        return loaded.saved
    # Retries that a dead driver has not made are still to be made.
    return run.saved(plan, prepared.directives, counting=recovery if resumes else recovery - 1)
