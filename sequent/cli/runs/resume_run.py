"""Resumes a recorded run: loads its flow, or runs its script, again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from sequent.cli.arguments.options import GlobalOptions
from sequent.cli.runs.store_trust import check_script
from sequent.errors import UsageError
from sequent.model.outcome import Outcome
from sequent.model.run_target import Target
from sequent.model.spec import Definition
from sequent.model.variables import CONFIG, CONFIG_TAG
from sequent.runtime.executors.agents import AgentProcess, launch_agent
from sequent.runtime.observer_port import Observer
from sequent.runtime.records import RunRecord
from sequent.runtime.recovery import scripts
from sequent.runtime.recovery.task_selection import RecoveryRequest
from sequent.settings.configuration import Configuration

if TYPE_CHECKING:
    from sequent.runtime.loading.flows import LoadedFlow
    from sequent.runtime.ports import Store

Drive = Callable[[Definition, Target, AgentProcess, Observer], Outcome]


def find_run_to_resume(store: Store, run: str | None, flow: str | None) -> RunRecord:
    """Return the run to resume: the typed one, else the latest, of the typed flow if there is one.

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
    options: GlobalOptions,
    settings: Configuration,
    *,
    flow: str | None,
    max_loops: int = -1,
    is_deferred: bool = False,
) -> int:
    """Load the flow, with its settings as they are now, and drive its run; return the exit code.

    Args:
        record: the run.
        drive: the function that drives it.
        options: the options of the command.
        settings: the present settings.
        flow: where the flow is; None: as recorded.
        max_loops: suspend the run after this many passes, if typed.
        is_deferred: whether to print nothing unless something happens.

    Raises:
        UsageError: the flow is not there, or is another one.
    """
    from sequent.cli.runs.drive_and_tell import drive_and_tell
    from sequent.runtime.executors.shortage import start_patiently

    with closing(start_patiently(launch_agent)) as agent:
        definition, target = definition_for(record, flow, settings)
        return drive_and_tell(
            options,
            lambda observer: drive(definition, target, agent, observer),
            max_loops=max_loops,
            is_deferred=is_deferred,
        )


def definition_for(record: RunRecord, flow: str | None, settings: Configuration) -> tuple[Definition, Target]:
    """Return the flow of a recorded run, loaded again with its present settings, and where it was found.

    Raises:
        UsageError: the flow or the directory of the run is not there, or the flow is another one.
    """
    from sequent.runtime.loading.flows import load_flow

    _check_directory(record)
    loaded = _recorded(record) if flow is None else load_flow(flow)
    definition = settings.applied_to(loaded.definition)
    if definition.spec.name != record.target.flow:
        raise UsageError(
            f"run {record.id!r} belongs to the flow {record.target.flow!r}, but {flow or loaded.target.file!r} "
            f"is the flow {definition.spec.name!r}",
            hint="name the flow of the run",
        )
    return definition, loaded.target


def _check_directory(record: RunRecord) -> None:
    """Check that steps can run where the run was started.

    Raises:
        UsageError: that directory is gone.
    """
    cwd = record.target.cwd
    if cwd and not Path(cwd).is_dir():
        raise UsageError(
            f"the steps of run {record.id!r} run in {cwd!r}, where it was started, and that directory is gone",
            code="no-directory",
            hint=f"make it; if it was moved, make a link there to its new place: ln -s NEW {quote(cwd)}",
        )


def _recorded(record: RunRecord) -> LoadedFlow:
    """Load the flow from the place that the store has.

    Raises:
        UsageError: it is not there; the hint says how to name its new place.
    """
    from sequent import api
    from sequent.runtime.loading.flows import NO_FLOW
    from sequent.runtime.loading.modules import FORM, NO_FILE, NO_MODULE

    try:
        return api.load_flow_of(record)
    except UsageError as error:
        if error.code in (NO_FILE, NO_MODULE, NO_FLOW):
            error.hint = error.hint.replace(FORM, "if the flow has moved, give its new place: --flow path/file.py:flow")
        raise


def rerun_script(
    store: Store,
    record: RunRecord,
    variable: str,
    settings: Configuration,
    options: GlobalOptions,
    *,
    flow: str | None,
    request: RecoveryRequest | None = None,
    max_loops: int | None = None,
) -> int:
    """Run the script again; return its exit code.

    Args:
        store: the store that contains the run.
        record: the run.
        variable: ``RECOVER_RUN`` or ``CONTINUE_RUN``.
        settings: the present settings.
        options: the options of the command, with its file of settings.
        flow: the typed flow, which is refused: the script has its own.
        request: the directives of a recovery given by hand.
        max_loops: suspend the run after this many passes; None: as the script says.

    Raises:
        UsageError: a flow was typed; the script is gone; or other users could have changed its name.
    """
    if flow is not None:
        raise UsageError(
            f"run {record.id!r} was started by the script {record.target.file!r}, which is run again",
            code="script",
            hint="leave --flow out",
        )
    check_script(store, record, variable)
    # The script runs in another directory than this command.
    named = {CONFIG: str(Path(options.config).absolute())} if options.config else {}
    named |= {CONFIG_TAG: options.config_tag} if options.config_tag else {}
    return scripts.run_again(record, store.name, variable, {**settings.variables(), **named}, request, max_loops)
