"""Run, continue and recover: what the command line and ``flow.run()`` are built on.

Importing this module is cheap: the store and the compiler are imported once a run needs them, while its
agent is already starting.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from attrs import evolve

from sequent.dsl.running import RunMode, RunRequest, set_runner
from sequent.errors import DefinitionError, UsageError
from sequent.model.outcome import Outcome
from sequent.model.status import RunStatus

if TYPE_CHECKING:
    from sequent.model.plan import Plan
    from sequent.model.spec import Definition
    from sequent.runtime.executors.agents import AgentProcess
    from sequent.runtime.loading import LoadedFlow
    from sequent.runtime.ports import Observer, Store
    from sequent.runtime.rows import RunRecord, Target

RECOVER_RUN = "SEQUENT_RECOVER_RUN"
"""Names the run that a script's ``run()`` is to recover instead of starting a new one."""
CONTINUE_RUN = "SEQUENT_CONTINUE_RUN"
"""Names the run that it is to continue."""


def start(
    definition: Definition,
    plan: Plan,
    *,
    store: Store,
    target: Target,
    run_id: str | None = None,
    observer: Observer | None = None,
    agent: AgentProcess | None = None,
    max_concurrent: int | None = None,
    max_loops: int = -1,
) -> Outcome:
    """Start a run and drive it to its end.

    Args:
        definition: the flow.
        plan: what was compiled of it; so a flow with mistakes leaves no new store.
        store: where the run is kept.
        target: how the flow is found again.
        run_id: the run's id; None for the next free one.
        observer: who watches; None: failures are logged.
        agent: an agent that was started already; None: one is started if a step needs it. It is closed.
        max_concurrent: overrides the flow's own.
        max_loops: after how many passes over what is due the run is suspended, if only times are waited for then;
            negative: never.

    Raises:
        UsageError: the run id is taken.
        StoreError: the store could not be written.
        FencedError: somebody took the run over.
    """
    from sequent.runtime.running import Drive, fingerprints_of

    try:
        run = store.create(target, plan, run_id, fingerprints_of(plan))
        try:
            return Drive(
                definition=definition,
                plan=plan,
                run=run,
                target=target,
                store=store.name,
                observer=observer,
                agent=agent,
                max_concurrent=max_concurrent,
                max_loops=max_loops,
            ).to_its_end()
        finally:
            run.close()
    finally:
        if agent is not None:
            agent.close()


def recover(
    definition: Definition,
    record: RunRecord,
    *,
    store: Store,
    target: Target | None = None,
    observer: Observer | None = None,
    agent: AgentProcess | None = None,
    max_concurrent: int | None = None,
    max_loops: int = -1,
) -> Outcome:
    """Take a run up again: what has succeeded is kept, the rest runs.

    A run that has succeeded is left as it is, and its outcome returned. ``target`` says where the flow is
    found now, if that is elsewhere than recorded; its steps run in the recorded directory all the same.
    The other arguments are those of ``start``.

    Raises:
        BusyError: somebody drives the run.
        DefinitionError: the flow's structure has changed since the run was made; the message has the difference.
    """
    from sequent.compiler import compile_flow
    from sequent.runtime.running import Drive

    try:
        plan = compile_flow(definition.spec, record.params)
        _check_unchanged(record, plan)
        run = store.take(record.id)
        try:
            return Drive(
                definition=definition,
                plan=plan,
                run=run,
                target=evolve(target or record.target, cwd=record.target.cwd),
                store=store.name,
                observer=observer,
                agent=agent,
                max_concurrent=max_concurrent,
                max_loops=max_loops,
            ).to_its_end()
        finally:
            run.close()
    finally:
        if agent is not None:
            agent.close()


def continue_(
    definition: Definition,
    record: RunRecord,
    *,
    store: Store,
    target: Target | None = None,
    observer: Observer | None = None,
    agent: AgentProcess | None = None,
    max_concurrent: int | None = None,
    max_loops: int = -1,
) -> Outcome:
    """Go on with a run that was suspended or interrupted, in the same recovery: what has failed stays so.

    A run that has succeeded is left as it is, and its outcome returned. The arguments are those of ``recover``.

    Raises:
        UsageError: the run has failed or was stopped.
        BusyError, DefinitionError: as ``recover``.
    """
    from sequent.compiler import compile_flow
    from sequent.runtime.running import Drive

    try:
        if record.status in (RunStatus.FAILURE, RunStatus.STOPPED):
            how = "has failed" if record.status is RunStatus.FAILURE else "was stopped"
            raise UsageError(
                f"run '{record.id}' {how}, and there is nothing to continue",
                code="nothing-to-continue",
                hint=f"take it up again: sequent recover {record.id}",
            )
        plan = compile_flow(definition.spec, record.params)
        _check_unchanged(record, plan)
        run = store.take(record.id, resumes=True)
        try:
            return Drive(
                definition=definition,
                plan=plan,
                run=run,
                target=evolve(target or record.target, cwd=record.target.cwd),
                store=store.name,
                observer=observer,
                agent=agent,
                max_concurrent=max_concurrent,
                resumes=True,
                max_loops=max_loops,
            ).to_its_end()
        finally:
            run.close()
    finally:
        if agent is not None:
            agent.close()


