"""The run that a ``run()`` recovers or continues, and its directives."""

from __future__ import annotations

from sequent.dsl.run_port import RunMode, RunRequest
from sequent.errors import UsageError
from sequent.model.run_target import Target
from sequent.model.status import RunStatus
from sequent.runtime.ports import Store
from sequent.runtime.records import RunRecord
from sequent.runtime.recovery.scripts import script_rerun, take_request
from sequent.runtime.recovery.task_selection import RecoveryRequest

_FEW = 10
"""Runs that are read before all are."""


def find_requested_run(request: RunRequest, store: Store, target: Target) -> tuple[RunRecord | None, RecoveryRequest]:
    """Return the run to recover or continue, and its directives; None for a new run.

    When a script is run again to recover its run, each of its flows recovers its latest run, and the flow of that very
    run recovers that one.
    """
    recovery = RecoveryRequest(recovery_run=request.recovery_run, accepts_changes=request.accept_changes)
    wanted = script_rerun(target)
    if wanted is not None:
        record = store.find(wanted[1])
        if record.target.flow == target.flow:
            return record, take_request(wanted[0]) or recovery
        return _latest(store, target), recovery
    if request.run_mode is RunMode.RESTART:
        return None, recovery
    if request.run_id is not None:
        return store.find(request.run_id), recovery
    latest = _latest(store, target)
    if latest is None:
        verb = "recover" if request.run_mode is RunMode.RECOVER else "continue"
        raise UsageError(f"the flow '{target.flow}' has no run to {verb}", hint="start one first")
    return latest, recovery


def _latest(store: Store, target: Target) -> RunRecord | None:
    """Return the latest run of the flow: the same name in the same real file."""
    # It is nearly always the last run, and a flow that cron runs has a hundred thousand a year.
    for limit in (_FEW, None):
        for record in store.runs(target.flow, limit):
            if record.status is RunStatus.DAMAGED:
                # It may be the requested run: finding it raises the error that describes its damage.
                return store.find(record.id)
            if record.target.file == target.file:
                return record
    return None
