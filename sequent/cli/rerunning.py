"""Runs the script of a recorded run again, which then takes up that run, with what the command line says."""

from __future__ import annotations

from pathlib import Path

from sequent.cli.options import Options
from sequent.cli.trusting import check_script
from sequent.errors import UsageError
from sequent.runtime.ports import Store
from sequent.runtime.recovery import scripts
from sequent.runtime.recovery.selecting import Asked
from sequent.runtime.rows import RunRecord
from sequent.settings import Configuration
from sequent.settings.environment import FILE, TAG


def rerun_script(
    store: Store,
    record: RunRecord,
    variable: str,
    settings: Configuration,
    options: Options,
    *,
    flow: str | None,
    asked: Asked | None = None,
    max_loops: int | None = None,
) -> int:
    """Run the script again; its exit code.

    Args:
        store: where the run is.
        record: the run.
        variable: what the script is to do with it: ``RECOVER_RUN`` or ``CONTINUE_RUN``.
        settings: what is set now.
        options: how the command talks, and which file of settings it means.
        flow: the flow that was typed, which a script has itself.
        asked: what is asked of a recovery by hand.
        max_loops: after how many passes over what is due the run is suspended; None: as the script says.

    Raises:
        UsageError: a flow was typed; the script is gone; or others could have said which it is.
    """
    if flow is not None:
        raise UsageError(
            f"run {record.id!r} was started by the script {record.target.file!r}, which is run again",
            code="script",
            hint="leave --flow out",
        )
    check_script(store, record, variable)
    # The script runs in another directory than this command.
    named = {FILE: str(Path(options.config).absolute())} if options.config else {}
    named |= {TAG: options.config_tag} if options.config_tag else {}
    return scripts.run_again(record, store.name, variable, {**settings.variables(), **named}, asked, max_loops)
