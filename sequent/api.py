"""Starts, continues and recovers runs: the functions behind the command line and ``flow.run()``.

Importing this module is cheap: store and compiler are imported once a run needs them, while its agent is starting.
"""

from __future__ import annotations

import os
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, cast

from msgspec.structs import replace

from sequent.dsl.run_port import OpenStore, RunMode, RunRequest, set_checker, set_runner
from sequent.errors import DefinitionError, InvalidFlowError, UsageError
from sequent.model.commands import option, typed, with_store
from sequent.model.outcome import Outcome
from sequent.model.showing import set_shower
from sequent.model.status import RunStatus
from sequent.model.variables import CONTINUE_RUN, RECOVER_RAISED
from sequent.runtime.processes.standard_streams import open_missing

if TYPE_CHECKING:
    from sequent.model.plan import Plan
    from sequent.model.run_target import Target
    from sequent.model.spec import Definition, FlowSpec
    from sequent.runtime.executors.agents import AgentProcess
    from sequent.runtime.loading.flows import LoadedFlow
    from sequent.runtime.observer_port import Observer
    from sequent.runtime.ports import Store
    from sequent.runtime.records import RunRecord
    from sequent.runtime.recovery.recovery_plan import RecoveryPlan
    from sequent.runtime.recovery.task_selection import RecoveryRequest
    from sequent.settings.configuration import Configuration


def start(
    definition: Definition,
    plan: Plan,
    *,
    store: Store,
    target: Target,
    run_id: str | None = None,
    observer: Observer | None = None,
    agent: AgentProcess | None = None,
    max_loops: int = -1,
) -> Outcome:
    """Start a run and drive it to its end.

    Args:
        definition: the flow.
        plan: its plan, compiled before the store is made, so that a flow with mistakes leaves none.
        store: where the run is kept.
        target: how the flow is loaded again.
        run_id: the run's id; None for the next free one.
        observer: the observer of the run; None: failures are logged.
        agent: an agent that is already running, which the caller closes; None: one is started if a step needs it.
        max_loops: suspend the run after this many passes, if it then only waits for times; negative: never.

    Raises:
        UsageError: the run id is taken, or the run would start itself without end.
        StoreError: the store could not be written.
        FencedError: another process took the run over.
    """
    from sequent.runtime.backoff import wait_for_room
    from sequent.runtime.recovery.changes import fingerprints_of
    from sequent.runtime.runs.drive import Drive
    from sequent.runtime.runs.nested_runs import origin, refuse_nesting

    refuse_nesting(target, plan.params, store.name)
    with closing(wait_for_room(lambda: store.create(target, plan, run_id, fingerprints_of(plan), origin()))) as run:
        return Drive(
            definition=definition,
            plan=plan,
            run=run,
            target=target,
            store=store.name,
            observer=observer,
            agent=agent,
            max_loops=max_loops,
        ).to_its_end(store)


def recover(
    definition: Definition,
    record: RunRecord,
    *,
    store: Store,
    target: Target | None = None,
    observer: Observer | None = None,
    agent: AgentProcess | None = None,
    max_loops: int = -1,
    request: RecoveryRequest | None = None,
) -> Outcome:
    """Recover a run: keep the successes, run the rest.

    A run that has succeeded is left as it is, and its outcome returned, unless a directive reruns a step in it.
    ``target`` is the present place of the flow, if it differs from the recorded one; its steps run in the recorded
    directory all the same. ``request`` says which tasks to run again or pass over, which recovery this one is
    based on, and whether the flow may have changed. The other arguments are those of ``start``.

    Raises:
        BusyError: another process drives the run.
        DefinitionError: the flow's structure has changed since the run was made; the message has the difference.
        UsageError: the request cannot be fulfilled.
    """
    from sequent.compiler import compile_flow
    from sequent.runtime.backoff import wait_for_room
    from sequent.runtime.recovery.preparation import prepare
    from sequent.runtime.runs.drive import Drive

    plan = compile_flow(definition.spec, record.params)
    prepared = prepare(plan, store.look(record), request)
    with closing(wait_for_room(lambda: store.take(record.id, reopens=prepared.reopens, forces=prepared.forces))) as run:
        return Drive(
            definition=definition,
            plan=plan,
            run=run,
            target=replace(target or record.target, cwd=record.target.cwd),
            store=store.name,
            observer=observer,
            agent=agent,
            max_loops=max_loops,
            prepared=prepared,
        ).to_its_end(store)


