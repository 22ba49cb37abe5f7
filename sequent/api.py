"""Run and recover: builds the adapters and hands them to the driver.

Importing this module is cheap: the store and the compiler are imported once a run needs them, while its
agent is already starting.
"""

from __future__ import annotations

import os
import subprocess
import sys
from selectors import DefaultSelector
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from sequent.dsl.running import RunMode, RunRequest, set_runner
from sequent.errors import DefinitionError, UsageError
from sequent.model.outcome import Failure, Outcome
from sequent.model.spec import ContainerSpec, Definition, ItemsCall, NoWork, StepSpec
from sequent.model.status import Construct, RunStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sequent.model.plan import Plan
    from sequent.runtime.driver import Driver
    from sequent.runtime.executors.processes import AgentProcess
    from sequent.runtime.loading import LoadedFlow
    from sequent.runtime.ports import DrivenRun, Executor, Observer, Store
    from sequent.runtime.rows import RunRecord, Target

MOST_WORKERS = 64
"""How many worker processes a run has at most."""
RECOVER_RUN = "SEQUENT_RECOVER_RUN"
"""Names the run that a script's ``run()`` is to take up again instead of starting a new one."""


def start(
    definition: Definition,
    params: Mapping[str, str],
    *,
    store: Store,
    target: Target,
    run_id: str | None = None,
    observer: Observer | None = None,
    agent: AgentProcess | None = None,
    max_concurrent: int | None = None,
) -> Outcome:
    """Start a run and drive it to its end.

    Args:
        definition: the flow.
        params: the value of each parameter, as wire text.
        store: where the run is kept.
        target: how the flow is found again.
        run_id: the run's id; None for the next free one.
        observer: who watches; None: failures are logged.
        agent: an agent that was started already; None: one is started if a step needs it.
        max_concurrent: overrides the flow's own.

    Raises:
        InvalidFlowError: the flow has mistakes; nothing was written.
        UsageError: the run id is taken.
        StoreError: the store could not be written.
        FencedError: somebody took the run over.
    """
    from sequent.compiler import compile_flow

    try:
        plan = compile_flow(definition.spec, params)
        run = store.create(target, plan, run_id, fingerprints_of(plan))
    except BaseException:
        _dismiss(agent)
        raise
    return _drive(definition, plan, run, _Wishes(store.name, target, observer, agent, max_concurrent))


def recover(
    definition: Definition,
    record: RunRecord,
    *,
    store: Store,
    target: Target | None = None,
    observer: Observer | None = None,
    agent: AgentProcess | None = None,
    max_concurrent: int | None = None,
) -> Outcome:
    """Take a run up again: what has succeeded is kept, the rest runs.

    A run that has succeeded is left as it is, and its outcome returned. ``target`` says where the flow is
    found now, if that is elsewhere than recorded; its steps run in the recorded directory all the same.

    Raises:
        BusyError: somebody drives the run.
        DefinitionError: the flow's structure has changed since the run was made; the message has the difference.
    """
    from sequent.compiler import compile_flow, differences

    try:
        plan = compile_flow(definition.spec, record.params)
        changed = differences(record.structure, plan.structure)
        if changed:
            raise DefinitionError(
                f"the flow '{record.target.flow}' has changed since run {record.id} was made:\n  "
                + "\n  ".join(changed),
                code="changed-flow",
                hint="recover it with the flow as it was, or start a new run",
            )
        run = store.take(record.id)
    except BaseException:
        _dismiss(agent)
        raise
    found = evolve(target or record.target, cwd=record.target.cwd)
    return _drive(definition, plan, run, _Wishes(store.name, found, observer, agent, max_concurrent))


def fingerprints_of(plan: Plan) -> dict[str, str]:
    """The fingerprint of each step's code, by dotted path."""
    from sequent.model.plan import StepPlan
    from sequent.model.references import dotted

    return {dotted(node.path): node.fingerprint for node in plan.nodes if isinstance(node, StepPlan)}


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
    environment = {**os.environ, RECOVER_RUN: record.id, "SEQUENT_STORE": store.name}
    command = [sys.executable, *record.target.argv[1:]]
    return subprocess.run(command, cwd=record.target.cwd, env=environment, check=False).returncode


