"""Defines ``recover``, which resumes a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from attrs import frozen
from cyclopts import Parameter

from sequent.cli.arguments.options import DEFAULTS, GlobalOptions, opened_store, read_log_level
from sequent.cli.output import json_output
from sequent.cli.output.text import moment, safe
from sequent.cli.runs.resume_run import definition_for, drive_again, find_run_to_resume, rerun_script
from sequent.cli.runs.store_trust import trusted_flow
from sequent.errors import UsageError
from sequent.model.status import RunStatus
from sequent.model.variables import RECOVER_RUN
from sequent.runtime.records import RunRecord
from sequent.runtime.recovery.task_selection import RecoveryRequest
from sequent.settings.configuration import Configuration

if TYPE_CHECKING:
    from sequent.cli.arguments.typed_options import FlowNow, LatestRun, LogLevel, MaxConcurrent, MaxLoops
    from sequent.runtime.ports import Store


@Parameter(name="*")
@frozen(kw_only=True)
class DirectiveOptions:
    """The directives of a recovery given by hand."""

    from_: Annotated[
        tuple[str, ...],
        Parameter(name="--from", negative="", help="Run this task or container again, and all that depends on it."),
    ] = ()
    rerun: Annotated[
        tuple[str, ...],
        Parameter(negative="", help="Run this task or container again even if it succeeded: s1.s11, s1.s11/1.2."),
    ] = ()
    skip: Annotated[
        tuple[str, ...],
        Parameter(negative="", help="Skip this task or container: it counts as a success without a result."),
    ] = ()
    recovery_run: Annotated[
        int | None,
        Parameter(help="Go back to the end of that recovery and forget later successes; 0: the first start."),
    ] = None
    renamed: Annotated[
        tuple[str, ...],
        Parameter(negative="", help="OLD=NEW: the new name of a step or container; may be repeated."),
    ] = ()
    accept_changes: Annotated[
        bool, Parameter(negative="", show_default=False, help="Recover even though the flow has changed.")
    ] = False
    force: Annotated[
        bool, Parameter(negative="", show_default=False, help="Take the run from a process that still drives it.")
    ] = False
    assume_lost: Annotated[
        tuple[str, ...],
        Parameter(negative="", help="A host that is gone for good: run again the attempts that it was given."),
    ] = ()
    plan: Annotated[
        bool,
        Parameter(negative="", show_default=False, help="Show what would happen to each task, and why; run nothing."),
    ] = False

    def read(self) -> RecoveryRequest:
        """Return the typed directives."""
        return RecoveryRequest(
            after=self.from_,
            rerun=self.rerun,
            skip=self.skip,
            recovery_run=self.recovery_run,
            renamed=self.renamed,
            accepts_changes=self.accept_changes,
            forces=self.force,
            assumed_lost=self.assume_lost,
        )


NO_DIRECTIVES = DirectiveOptions()


def recover(
    run: LatestRun = None,
    /,
    *,
    flow: FlowNow = None,
    max_loops: MaxLoops = -1,
    max_concurrent: MaxConcurrent = None,
    log_level: LogLevel = None,
    directives: DirectiveOptions = NO_DIRECTIVES,
    options: GlobalOptions = DEFAULTS,
) -> int:
    """Resume a run: keep what has succeeded, run the rest."""
    request = directives.read()
    with opened_store(options, waits=True) as store:
        record = find_run_to_resume(store, run, flow)
        if record.status is RunStatus.SUCCESS and not (request or _may_run_again(record)):
            return _nothing_to_do(record, options)
        if run is None and not directives.plan:
            began = moment(record.created)
            options.say(f"recovering {safe(record.id)}, a run of {safe(record.target.flow)} started at {began}")
        settings = options.settings(max_concurrent=max_concurrent, logging_level=read_log_level(log_level))
        if record.target.is_script and not directives.plan:
            return _recover_script(record, store, flow, request, max_loops, settings, options)
        if flow is None:
            flow = trusted_flow(store, record, settings, "recover --plan" if directives.plan else "recover")
        if directives.plan:
            return _plan(record, store, flow, request, settings, options)
        return _recover_flow(record, store, flow, request, max_loops, settings, options)


def _may_run_again(record: RunRecord) -> bool:
    return any(part.reruns_successes for part in record.description.values())


def _nothing_to_do(record: RunRecord, options: GlobalOptions) -> int:
    when = f" at {moment(record.ended)}" if record.ended is not None else ""
    options.say(f"run {safe(record.id)} of {safe(record.target.flow)} finished with success{when}; nothing to do")
    if options.json:
        json_output.write({"run": json_output.run_document(record)})
    return 0


def _plan(
    record: RunRecord,
    store: Store,
    flow: str | None,
    request: RecoveryRequest,
    settings: Configuration,
    options: GlobalOptions,
) -> int:
    from sequent import api
    from sequent.cli.output.recovery_plan_text import tell

    definition, _ = definition_for(record, flow, settings)
    planned = api.plan_recovery(definition, record, store=store, request=request)
    tell(planned, record, as_json=options.json, has_all=options.verbose > 0)
    return 0


def _recover_script(
    record: RunRecord,
    store: Store,
    flow: str | None,
    request: RecoveryRequest,
    max_loops: int,
    settings: Configuration,
    options: GlobalOptions,
) -> int:
    from sequent.cli.runs.drive_and_tell import exit_code

    wanted = None if request == RecoveryRequest() else request
    loops = None if max_loops < 0 else max_loops
    code = rerun_script(store, record, RECOVER_RUN, settings, options, flow=flow, request=wanted, max_loops=loops)
    now = store.find(record.id)
    if not code and record.status is not RunStatus.SUCCESS and now.recovery == record.recovery:
        raise UsageError(
            f"the script {record.target.file!r} was run again, but did not run the flow {record.target.flow!r}",
            code="not-run",
            hint="let the script call run() of that flow: the recovery happens there",
        )
    return code or exit_code(now.status)


def _recover_flow(
    record: RunRecord,
    store: Store,
    flow: str | None,
    request: RecoveryRequest,
    max_loops: int,
    settings: Configuration,
    options: GlobalOptions,
) -> int:
    from sequent import api

    return drive_again(
        record,
        lambda definition, target, agent, observer: api.recover(
            definition,
            record,
            store=store,
            target=target,
            observer=observer,
            agent=agent,
            max_loops=max_loops,
            request=request,
        ),
        options,
        settings,
        flow=flow,
        max_loops=max_loops,
    )
