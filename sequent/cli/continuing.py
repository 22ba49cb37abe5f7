"""``continue``: do what is due of a run that was suspended, then return; for cron."""

from __future__ import annotations

from sequent.cli.options import opened_store, read_log_level
from sequent.cli.trusting import trusted_flow
from sequent.cli.typed import DEFAULTS, FlowNow, LogLevel, MaxConcurrent, MaxLoops, Run, TypedOptions
from sequent.errors import UsageError
from sequent.model.status import RunStatus


def continue_(
    run: Run = "latest",
    /,
    *,
    flow: FlowNow = None,
    max_concurrent: MaxConcurrent = None,
    max_loops: MaxLoops = 1,
    log_level: LogLevel = None,
    options: TypedOptions = DEFAULTS,
) -> int:
    """Do what is due of a run that was suspended or interrupted, then return; nothing is said where nothing is due."""
    from sequent import api
    from sequent.cli.ending import exit_code
    from sequent.cli.reloading import drive_again
    from sequent.cli.rerunning import rerun_script
    from sequent.runtime.recovery.scripts import CONTINUE_RUN

    with opened_store(options) as store:
        record = store.find(run)
        if record.status is RunStatus.SUCCESS:
            return 0
        settings = options.settings(max_concurrent=max_concurrent, logging_level=read_log_level(log_level))
        if record.target.is_script:
            if max_loops != 1:
                raise UsageError(
                    f"run {record.id!r} was started by the script {record.target.file!r}, "
                    "which is run again, and does all that is due once",
                    code="script",
                    hint="leave --max-loops out",
                )
            code = rerun_script(store, record, CONTINUE_RUN, settings, options, flow=flow)
            return code or exit_code(store.find(record.id).status)
        if flow is None:
            flow = trusted_flow(store, record, settings, options, "continue")
        return drive_again(
            record,
            lambda definition, target, agent, observer: api.continue_(
                definition, record, store=store, target=target, observer=observer, agent=agent, max_loops=max_loops
            ),
            options,
            settings,
            flow=flow,
            is_reserved=True,
        )