# -- driving ---------------------------------------------------------------------------------------


@frozen
class _Wishes:
    """How a run is to be driven."""

    store: str
    target: Target
    observer: Observer | None
    agent: AgentProcess | None
    max_concurrent: int | None


def _drive(definition: Definition, plan: Plan, run: DrivenRun, wishes: _Wishes) -> Outcome:
    from sequent.runtime.clock import SystemClock
    from sequent.runtime.driver import Driver, Surroundings
    from sequent.runtime.observers import LoggingObserver

    selector = DefaultSelector()
    executors: dict[Construct, Executor] = {}
    try:
        if run.record.status is RunStatus.SUCCESS:
            return _outcome(definition, plan, run, wishes.store, None)
        executors = _executors(definition, run, wishes)
        default = definition.spec.config.task_construct
        around = Surroundings(
            run=run,
            executors=executors,
            drawer=executors.get(default),
            clock=SystemClock(),
            observer=wishes.observer or LoggingObserver(),
            selector=selector,
        )
        saved = run.saved(plan) if run.record.recovery else None
        limit = plan.max_concurrent if wishes.max_concurrent is None else wishes.max_concurrent
        driver = Driver(plan, around, slots=_slots(limit), saved=saved, code_notes=_changed_code(run.record, plan))
        driver.drive()
        return _outcome(definition, plan, run, wishes.store, driver)
    finally:
        for executor in executors.values():
            executor.close()
        if Construct.PROCESS not in executors:
            _dismiss(wishes.agent)
        selector.close()
        run.close()


def _executors(definition: Definition, run: DrivenRun, wishes: _Wishes) -> dict[Construct, Executor]:
    """The executors that the flow's steps need."""
    from sequent.runtime.executors.inline import InlineExecutor
    from sequent.runtime.executors.processes import ProcessExecutor
    from sequent.runtime.orders import WorkerSetup

    setup = WorkerSetup(
        run_id=run.record.id,
        directory=run.directory,
        target=wishes.target,
        logging_level=definition.spec.config.logging_level,
        sys_path=tuple(sys.path),
    )
    executors: dict[Construct, Executor] = {}
    constructs = constructs_of(definition)
    if Construct.PROCESS in constructs:
        executors[Construct.PROCESS] = ProcessExecutor(wishes.agent or make_agent(definition), setup)
    if Construct.INVOKE in constructs:
        executors[Construct.INVOKE] = InlineExecutor(definition, setup)
    return executors


def constructs_of(definition: Definition) -> frozenset[Construct]:
    """Where the flow's code is executed: what its steps name, and its repeats' callables."""
    default = definition.spec.config.task_construct
    found: set[Construct] = set()
    pending: list[StepSpec | ContainerSpec] = [definition.spec.root]
    while pending:
        node = pending.pop()
        if isinstance(node.repeats, ItemsCall):
            found.add(default)
        if isinstance(node, ContainerSpec):
            pending.extend(node.children)
        elif not isinstance(node.work, NoWork):
            found.add(node.task_construct or default)
    return frozenset(found)


def make_agent(definition: Definition) -> AgentProcess:
    """Start an agent: a clean one where workers can import the flow, else a copy of this very process."""
    from sequent.runtime.executors.processes import fork_agent, launch_agent

    return launch_agent() if is_importable(definition) else fork_agent(definition)


def is_importable(definition: Definition) -> bool:
    """Whether another process finds this very flow by its module and name."""
    origin = definition.spec.origin
    if not origin.attribute or origin.module in ("", "__main__"):
        return False
    module = sys.modules.get(origin.module)
    return getattr(module, origin.attribute, None) is definition.flow


def _dismiss(agent: AgentProcess | None) -> None:
    if agent is not None:
        agent.close()


def _slots(max_concurrent: int | None) -> int:
    wanted = (os.cpu_count() or 1) if max_concurrent is None else max_concurrent
    return MOST_WORKERS if wanted < 1 else min(wanted, MOST_WORKERS)


