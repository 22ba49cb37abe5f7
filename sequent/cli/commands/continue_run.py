"""Defines ``continue``, which runs what is due in a suspended run and then exits, for cron."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sequent.cli.arguments.options import DEFAULTS, GlobalOptions, opened_store, read_log_level
from sequent.cli.output import json_output
from sequent.cli.runs.store_trust import trusted_flow
from sequent.model.status import RunStatus
from sequent.model.variables import CONTINUE_RUN

if TYPE_CHECKING:
    from sequent.cli.arguments.typed_options import FlowNow, LatestRun, LogLevel, MaxConcurrent, MaxLoops


def continue_(
    run: LatestRun = None,
    /,
    *,
    flow: FlowNow = None,
    max_concurrent: MaxConcurrent = None,
    max_loops: MaxLoops = 1,
    log_level: LogLevel = None,
    options: GlobalOptions = DEFAULTS,
) -> int:
    """Run what is due in a suspended or interrupted run, then exit; print nothing if nothing is due."""
    from sequent import api
    from sequent.cli.runs.drive_and_tell import exit_code
    from sequent.cli.runs.resume_run import drive_again, find_run_to_resume, rerun_script

    with opened_store(options, waits=True) as store:
        record = find_run_to_resume(store, run, flow)
        if record.status is RunStatus.SUCCESS:
            if options.json:
                json_output.write({"run": json_output.run_document(record)})
            return 0
        settings = options.settings(max_concurrent=max_concurrent, logging_level=read_log_level(log_level))
        if record.target.is_script:
            code = rerun_script(store, record, CONTINUE_RUN, settings, options, flow=flow, max_loops=max_loops)
            return code or exit_code(store.find(record.id).status)
        if flow is None:
            flow = trusted_flow(store, record, settings, "continue")
        return drive_again(
            record,
            lambda definition, target, agent, observer: api.continue_(
                definition, record, store=store, target=target, observer=observer, agent=agent, max_loops=max_loops
            ),
            options,
            settings,
            flow=flow,
            max_loops=max_loops,
            is_deferred=True,
        )
