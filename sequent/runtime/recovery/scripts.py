"""Runs a script again so that its flows recover their runs; the directives are passed in its environment."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from sequent.errors import NotDataError, UsageError
from sequent.model.record_text import read_record, text_of_record
from sequent.model.run_target import Target
from sequent.model.variables import CONTINUE_RUN, RECOVER_ASKED, RECOVER_LOOPS, RECOVER_RAISED, RECOVER_RUN, STORE
from sequent.runtime.records import RunRecord
from sequent.runtime.recovery.task_selection import RecoveryRequest


def run_again(
    record: RunRecord,
    store: str,
    variable: str,
    settings: Mapping[str, str],
    request: RecoveryRequest | None = None,
    max_loops: int | None = None,
) -> int:
    """Run the script of a recorded run again, so that its ``run()`` takes that run; return the exit code.

    Args:
        record: the run.
        store: the store that has it.
        variable: the variable that says whether to recover or continue it.
        settings: further variables, with its settings.
        request: the directives of a recovery given by hand.
        max_loops: suspend the run after this many passes; None: as the script says.

    Raises:
        UsageError: the script, or the directory in which it was run, is gone.
        SequentError: the error that ended the script.
    """
    # Every ``run()`` imports this module, and these modules are slow to load.
    import subprocess
    import tempfile
    from pathlib import Path

    from sequent.runtime.recovery.script_errors import read_raised

    target = record.target
    _check_places(record)
    environment = {**os.environ, **settings, variable: record.id, STORE: store}
    if request is not None:
        environment[RECOVER_ASKED] = text_of_record(request)
    if max_loops is not None:
        environment[RECOVER_LOOPS] = str(max_loops)
    command = [sys.executable, *target.argv[1:]]
    with tempfile.TemporaryDirectory(prefix="sequent-") as directory:
        raised = Path(directory, "raised")
        environment[RECOVER_RAISED] = str(raised)
        # The very command that the user typed, from a store that only this user can have written.
        code = subprocess.run(command, cwd=target.cwd, env=environment, check=False).returncode
        error = read_raised(raised)
    if error is not None:
        raise error
    return code


def _check_places(record: RunRecord) -> None:
    script, directory = record.target.file, record.target.cwd
    gone = script if script and not os.path.isfile(script) else "" if os.path.isdir(directory) else directory
    if gone:
        raise UsageError(
            f"run {record.id!r} was started by the script {script!r} in {directory!r}, but {gone!r} does not exist",
            code="no-file",
            hint="put it back, or start a new run",
        )


def script_rerun(target: Target) -> tuple[str, str] | None:
    """Return the variable for which a script is run again, and the run that it names."""
    for variable in (RECOVER_RUN, CONTINUE_RUN):
        if target.is_script and variable in os.environ:
            return variable, os.environ[variable]
    return None


def loops_of(target: Target, said: int) -> int:
    """Return the passes after which a run is suspended: for a script that is run again, the typed number.

    Args:
        target: its flow.
        said: the number from the script, or from the caller.

    Raises:
        UsageError: another program has set the variable.
    """
    text = os.environ.get(RECOVER_LOOPS)
    if text is None or script_rerun(target) is None:
        return said
    try:
        return int(text)
    except ValueError:
        raise _foreign(RECOVER_LOOPS, text) from None


def take_request(variable: str) -> RecoveryRequest | None:
    """Return the directives of the recovered run; later runs of the same script have none.

    Raises:
        UsageError: another program has set the variable.
    """
    del os.environ[variable]
    os.environ.pop(RECOVER_LOOPS, None)
    text = os.environ.pop(RECOVER_ASKED, None)
    if text is None:
        return None
    try:
        request = read_record(RecoveryRequest, text, RECOVER_ASKED)
    except NotDataError:
        raise _foreign(RECOVER_ASKED, text) from None
    # Each field has a default, so also compare the whole with the text.
    if text_of_record(request) != text:
        raise _foreign(RECOVER_ASKED, text)
    return request


def _foreign(variable: str, text: str) -> UsageError:
    return UsageError(
        f"the variable {variable!r} is {text!r:.100}, which Sequent did not write",
        code="config",
        hint="unset it: sequent recover sets it for the script that it runs again",
    )