def _changed_code(record: RunRecord, plan: Plan) -> tuple[str, ...]:
    now = fingerprints_of(plan)
    changed = [path for path, digest in record.fingerprints.items() if now.get(path, digest) != digest]
    if not changed:
        return ()
    names = ", ".join(f"'{path}'" for path in changed[:5]) + (", ..." if len(changed) > 5 else "")
    return (f"the code of {names} has changed since the run was made; what has succeeded is kept all the same",)


def _outcome(definition: Definition, plan: Plan, run: DrivenRun, store: str, driver: Driver | None) -> Outcome:
    failed, attempts = run.failures(100)
    failures = [
        Failure(
            path=record.path,
            sequence=record.sequence,
            attempt=record.attempt,
            problem=record.problem,
            log=record.log,
        )
        for record in attempts
        if record.problem is not None
    ]
    record = run.record
    if driver is not None:
        failures.extend(driver.failed_draws())
    return Outcome(
        run_id=record.id,
        status=record.status,
        recovery=record.recovery,
        result=_result(definition, plan, run) if record.status is RunStatus.SUCCESS else None,
        counts=record.counts,
        failures=tuple(failures),
        failed=failed,
        store=store,
        stopped_by=driver.stopped_by if driver is not None else 0,
    )


def _result(definition: Definition, plan: Plan, run: DrivenRun) -> object:
    """The flow's own result, read back with the classes of its maker's annotation."""
    from sequent.compiler import maker_of
    from sequent.model.plan import ContainerPlan
    from sequent.model.wire import classes_in, decode
    from sequent.runtime.values import Values

    root = plan.nodes[0]
    if not isinstance(root, ContainerPlan) or root.result is None:
        return None
    child = root.children[root.result]
    for _, frame, _ in run.frames(0, root.index):
        text = Values(plan, run).result(frame, child)
        if text is not None:
            return decode(text, classes_in(definition.result_types.get(maker_of(plan, child))))
    return None


# -- run() in Python -------------------------------------------------------------------------------


def run(request: RunRequest) -> Outcome:
    """Do what ``flow.run()`` asks for: start a run, or take one up again."""
    definition = request.definition
    is_memory = request.store == ":memory:"
    wanted = os.environ.get(RECOVER_RUN) if definition.spec.origin.module == "__main__" else None
    is_recovery = request.run_mode is RunMode.RECOVER or bool(wanted)
    if is_recovery and is_memory:
        raise UsageError("a run in ':memory:' is gone with its process", hint="recovery needs a store in a file")
    # The agent first: forked before store, threads or sockets exist, or starting while they are imported.
    agent = make_agent(definition) if Construct.PROCESS in constructs_of(definition) else None
    try:
        from sequent.runtime.store import open_store

        store = open_store(request.store)
    except BaseException:
        _dismiss(agent)
        raise
    try:
        target = target_of(definition)
        if not is_recovery:
            return start(definition, request.params, store=store, target=target, run_id=request.run_id, agent=agent)
        try:
            record = _wanted_run(store, target, wanted or request.run_id)
        except BaseException:
            _dismiss(agent)
            raise
        return recover(definition, record, store=store, target=target, agent=agent)
    finally:
        store.close()


def _wanted_run(store: Store, target: Target, run_id: str | None) -> RunRecord:
    """The run with that id, or the latest of the flow: the same name in the same real file."""
    if run_id is not None:
        return store.find(run_id)
    for record in store.runs(target.flow):
        if record.target.file == target.file:
            return record
    raise UsageError(f"the flow '{target.flow}' has no run to recover", hint="start one first")


def target_of(definition: Definition) -> Target:
    """How a flow that runs in this process is found again."""
    from sequent.runtime.rows import Target

    origin = definition.spec.origin
    is_script = origin.module == "__main__"
    importable = is_importable(definition)
    return Target(
        flow=definition.spec.name,
        file=origin.file,
        module=origin.module if importable else "",
        attribute=origin.attribute if importable else "",
        is_script=is_script,
        argv=tuple(sys.orig_argv) if is_script else (),
        cwd=os.getcwd(),
    )


set_runner(run)

__all__ = ["locate", "recover", "recover_script", "run", "start", "target_of"]