def _check_unchanged(record: RunRecord, plan: Plan) -> None:
    """Refuse a flow whose structure is not that with which the run was made.

    Raises:
        DefinitionError: it is another; the message has the difference.
    """
    from sequent.compiler import ChangeKind, differences

    found = differences(record.structure, plan.structure)
    changed = [difference for difference in found if difference.kind is not ChangeKind.TUNED]
    if changed:
        raise DefinitionError(
            f"the flow '{record.target.flow}' has changed since run {record.id} was made:\n  "
            + "\n  ".join(difference.text for difference in changed),
            code="changed-flow",
            hint="recover it with the flow as it was, or start a new run",
        )


def locate(record: RunRecord) -> LoadedFlow:
    """Load the flow of a recorded run again.

    Raises:
        UsageError: it is not where it was.
    """
    from sequent.runtime.loading import LoadedFlow, load_recorded

    if record.target.attribute:
        return LoadedFlow(load_recorded(record.target), record.target)
    raise UsageError(
        f"the flow '{record.target.flow}' of run {record.id} was built inside a function, and cannot be found again",
        hint="take the run up again from Python: Sequent(..., run_mode=RUN_RECOVER, run_id=...).run()",
    )


def recover_script(record: RunRecord, store: Store) -> int:
    """Run the script of a recorded run again, its ``run()`` turned into the recovery; give its exit code."""
    return _run_script(record, store, RECOVER_RUN)


def continue_script(record: RunRecord, store: Store) -> int:
    """Run the script of a recorded run again, its ``run()`` going on with that run; give its exit code."""
    return _run_script(record, store, CONTINUE_RUN)


def _run_script(record: RunRecord, store: Store, variable: str) -> int:
    environment = {**os.environ, variable: record.id, "SEQUENT_STORE": store.name}
    command = [sys.executable, *record.target.argv[1:]]
    # The very command that the user typed, out of a store that only this user can have written.
    return subprocess.run(command, cwd=record.target.cwd, env=environment, check=False).returncode  # noqa: S603


def run(request: RunRequest) -> Outcome:
    """Do what ``flow.run()`` asks for: start a run, or take one up again.

    Raises:
        UsageError: there is no run to take up again, or the store is one that ends with its process.
        BusyError, DefinitionError, StoreError, FencedError: as ``start`` and ``recover``.
    """
    from sequent.runtime.executors.choice import make_agent, target_of
    from sequent.settings import configuration

    settings = configuration()
    definition = settings.applied_to(request.definition)
    named = settings.location(request.store) if request.store else settings.store
    target = target_of(definition)
    takes_up = request.run_mode is not RunMode.RESTART or _scripted(target) is not None
    if takes_up and named == ":memory:":
        raise UsageError("a run in ':memory:' is gone with its process", hint="take up runs of a store in a file")
    # The agent first: forked before store, threads or sockets exist, or starting while they are imported.
    agent = make_agent(definition)
    try:
        from sequent.compiler import compile_flow
        from sequent.runtime.store import open_store

        # A flow with mistakes leaves no new store.
        plan = None if takes_up else compile_flow(definition.spec, request.params)
        store = open_store(named, makes=not takes_up)
        try:
            take_up = continue_ if _continues(request, target) else recover
            # Whoever continues a script waits for no times that the script itself would wait for.
            loops = 1 if take_up is continue_ and _scripted(target) is not None else request.max_loops
            record = _wanted_run(request, store, target)
            if record is None:
                plan = plan or compile_flow(definition.spec, request.params)
                run_id = request.run_id
                return start(definition, plan, store=store, target=target, run_id=run_id, agent=agent, max_loops=loops)
            return take_up(definition, record, store=store, target=target, agent=agent, max_loops=loops)
        finally:
            store.close()
    finally:
        if agent is not None:
            agent.close()


def _scripted(target: Target) -> tuple[str, str] | None:
    """The variable that says what a script is run again for, and the run that it names."""
    for variable in (RECOVER_RUN, CONTINUE_RUN):
        if target.is_script and variable in os.environ:
            return variable, os.environ[variable]
    return None


def _continues(request: RunRequest, target: Target) -> bool:
    """Whether the run that is taken up again is to be continued, not recovered."""
    scripted = _scripted(target)
    return request.run_mode is RunMode.CONTINUE if scripted is None else scripted[0] == CONTINUE_RUN


def _wanted_run(request: RunRequest, store: Store, target: Target) -> RunRecord | None:
    """The run to take up again; None where a new one is wanted.

    While a script is run again to take up its run, each of its flows takes up its latest run, and the flow
    of that very run takes up that one.
    """
    scripted = _scripted(target)
    if scripted is not None:
        record = store.find(scripted[1])
        if record.target.flow == target.flow:
            del os.environ[scripted[0]]
            return record
        return _latest(store, target)
    if request.run_mode is RunMode.RESTART:
        return None
    if request.run_id is not None:
        return store.find(request.run_id)
    latest = _latest(store, target)
    if latest is None:
        what = "recover" if request.run_mode is RunMode.RECOVER else "continue"
        raise UsageError(f"the flow '{target.flow}' has no run to {what}", hint="start one first")
    return latest


def _latest(store: Store, target: Target) -> RunRecord | None:
    """The latest run of the flow: the same name in the same real file."""
    return next((record for record in store.runs(target.flow) if record.target.file == target.file), None)


set_runner(run)

__all__ = ["continue_", "continue_script", "locate", "recover", "recover_script", "run", "start"]
