"""``continue``: do what is due of a run that was suspended, then return; for cron."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from sequent.cli.history import Run
from sequent.cli.options import opened_store, read_log_level
from sequent.cli.recovering import trusted_flow
from sequent.cli.typed import DEFAULTS, LogLevel, MaxConcurrent, MaxLoops, TypedOptions
from sequent.errors import UsageError
from sequent.model.status import RunStatus


def continue_(
    run: Run = "latest",
    /,
    *,
    flow: Annotated[
        str | None, Parameter(help="Where its flow is now, as module:flow or path/file.py:flow; else as recorded.")
    ] = None,
    max_concurrent: MaxConcurrent = None,
    max_loops: MaxLoops = 1,
    log_level: LogLevel = None,
    options: TypedOptions = DEFAULTS,
) -> int:
    """Do what is due of a run that was suspended or interrupted, then return; nothing is said where nothing is due."""
    from sequent import api
    from sequent.cli.ending import exit_code
    from sequent.cli.reloading import drive_again
    from sequent.runtime.recovery import scripts

    with opened_store(options) as store:
        record = store.find(run)
        if record.status is RunStatus.SUCCESS:
            return 0
        settings = options.settings(max_concurrent=max_concurrent, logging_level=read_log_level(log_level))
        if flow is None:
            flow = trusted_flow(store, record, settings)
        if record.target.is_script:
            if flow is not None:
                raise UsageError(
                    f"run {record.id!r} was started by the script {record.target.file!r}, which is run again",
                    hint="continue it without --flow",
                )
            code = scripts.run_again(record, store.name, scripts.CONTINUE_RUN)
            return code or exit_code(store.find(record.id).status)
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