def plan_recovery(
    definition: Definition, record: RunRecord, *, store: Store, request: RecoveryRequest | None = None
) -> RecoveryPlan:
    """Return the fate of each task in a recovery, if all tasks that it runs succeed; nothing is run or written.

    Raises:
        DefinitionError, UsageError: as ``recover``.
    """
    from sequent.compiler import compile_flow
    from sequent.runtime.recovery.preparation import plan_of

    plan = compile_flow(definition.spec, record.params)
    return plan_of(plan, store.look(record), request, store.attempts(record), store.interventions(record))


def continue_(
    definition: Definition,
    record: RunRecord,
    *,
    store: Store,
    target: Target | None = None,
    observer: Observer | None = None,
    agent: AgentProcess | None = None,
    max_loops: int = -1,
) -> Outcome:
    """Continue a run that was suspended, stopped or interrupted, in the same recovery: failures stay failures.

    A run that has succeeded is left as it is, and its outcome returned. The arguments are those of ``recover``.

    Raises:
        UsageError: the run has failed, or was stopped and something in it has failed.
        BusyError, DefinitionError: as ``recover``.
    """
    from sequent.compiler import compile_flow
    from sequent.runtime.backoff import wait_for_room
    from sequent.runtime.recovery.changes import check_changes
    from sequent.runtime.runs.drive import Drive

    seen = store.look(record)
    has_failed = record.status is RunStatus.STOPPED and (seen.failures(1)[0] or seen.container_problems(1))
    if record.status is RunStatus.FAILURE or has_failed:
        how = "has failed" if record.status is RunStatus.FAILURE else "was stopped, and one of its steps has failed"
        raise UsageError(
            f"run '{record.id}' {how}: there is nothing to continue",
            code="nothing-to-continue",
            hint=f"recover it, running only what is due: {typed('recover', record.id, '--max-loops', '1')}",
        )
    plan = compile_flow(definition.spec, record.params)
    check_changes(seen, plan, accepts=False)
    with closing(wait_for_room(lambda: store.take(record.id, resumes=True))) as run:
        return Drive(
            definition=definition,
            plan=plan,
            run=run,
            target=replace(target or record.target, cwd=record.target.cwd),
            store=store.name,
            observer=observer,
            agent=agent,
            resumes=True,
            max_loops=max_loops,
        ).to_its_end(store)


def load_flow_of(record: RunRecord) -> LoadedFlow:
    """Load the flow of a recorded run again.

    Raises:
        UsageError: it is no longer there.
    """
    from sequent.runtime.loading.flows import LoadedFlow, load_recorded, load_script
    from sequent.runtime.loading.modules import beside, refuse_hiding

    refuse_hiding(beside(record.target))
    if record.target.attribute:
        return LoadedFlow(load_recorded(record.target), record.target)
    if record.target.is_script:
        return LoadedFlow(load_script(record.target), record.target)
    raise UsageError(
        f"the flow '{record.target.flow}' of run {record.id} was built in a function or a notebook, "
        "so it cannot be found again",
        hint="recover the run from Python: Sequent(..., run_mode=RUN_RECOVER, run_id=...).run()",
    )


