"""The ids of runs, and the errors of ids that fit no run or several."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sequent.errors import UnknownRunError, UsageError
from sequent.model.commands import typed
from sequent.model.run_target import is_file
from sequent.model.status import RunStatus

LATEST = "latest"
"""The word for the latest run, in place of a run's id."""
_ID = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}"


def default_id(number: int) -> str:
    """Return the id of a run for which none was given."""
    return f"r{number:05d}"


def check_id(run_id: str) -> None:
    """Refuse an id that no run may have.

    Raises:
        UsageError: the id has another form, or is a word with a meaning.
    """
    if not re.fullmatch(_ID, run_id):
        raise UsageError(
            f"{run_id!r} cannot be a run's id",
            code="run-id",
            hint="up to 64 letters, digits, '_', '.' and '-', the first a letter or digit: [A-Za-z0-9][A-Za-z0-9_.-]*",
        )
    if run_id == LATEST:
        raise UsageError(
            f"'{LATEST}' cannot be a run's id: it means the latest run", code="run-id", hint="choose another"
        )


def taken(run_id: str) -> UsageError:
    """Return the error of an id that another run has."""
    return UsageError(
        f"run '{run_id}' exists already",
        code="run-exists",
        hint=f"choose another id, or recover the run: {typed('recover', run_id)}",
    )


def unknown(run_id: str, store: str, latest: Sequence[tuple[str, str, RunStatus]]) -> UnknownRunError:
    """Return the error of an id that no run has; ``latest`` are the latest runs' ids, flows and statuses."""
    if ":" in run_id or is_file(run_id):
        runs = f"the latest runs are {_list(latest)}" if latest else f"start one: {typed('run', run_id)}"
        return UnknownRunError(f"'{run_id}' is the place of a flow, not a run", hint=runs)
    if not latest:
        message = f"there is no run '{run_id}': there are no runs in '{store}'"
        return UnknownRunError(message, hint="start one, or name another store: --store FILE")
    return UnknownRunError(f"there is no run '{run_id}' in '{store}'", hint=f"the latest runs are {_list(latest)}")


def none_latest(flow: str | None, store: str, within_others: Sequence[tuple[str, str, RunStatus]]) -> UnknownRunError:
    """Return the error if there is no latest run; ``within_others`` are the latest that steps of other runs started."""
    of_flow = f" of the flow '{flow}'" if flow is not None else ""
    if not within_others:
        return UnknownRunError(f"there are no runs{of_flow} in '{store}'", hint="start one, or name another store")
    return UnknownRunError(
        f"all runs{of_flow} in '{store}' were started by steps of other runs",
        hint=f"name one of them: {_list(within_others)}",
    )


def ambiguous(run_id: str, runs: Sequence[tuple[str, str, RunStatus]]) -> UnknownRunError:
    """Return the error of a prefix that several runs' ids have."""
    return UnknownRunError(f"several runs begin with '{run_id}'", hint=f"among them {_list(runs)}")


def _list(runs: Sequence[tuple[str, str, RunStatus]]) -> str:
    return ", ".join(f"{run_id} ({flow}, {status})" for run_id, flow, status in runs[:5])
