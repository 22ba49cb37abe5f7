"""The runs around a run: those whose steps, or programs of theirs, have started it."""

from __future__ import annotations

import os
from collections.abc import Mapping

from msgspec import Struct

from sequent.digests import blake2b
from sequent.errors import NotDataError, UsageError
from sequent.model.record_text import read_record, text_of_record
from sequent.model.run_target import Target
from sequent.model.variables import RUNS_AROUND
from sequent.runtime.context import current_context, runs_around
from sequent.runtime.records import RunOrigin

DEEPEST = 16
"""The most runs that may be within one another."""


def refuse_nesting(target: Target, params: Mapping[str, str], store: str) -> None:
    """Refuse a new run that would start itself again, and so for ever.

    A flow may run itself with other parameters, since that may come to an end, but only to a limited depth.

    Raises:
        UsageError: it is within a run of the same flow with the same parameters in the same store, or within too many.
    """
    around = _read().identities
    if _identity(target, params, store) in around:
        raise UsageError(
            f"the flow {target.flow!r} is run within one of its own steps, with the same parameters: "
            "it would run itself for ever",
            code="nested-run",
            hint='put run() under if __name__ == "__main__":, or give the inner run other parameters',
        )
    if len(around) >= DEEPEST:
        raise UsageError(
            f"the flow {target.flow!r} is run within {len(around)} nested runs",
            code="nested-run",
            hint=f"at most {DEEPEST} are allowed: repeat over the work instead of running a flow in a step",
        )


class _RunsAround(Struct, frozen=True, forbid_unknown_fields=True):
    """The data that a run passes to its steps, on itself and the runs that it is within."""

    identities: tuple[str, ...] = ()
    """The identities of these runs, outermost first."""
    run: str = ""
    """The id of the run itself."""
    store: str = ""
    prefix: str = ""
    """The beginning of its steps' variables."""


def around_steps(target: Target, params: Mapping[str, str], *, run: str, store: str, prefix: str) -> str:
    """Return the runs around the steps of a run: those that it is within, and the run itself.

    Args:
        target: the flow of the run.
        params: its parameters.
        run: its id.
        store: the store that has it.
        prefix: the beginning of its steps' variables.
    """
    identities = (*_read().identities, _identity(target, params, store))
    return text_of_record(_RunsAround(identities, run, store, prefix))


def origin() -> RunOrigin | None:
    """Return the step that is about to start a run, itself or through a program of its own; None if none is."""
    around = _read()
    if not around.run:
        return None
    step = current_context()
    if step is not None:
        return RunOrigin(around.run, step.path, step.sequence, around.store, step.host)
    names = ("PATH", "SEQUENCE", "HOST")
    path, sequence, host = (os.environ.get(f"{around.prefix}STEP_{name}", "") for name in names)
    return RunOrigin(around.run, path, sequence, around.store, host)


def _identity(target: Target, params: Mapping[str, str], store: str) -> str:
    told = text_of_record([target.file, target.flow, sorted(params.items()), store])
    return blake2b(told.encode(), digest_size=12).hexdigest()


def _read() -> _RunsAround:
    text = runs_around()
    if not text:
        return _RunsAround()
    try:
        return read_record(_RunsAround, text, RUNS_AROUND)
    except NotDataError:
        raise UsageError(
            f"the variable {RUNS_AROUND!r} is {text!r:.100}, which this version of Sequent did not write",
            code="config",
            hint="unset it: a run sets it for its steps",
        ) from None
