"""The executors that a flow needs, and how its workers find it."""

from __future__ import annotations

import os
import sys

from sequent.model.run_target import Target
from sequent.model.spec import ContainerSpec, Definition, ItemsCall, StepSpec
from sequent.model.status import Construct
from sequent.model.work import NoWork, QuestionWork
from sequent.runtime.executors.agents import AgentProcess, fork_agent, launch_agent
from sequent.runtime.executors.shortage import start_patiently
from sequent.runtime.orders import WorkerSetup
from sequent.runtime.ports import Executor


def constructs_of(definition: Definition) -> frozenset[Construct]:
    """Return where the flow's code is executed: by the options of its steps, and for the callables of its repeats."""
    default = definition.spec.config.task_construct
    constructs: set[Construct] = set()
    pending: list[StepSpec | ContainerSpec] = [definition.spec.root]
    while pending:
        node = pending.pop()
        if isinstance(node.repeats, ItemsCall):
            constructs.add(default)
        if isinstance(node, ContainerSpec):
            pending.extend(node.children)
        elif not isinstance(node.work, NoWork | QuestionWork):
            constructs.add(node.task_construct or default)
    return frozenset(constructs)


def make_agent(definition: Definition) -> AgentProcess | None:
    """Start an agent, if a step needs one.

    It is a fresh interpreter if its workers can import the flow. Otherwise it is a copy of this process, which should
    then have neither threads nor an open store yet.
    """
    if Construct.PROCESS not in constructs_of(definition):
        return None
    return start_patiently(launch_agent if is_importable(definition) else lambda: fork_agent(definition))


def make_executors(
    definition: Definition, setup: WorkerSetup, agent: AgentProcess | None, slots: int
) -> dict[Construct, Executor]:
    """Make the executors that the flow's steps need, for that many attempts at once.

    They start an agent if they need one and none is given.
    """
    constructs = constructs_of(definition)
    executors: dict[Construct, Executor] = {}
    agent = agent or make_agent(definition)
    if Construct.PROCESS in constructs and agent is not None:
        # Most flows have steps of one kind, and so need one of these modules.
        from sequent.runtime.executors.process_executor import ProcessExecutor

        executors[Construct.PROCESS] = ProcessExecutor(agent, setup, most_workers=slots)
    if Construct.THREAD in constructs:
        from sequent.runtime.executors.thread_executor import ThreadExecutor  # as above

        executors[Construct.THREAD] = ThreadExecutor(definition, setup)
    if Construct.INVOKE in constructs:
        from sequent.runtime.executors.inline_executor import InlineExecutor  # as above

        executors[Construct.INVOKE] = InlineExecutor(definition, setup)
    return executors


def is_importable(definition: Definition) -> bool:
    """Return whether another process finds this very flow by its module and name."""
    origin = definition.spec.origin
    if not origin.attribute or origin.module in ("", "__main__"):
        return False
    module = sys.modules.get(origin.module)
    return getattr(module, origin.attribute, None) is definition.flow


def target_of(definition: Definition) -> Target:
    """Return how to find a flow again that this process runs."""
    origin = definition.spec.origin
    # A flow typed into a notebook or an interpreter cannot be run again as a script.
    is_script = origin.module == "__main__" and bool(origin.file or "-c" in sys.orig_argv)
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
