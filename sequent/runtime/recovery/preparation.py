"""Prepares and checks the directives of a recovery before the run is taken."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from attrs import evolve

from sequent.engine.apply_directives import direct
from sequent.errors import UsageError
from sequent.model.commands import typed
from sequent.model.directives import NO_DIRECTIVES, Directives
from sequent.model.interventions import InterventionRecord
from sequent.model.plan import Plan, StepPlan
from sequent.model.saved_state import Revision
from sequent.model.scope import Sequence, read_sequence
from sequent.model.status import Action, RunStatus, Status
from sequent.model.wording import guess, one_of
from sequent.runtime.ports import ReadRun
from sequent.runtime.processes.run_owners import driver_text
from sequent.runtime.records import AttemptRecord, RunRecord
from sequent.runtime.recovery.changes import check_changes
from sequent.runtime.recovery.people_notes import people_notes
from sequent.runtime.recovery.prepared_recovery import LoadedRun, PreparedRecovery
from sequent.runtime.recovery.recovery_plan import RecoveryPlan, plan_recovery
from sequent.runtime.recovery.renaming import Renaming, read_renaming
from sequent.runtime.recovery.task_selection import RecoveryRequest, SelectedTasks, check_host, check_range, select


def prepare(plan: Plan, run: ReadRun, request: RecoveryRequest | None) -> PreparedRecovery:
    """Check the plan and the directives of a recovery, and that no task needs a result that is passed over.

    Raises:
        DefinitionError: the flow has changed.
        UsageError: the directives cannot be followed; the message says why.
    """
    request = RecoveryRequest() if request is None else request
    renaming = _renamed(run, plan, request)
    accepted = check_changes(run, plan, accepts=request.accepts_changes, renaming=renaming)
    _check_lost(run, request)
    has_ended = run.record.status is RunStatus.SUCCESS
    if not (request or has_ended or _may_pass_over(plan, NO_DIRECTIVES)):
        return PreparedRecovery(
            accepts_changes=request.accepts_changes,
            forces=request.forces,
            renaming=renaming,
            notes=accepted,
            assumed_lost=request.assumed_lost,
        )
    selected, loaded = _selected(plan, run, request)
    if _may_pass_over(plan, selected.directives):
        _refuse_lacking(plan_recovery(plan, run, selected, loaded, ()))
    return PreparedRecovery(
        directives=selected.directives,
        recovery_run=request.recovery_run,
        accepts_changes=request.accepts_changes,
        forces=request.forces,
        renaming=renaming,
        loaded=loaded,
        reopens=has_ended and _changes(plan, selected, loaded),
        notes=(*accepted, *selected.notes),
        assumed_lost=request.assumed_lost,
    )


def plan_of(
    plan: Plan,
    run: ReadRun,
    request: RecoveryRequest | None,
    attempts: Iterable[AttemptRecord],
    interventions: Collection[InterventionRecord] = (),
) -> RecoveryPlan:
    """Plan the fate of each task in the recovery, and note the run's driver, and the requests of people to it.

    Raises:
        DefinitionError, UsageError: as ``prepare``.
    """
    request = RecoveryRequest() if request is None else request
    renaming = _renamed(run, plan, request)
    check_changes(run, plan, accepts=request.accepts_changes, renaming=renaming)
    _check_lost(run, request)
    selected, loaded = _selected(plan, run, request)
    last_ends = () if request.recovery_run is not None else _last_ends(attempts, renaming)
    planned = plan_recovery(plan, run, selected, loaded, last_ends, assumed_lost=request.assumed_lost)
    _refuse_lacking(planned)
    notes = (*selected.notes, *planned.notes, *people_notes(run.record.id, interventions))
    return evolve(planned, notes=(*_driver_notes(run.record, request), *notes))


def _driver_notes(record: RunRecord, request: RecoveryRequest) -> Iterator[str]:
    """Say that the run cannot be recovered now, or is taken from the process that drives it."""
    if record.owner is None:
        return
    driven = driver_text(record.id, record.owner)
    if request.forces:
        yield f"{driven}: --force ends that process and the steps that it executes, and takes the run"
    else:
        yield f"recover would be refused: {driven}; stop it first: {typed('stop', record.id)}"


def _renamed(run: ReadRun, plan: Plan, request: RecoveryRequest) -> Renaming:
    """Return the renamed steps and containers; the run uses the new names from now on."""
    renaming = read_renaming(request.renamed, run.record.description, plan.description)
    if renaming.names:
        run.rename(renaming.path)
    return renaming


def _check_lost(run: ReadRun, request: RecoveryRequest) -> None:
    """Check that something is given up with each host that is said to be gone.

    Raises:
        UsageError: no attempt there lacks an outcome.
    """
    known = sorted({each.host for each in run.handed_over()}) if request.assumed_lost else []
    for host in request.assumed_lost:
        if host not in known:
            rest = f"such attempts are on {', '.join(known)}" if known else "leave it out"
            raise UsageError(
                f"--assume-lost {host!r}: no attempt of run '{run.record.id}' on that host lacks an outcome",
                code="unknown-host",
                hint=f"{guess(host, known)}{rest}",
            )


def _selected(plan: Plan, run: ReadRun, request: RecoveryRequest) -> tuple[SelectedTasks, LoadedRun]:
    """Return the tasks selected by hand, and the loaded run."""
    latest = run.record.recovery
    if request.recovery_run is not None and not 0 <= request.recovery_run <= latest:
        raise UsageError(
            f"run '{run.record.id}' has no recovery {request.recovery_run}",
            code="recovery-run",
            hint=f"{one_of(0, latest)}; 0 is its first start",
        )
    selected = select(request, plan)
    if request.recovery_run is None:
        loaded = LoadedRun(run.record, run.saved(plan, selected.directives), Revision())
    else:
        loaded = LoadedRun(run.record, *run.rewound(plan, request.recovery_run))
    if selected.directives:
        # Tasks that have begun since then can be named as well.
        now = loaded.saved if request.recovery_run is None else run.saved(plan, selected.directives)
        for selection in selected.directives.skip:
            check_host(selection, now, plan)
        for text, selection in selected.typed:
            check_range(selection, now, plan, text)
            check_host(selection, now, plan)
    return selected, loaded


def _may_pass_over(plan: Plan, directives: Directives) -> bool:
    steps = (node for node in plan.nodes if isinstance(node, StepPlan))
    return bool(directives.skip) or any(Action.SKIP in step.recovery.values() for step in steps)


def _refuse_lacking(planned: RecoveryPlan) -> None:
    if planned.lacking:
        needs = "; ".join(f"'{step}' needs the result of '{maker}'" for step, maker in dict.fromkeys(planned.lacking))
        raise UsageError(
            f"tasks that are passed over have no result: {needs}",
            code="passed-over",
            hint="let it run, or take its result_or(...) if there is a value to go on with",
        )


def _changes(plan: Plan, selected: SelectedTasks, loaded: LoadedRun) -> bool:
    """Return whether there is anything to do in a run that has succeeded."""
    if loaded.saved is None:
        return False
    recovery = loaded.record.recovery + 1
    return bool(loaded.revision or direct(plan, loaded.saved, selected.directives, recovery)[1])


def _last_ends(attempts: Iterable[AttemptRecord], renaming: Renaming) -> Iterator[tuple[str, Sequence, bool]]:
    """Yield each task that has attempts, and whether the last is a success; attempts are ordered by start."""
    last: dict[tuple[str, Sequence], bool] = {}
    for attempt in attempts:
        sequence = read_sequence(attempt.sequence, attempt.host, attempt.host_depth)
        last[renaming.path(attempt.path), sequence] = attempt.status is Status.SUCCESS
    for (path, sequence), is_success in last.items():
        yield path, sequence, is_success
