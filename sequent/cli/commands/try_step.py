"""Defines ``try``, which executes one step of a run alone, in this process; the run stays as it is."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING

from sequent.cli.arguments.options import DEFAULTS, GlobalOptions, opened_store, store_option
from sequent.cli.output import json_output
from sequent.cli.output.terminal import out, say
from sequent.cli.output.text import Paint, safe
from sequent.cli.runs.run_lookup import find_run
from sequent.errors import UsageError
from sequent.model.commands import with_store

if TYPE_CHECKING:
    from typing import Annotated

    from cyclopts import Parameter

    from sequent.cli.arguments.typed_options import FlowNow, NamedRun, TaskPath
    from sequent.runtime.ports import Store
    from sequent.runtime.trials.preparation import PreparedTrial


def try_(
    run: NamedRun,
    path: TaskPath,
    /,
    *,
    with_: Annotated[
        tuple[str, ...],
        Parameter(
            name="--with", negative="", help="NAME=VALUE: another value of an input of the step; may be repeated."
        ),
    ] = (),
    pdb: Annotated[
        bool, Parameter(negative="", show_default=False, help="Stop in the debugger where the step fails.")
    ] = False,
    flow: FlowNow = None,
    options: GlobalOptions = DEFAULTS,
) -> int:
    """Execute one step of a run alone, in this process, with the inputs that the run stored."""
    with opened_store(options) as store:
        trial = _prepared(store, run, path, _pairs(with_), flow, options)
    options.say(f"trying {safe(trial.name)} of run {safe(trial.run)} in this process; nothing is written to the run")
    for note in trial.notes:
        options.say(safe(note))
    from sequent.cli.output import trial_output
    from sequent.runtime.trials.trial import execute_trial

    with with_store(store_option(options)):
        outcome = execute_trial(trial, _debug if pdb else None)
    for line in trial_output.trial_lines(trial, outcome, Paint.of(sys.stderr)):
        options.say(line) if outcome.problem is None else say(line)
    if options.json:
        json_output.write({"try": trial_output.trial_document(trial, outcome)})
    elif outcome.result is not None:
        out(trial_output.result_text(outcome.result))
    return 0 if outcome.problem is None else 1


def _prepared(
    store: Store, run: str, path: str, changes: dict[str, str], flow: str | None, options: GlobalOptions
) -> PreparedTrial:
    from sequent.cli.runs.resume_run import definition_for
    from sequent.cli.runs.store_trust import trusted_flow
    from sequent.runtime.trials.preparation import prepare_trial

    record = find_run(store, "try", run, path)
    settings = options.settings()
    if flow is None:
        flow = trusted_flow(store, record, settings, "try", path)
    definition, _ = definition_for(record, flow, settings)
    return prepare_trial(definition, record, store, path, changes)


def _pairs(texts: Iterable[str]) -> dict[str, str]:
    """Return the typed values by name.

    Raises:
        UsageError: one has no name or no value, or a name is given twice.
    """
    pairs: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name and equals):
            raise UsageError(f"--with {text!r} is not NAME=VALUE", code="param", hint="write --with NAME=VALUE")
        if name in pairs:
            raise UsageError(f"--with {name!r} is given twice", code="param", hint="give it once")
        pairs[name] = value
    return pairs


def _debug(place: TracebackType) -> None:
    """Open Python's debugger where the step has failed."""
    # Starting the debugger imports it.
    import pdb  # noqa: T100  the user has asked for it

    pdb.post_mortem(place)