def run(request: RunRequest) -> Outcome:
    """Carry out ``flow.run()``: start a run, or recover or continue one.

    Raises:
        UsageError: there is no run to recover, or the store ends with its process.
        BusyError, DefinitionError, StoreError, FencedError: as ``start`` and ``recover``.
    """
    from sequent.dsl.options.hosts import found_elsewhere
    from sequent.runtime.executors.executors_of_flow import make_agent, target_of
    from sequent.runtime.recovery.scripts import script_rerun
    from sequent.settings.configuration import configuration

    settings = configuration()
    definition = found_elsewhere(settings.applied_to(request.definition))
    target = target_of(definition)
    resumes = request.run_mode is not RunMode.RESTART or script_rerun(target) is not None
    opened, name = _store_of(request, settings)
    if resumes and opened is None:
        from sequent.runtime.store import check_outlasting

        check_outlasting(name)
    # Launched first: it forks before there is a store, a thread or a socket, or starts while they are imported.
    agent = make_agent(definition)
    try:
        from sequent.compiler import compile_flow
        from sequent.runtime.backoff import wait_for_room
        from sequent.runtime.runs.linked_directories import check_start
        from sequent.runtime.store import open_store

        # A flow with mistakes leaves no new store.
        plan = None if resumes else compile_flow(definition.spec, request.params)
        if not resumes:
            check_start(definition.spec.config, request.run_id)
        if definition.spec.warnings:
            from sequent.runtime.runs.observers import note_all

            note_all(definition.spec.warnings)
        with ExitStack() as stack:
            store = opened or stack.enter_context(closing(wait_for_room(lambda: open_store(name, makes=not resumes))))
            # A store that the author's code or a command for the script names is found again; others need a hint.
            is_named = request.store is not None or name == request.default_store or script_rerun(target) is not None
            stack.enter_context(with_store(option("store", store.name) if is_named else ""))
            return _run_in(store, request, definition, plan, target, agent)
    finally:
        if agent is not None:
            agent.close()


def _store_of(request: RunRequest, settings: Configuration) -> tuple[Store | None, str | None]:
    """Return the given open store, which stays open; else the setting that names one."""
    given = request.store
    if isinstance(given, OpenStore):
        return cast("Store", given), None
    return None, settings.store_of(os.fspath(given or ""), request.default_store)


def _run_in(
    store: Store,
    request: RunRequest,
    definition: Definition,
    plan: Plan | None,
    target: Target,
    agent: AgentProcess | None,
) -> Outcome:
    """Resume the requested run, or else start one; ``plan`` is given if it is already known."""
    from sequent.compiler import compile_flow
    from sequent.runtime.recovery.requested_run import find_requested_run
    from sequent.runtime.recovery.scripts import loops_of, script_rerun

    wanted = script_rerun(target)
    is_continued = request.run_mode is RunMode.CONTINUE if wanted is None else wanted[0] == CONTINUE_RUN
    # A continued script waits for no times, even those that the script itself would wait for, unless a limit is typed.
    loops = loops_of(target, 1 if is_continued and wanted is not None else request.max_loops)
    record, recovery = find_requested_run(request, store, target)
    if record is None:
        plan = plan or compile_flow(definition.spec, request.params)
        return start(definition, plan, run_id=request.run_id, store=store, target=target, agent=agent, max_loops=loops)
    if is_continued:
        return continue_(definition, record, store=store, target=target, agent=agent, max_loops=loops)
    return recover(definition, record, store=store, target=target, agent=agent, max_loops=loops, request=recovery)


def _show(thing: object) -> str | None:
    from sequent.pictures.notebook import html_of

    return html_of(thing)


def _mistakes_of_the_whole(spec: FlowSpec) -> tuple[DefinitionError, ...]:
    from sequent.compiler import compile_flow

    try:
        compile_flow(spec)
    except InvalidFlowError as error:
        return error.problems
    return ()


open_missing()
set_runner(run)
set_checker(_mistakes_of_the_whole)
set_shower(_show)
if RECOVER_RAISED in os.environ:
    # A command runs this script again, and reports the errors of the script.
    from sequent.runtime.recovery.script_errors import write_raised

    write_raised()

__all__ = ["continue_", "load_flow_of", "plan_recovery", "recover", "run", "start"]
