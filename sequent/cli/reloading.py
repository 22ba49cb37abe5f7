"""Loads the flow of a recorded run again, and drives the run under the eyes of whoever typed the command."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

from sequent.cli.options import Options
from sequent.errors import UsageError
from sequent.model.outcome import Outcome
from sequent.model.spec import Definition
from sequent.runtime.executors.agents import AgentProcess
from sequent.runtime.ports import Observer, Store
from sequent.runtime.rows import RunRecord
from sequent.runtime.target import Target
from sequent.settings import Configuration

Drive = Callable[[Definition, Target, AgentProcess, Observer], Outcome]


def meant_run(store: Store, run: str | None, flow: str | None) -> RunRecord:
    """The run that is to be taken up: the one that was typed, else the latest, of the flow where one was typed.

    Raises:
        UnknownRunError: there is no such run.
        UsageError, DefinitionError: there is no such flow.
    """
    if run is not None or flow is None:
        return store.find("latest" if run is None else run)
    from sequent.runtime.loading.flows import load_flow

    return store.find("latest", load_flow(flow).target.flow)


def drive_again(
    record: RunRecord,
    drive: Drive,
    options: Options,
    settings: Configuration,
    *,
    flow: str | None,
    max_loops: int = -1,
    is_reserved: bool = False,
) -> int:
    """Load the flow, with its settings as they are now, and drive its run; the exit code.

    Args:
        record: the run.
        drive: what is done with it.
        options: how the command talks.
        settings: what is set now.
        flow: where the flow is; None: as recorded.
        max_loops: after how many passes over what is due it is suspended, where that was typed.
        is_reserved: whether nothing is said unless something happens.

    Raises:
        UsageError: it is not there, or is another flow.
    """
    from sequent.cli.ending import driven
    from sequent.runtime.executors.agents import launch_agent
    from sequent.runtime.executors.shortage import patiently

    with closing(patiently(launch_agent)) as agent:
        definition, target = definition_for(record, flow, settings)
        return driven(
            options,
            lambda observer: drive(definition, target, agent, observer),
            max_loops=max_loops,
            is_reserved=is_reserved,
        )


def definition_for(record: RunRecord, flow: str | None, settings: Configuration) -> tuple[Definition, Target]:
    """The flow of a recorded run, loaded again, with its settings as they are now; and where it was found.

    Raises:
        UsageError: it is not there, or is another flow.
    """
    from sequent import api
    from sequent.dsl.definitions import definition_of
    from sequent.runtime.loading.flows import load_flow

    loaded = api.locate(record) if flow is None else load_flow(flow)
    definition = settings.applied_to(definition_of(loaded.flow))
    if definition.spec.name != record.target.flow:
        raise UsageError(
            f"run {record.id!r} is of the flow {record.target.flow!r}, and {flow or loaded.target.file!r} "
            f"is the flow {definition.spec.name!r}",
            hint="give the flow that the run is of",
        )
    return definition, loaded.target
