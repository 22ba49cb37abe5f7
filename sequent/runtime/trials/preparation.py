"""Prepares a trial: finds the step and its inputs in the store, and reads everything that the trial needs."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Mapping

from attrs import evolve, frozen

from sequent.by_fields import ByFields
from sequent.compiler import compile_flow
from sequent.dsl.options.hosts import is_here
from sequent.errors import UsageError
from sequent.model.commands import approval_command, store_options, typed
from sequent.model.directives import Selection
from sequent.model.outcome import Problem
from sequent.model.plan import Plan, StepPlan
from sequent.model.references import dotted
from sequent.model.scope import depth_of_host, host_in, located, sequence_text
from sequent.model.selections import read_task
from sequent.model.spec import Definition, steps_in
from sequent.model.status import Construct, Status
from sequent.runtime.driver.attempt_orders import makers_of
from sequent.runtime.orders import AttemptOrder, WorkerSetup
from sequent.runtime.pickle_keys import key_file
from sequent.runtime.ports import ReadRun, Store
from sequent.runtime.records import RunRecord
from sequent.runtime.recovery.changes import check_changes, fingerprints_of
from sequent.runtime.runs.nested_runs import around_steps
from sequent.runtime.trials.changed_inputs import changes_of
from sequent.runtime.trials.stored_place import StoredPlace, stored_place

_TOKEN_BYTES = 16


@frozen(eq=False, repr=False)
class StoredOutcome(ByFields):
    """The last attempt of the task in the run."""

    attempt: int
    status: Status
    result: str | None
    """Wire text; None if it has no result that counts."""
    problem: Problem | None


@frozen(kw_only=True, eq=False, repr=False)
class PreparedTrial(ByFields):
    """A trial that can begin; nothing more is read from the store."""

    run: str
    name: str
    """The task as people write it."""
    definition: Definition
    setup: WorkerSetup
    order: AttemptOrder
    has_own_process: bool
    """Whether the step, in a run, has a process of its own, with its place in the environment."""
    stored: StoredOutcome | None
    """None if the run has not tried the task."""
    notes: tuple[str, ...] = ()
    """The ways in which the trial differs from the run, in sentences."""


def prepare_trial(
    definition: Definition, record: RunRecord, store: Store, place: str, changes: Mapping[str, str]
) -> PreparedTrial:
    """Return a trial of one task.

    Args:
        definition: the flow, as it is now.
        record: the run.
        store: the store that has it.
        place: the task, as it was typed.
        changes: the typed values of inputs by name.

    Raises:
        DefinitionError: the flow has changed so that the run does not fit it.
        UsageError: there is no such task, it asks a question, or its inputs are not there.
    """
    run, plan = store.look(record), compile_flow(definition.spec, record.params)
    step, wanted = read_task(place, plan, "PATH")
    if step.asks:
        raise UsageError(
            f"{place!r} asks a question, which a person answers: there is nothing to try",
            code="question",
            hint=f"answer it: {approval_command(record.id, place)}",
        )
    notes = [*check_changes(run, plan, accepts=True), *_changed_code(record, plan, step)]
    changed = changes_of(definition, plan, step, record.params, changes)
    found = _found(changed.definition, changed.params, run, step, wanted)
    found = evolve(found, step=changed.made_in(found.plan, found.step))
    if missing := found.missing():
        raise _missing(found, record, missing)
    stored = _stored(found, store, record)
    order = _order(found, record, stored)
    if order.host and not is_here(order.host, definition.spec.config.hosts):
        notes.append(f"it runs here, and in the run on host {order.host!r}")
    return PreparedTrial(
        run=record.id,
        name=found.name,
        definition=changed.definition,
        setup=_setup(changed.definition, record, store),
        order=order,
        has_own_process=found.step.construct is Construct.PROCESS,
        stored=stored,
        notes=tuple(notes),
    )


def _found(
    definition: Definition, params: Mapping[str, str], run: ReadRun, step: StepPlan, wanted: Selection
) -> StoredPlace:
    """Return the place of a step in the plan of the flow with its changes, whose nodes have the same indexes."""
    plan = compile_flow(definition.spec, params)
    return stored_place(plan, run, plan.step(step.index), wanted)


def _changed_code(record: RunRecord, plan: Plan, step: StepPlan) -> list[str]:
    path = dotted(step.path)
    if record.fingerprints.get(path, step.fingerprint) == fingerprints_of(plan)[path]:
        return []
    return [f"the code or the arguments of '{path}' have changed since the run"]


def _missing(found: StoredPlace, record: RunRecord, missing: list[str]) -> UsageError:
    verb = "is" if len(missing) == 1 else "are"
    return UsageError(
        f"'{found.name}' cannot be tried: {' and '.join(missing)} {verb} not in run {record.id!r} yet",
        code="missing-input",
        path=dotted(found.step.path),
        hint=f"let the run get there first: {typed('recover', record.id)}; or give a value: --with NAME=VALUE",
    )


def _stored(found: StoredPlace, store: Store, record: RunRecord) -> StoredOutcome | None:
    path, sequence = dotted(found.step.path), found.scope.sequence
    place = (located(path, sequence), sequence_text(sequence))
    attempts = [each for each in store.attempts(record, path) if (each.located, each.sequence) == place]
    if not attempts:
        return None
    last = attempts[-1]
    return StoredOutcome(last.attempt, last.status, found.run.result(found.key), last.problem)


def _order(found: StoredPlace, record: RunRecord, stored: StoredOutcome | None) -> AttemptOrder:
    step, scope, values = found.step, found.scope, found.values
    return AttemptOrder(
        frame=scope.id,
        node=step.index,
        attempt=1 if stored is None else stored.attempt + 1,
        token=secrets.token_hex(_TOKEN_BYTES),
        path=dotted(step.path),
        sequence=sequence_text(scope.sequence),
        recovery=record.recovery,
        host=host_in(scope.sequence) or step.host,
        host_depth=depth_of_host(scope.sequence),
        inputs=tuple(values.given(scope, value) for value in step.inputs),
        makers=makers_of(step),
        attributes=values.attributes(scope, step.attributes),
        item=values.item_of(scope),
    )


def _setup(definition: Definition, record: RunRecord, store: Store) -> WorkerSetup:
    config = definition.spec.config
    pickles = any(step.pickles for _, step in steps_in(definition.spec.root))
    return WorkerSetup(
        run_id=record.id,
        # A trial has a directory of its own, so that nothing of the run is written.
        directory="",
        target=record.target,
        logging_level=config.logging_level,
        logging_formats=config.logging_formats,
        logging_datefmt=config.logging_datefmt,
        envvar_prefix=config.envvar_prefix,
        sys_path=tuple(sys.path),
        around=around_steps(record.target, record.params, run=record.id, store=store.name, prefix=config.envvar_prefix),
        store_options=store_options(),
        pickle_key=key_file(os.path.dirname(store.directory(record))) if pickles else "",
    )
