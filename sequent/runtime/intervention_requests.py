"""Requests interventions of a run through its store, and waits until its driver has answered."""

from __future__ import annotations

import itertools
import os
import time
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from sequent.errors import UsageError
from sequent.model.commands import typed
from sequent.model.interventions import OF_A_DRIVER, Intervention, InterventionKind, InterventionRecord, needs_result
from sequent.model.outline import CONTAINERS, QUESTION
from sequent.model.status import RunStatus, Status
from sequent.model.terminal import safe
from sequent.runtime.clock import local_text
from sequent.runtime.processes.run_owners import is_stopped, owner_of
from sequent.runtime.reading.step_states import TaskFilter, read_filter, read_step_states
from sequent.runtime.records import Pending, RunRecord

if TYPE_CHECKING:
    from sequent.runtime.ports import Store

LOOKS = 400
"""The number of looks for the answer of a driver that lives: most answer before the second one.

They are counted, and not the seconds: on a slow machine each look takes longer, and so the driver has more time. One
that does not answer hangs, or its machine does; the request stays in the store, so its driver may still decide it.
"""
_REST = 0.05
"""Seconds between two looks."""
_MOST_NAMED = 3
"""The maximum number of questions in a hint."""


def effect_of(kind: InterventionKind, place: str, *, is_no: bool = False) -> str:
    """Return the effect of an intervention, in words.

    Args:
        kind: its kind.
        place: the part of the run that is meant.
        is_no: whether its outcome is a failure, or its answer a no.
    """
    place = safe(place)
    return {
        InterventionKind.STOP: "it stops once running steps have finished",
        InterventionKind.KILL: "its running steps are ended",
        InterventionKind.HOLD: f"nothing more starts in {place}",
        InterventionKind.RELEASE: f"{place} goes on",
        InterventionKind.MARK: f"{place} counts as a {'failure' if is_no else 'success'}",
        InterventionKind.APPROVE: f"{place} is {'rejected' if is_no else 'approved'}",
    }[kind]


class RequestedIntervention(Struct, frozen=True):
    """An intervention that was requested of a run, and the run afterwards."""

    intervention: InterventionRecord
    run: RunRecord
    before: str = ""
    """The person whose answer to the same question came before, and may be refused."""
    is_stopped: bool = False
    """Whether the process that drives the run is stopped, so that it answers nothing."""

    def consequence(self, effect: str) -> str:
        """Return the consequence in words; ``effect`` follows if the run applies it."""
        if self.intervention.decision is not None:
            return effect
        if self.run.owner is None:
            unless = f", unless the answer of {safe(self.before)} counts, which came before" if self.before else ""
            return f"{effect}, once the run is resumed{unless}"
        if self.intervention.request.kind is InterventionKind.MARK:
            return f"{effect}, once its iteration begins, or else once the run is recovered"
        owner = self.run.owner
        state = "is stopped, and answers once it goes on" if self.is_stopped else "has not answered yet"
        return f"asked process {owner.pid} on {safe(owner.host)}, which {state}"


def request_intervention(
    store: Store, record: RunRecord, kind: InterventionKind, *, place: str = "", **further: Any
) -> RequestedIntervention:
    """Request an intervention of a run; return its outcome.

    Args:
        store: the store that contains the run.
        record: the run.
        kind: the kind of the intervention.
        place: the step, container, copy or iteration that is meant, as it was typed.
        further: the other fields of the intervention.

    Raises:
        UsageError: the run cannot be asked for that, or its driver refused it.
    """
    if record.status is RunStatus.SUCCESS or (kind in OF_A_DRIVER and record.owner is None):
        raise _not_running(record)
    if kind not in OF_A_DRIVER:
        wanted = _part_of(record, kind, place)
        if wanted.host and kind is not InterventionKind.RELEASE:
            _refuse_other_host(store, record, wanted)
        if wanted.sequence and kind in (InterventionKind.MARK, InterventionKind.HOLD):
            _refuse_missing_iteration(store, record, wanted, place)
        if kind is InterventionKind.MARK:
            _refuse_container(record, wanted, place)
            _refuse_succeeded(store, record, wanted, place)
            if further["outcome"] == "success" and not further.get("result"):
                _refuse_without_result(record, wanted)
        if kind is InterventionKind.APPROVE:
            question = _open_question(store, record, wanted, place)
            place, further["attempt"] = question.address, question.attempt
    me = owner_of(os.getpid(), time.time())
    request = Intervention(kind=kind, user=me.user, host=me.host, place=place, epoch=record.epoch, **further)
    intervention = _wait_for_answer(store, record, store.intervene(record, request))
    now = store.find(record.id)
    is_over = now.status is RunStatus.SUCCESS or (kind in OF_A_DRIVER and now.owner is None)
    if intervention.decision is None and is_over:
        raise _not_running(now)
    waits_for_driver = intervention.decision is None and now.owner is None
    before = (
        _earlier_answerer(store, now, intervention) if waits_for_driver and kind is InterventionKind.APPROVE else ""
    )
    if intervention.decision is not None and intervention.decision.refusal:
        raise UsageError(f"run {record.id!r} refused this: {intervention.decision.refusal}", code="refused")
    return RequestedIntervention(intervention, now, before, is_stopped=now.owner is not None and is_stopped(now.owner))


def _part_of(record: RunRecord, kind: InterventionKind, place: str) -> TaskFilter:
    """Return the part of the run that is meant.

    Raises:
        UsageError: there is no such part, or none is named.
    """
    wanted = read_filter(record, place, ())
    if not wanted.path:
        text = f"{place!r} names no step or container" if place else f"the place of '{kind.value}' is empty"
        hint = f"name a step or container: {typed('show', record.id)} lists them"
        raise UsageError(text, code="no-place", hint=hint)
    return wanted


def _refuse_other_host(store: Store, record: RunRecord, wanted: TaskFilter) -> None:
    """Refuse a copy that there will never be: a driver would wait for it.

    Raises:
        UsageError: there is none on that host.
    """
    # Only a typed host needs it.
    from sequent.model.written_hosts import refuse_other_host

    begun = {attempt.host for attempt in store.attempts(record, wanted.path)}
    refuse_other_host(record.description, wanted.path, wanted.host, begun)


def _refuse_missing_iteration(store: Store, record: RunRecord, wanted: TaskFilter, place: str) -> None:
    """Refuse an iteration that will never begin.

    Raises:
        UsageError: its repeat has fewer items.
    """
    # Only a typed iteration needs it.
    from sequent.runtime.reading.missing_iterations import refuse_missing_iteration

    refuse_missing_iteration(store, record, wanted, place)


def _refuse_container(record: RunRecord, wanted: TaskFilter, place: str) -> None:
    """Refuse to mark a container; a driver would say the same, but there may be none.

    Raises:
        UsageError: it is one.
    """
    if record.outline[wanted.path] in CONTAINERS:
        text = f"{place!r} is a container: its outcome is that of the steps in it"
        raise UsageError(text, code="container", hint="mark a step in it", path=wanted.path)


def _refuse_succeeded(store: Store, record: RunRecord, wanted: TaskFilter, place: str) -> None:
    """Refuse to mark a task that has succeeded; a driver would say the same, but there may be none.

    Raises:
        UsageError: it has.
    """
    attempts = [attempt for attempt in store.attempts(record, wanted.path) if wanted.has(attempt)]
    is_one_task = len({(attempt.located, attempt.sequence) for attempt in attempts}) == 1
    if is_one_task and attempts[-1].status is Status.SUCCESS and not attempts[-1].is_outdated:
        raise UsageError(
            f"{place!r} has succeeded",
            code="succeeded",
            hint=f"run it again: {typed('recover', record.id, '--rerun', place)}",
        )


def _refuse_without_result(record: RunRecord, wanted: TaskFilter) -> None:
    """Refuse a success without a result of a step that must have one; a driver would say the same.

    Raises:
        UsageError: it must.
    """
    if kind := record.returned.get(wanted.path):
        raise needs_result(wanted.path, kind)


def _open_question(store: Store, record: RunRecord, wanted: TaskFilter, place: str, own: int = 0) -> Pending:
    """Return the open question that is meant; ``own`` is the number of the answer to it, if known.

    An answer to a question that nobody has asked is refused, so that nobody approves without having seen it. A driver
    would say the same; but there may be none, and then the answer waits for the next one. That refuses a *yes* whose
    value does not fit, so until then others may answer, too.

    Raises:
        UsageError: it is not open, or several may be meant.
    """
    kind = record.outline.get(wanted.path)
    questions = read_step_states(store, record, time.time(), wanted).questions
    if kind in CONTAINERS or len(questions) > 1:
        state = f"{place!r} is a container" if kind in CONTAINERS else f"{place!r} asks {len(questions)} questions"
        few = ", ".join(question.address for question in questions[:_MOST_NAMED])
        hint = f"name a single question{': ' if few else ''}{few}{', ...' if len(questions) > _MOST_NAMED else ''}"
        raise UsageError(state, code="several-questions", hint=hint)
    if kind != QUESTION:
        hint = f"give it an outcome: {typed('mark', record.id, place, 'success')}"
        raise UsageError(f"{place!r} asks no question", code="no-question", hint=hint)
    name = questions[0].address if questions else place.removesuffix("/1")
    answers = [answer for answer in _answers(store, record, name) if answer.number != own]
    is_answered = any(
        answer.decision is None and (answer.request.is_no or record.owner is not None) for answer in answers
    )
    if questions and not is_answered:
        return questions[0]
    state = f"is answered already, by {answers[-1].request.who}" if answers else "is not open: nobody has been asked"
    hint = f"look at the run: {typed('show', record.id)}"
    raise UsageError(f"the question of {place!r} {state}", code="not-asked", hint=hint)


def _earlier_answerer(store: Store, run: RunRecord, answer: InterventionRecord) -> str:
    """Return the person whose answer to the same question waits before this one; '' for none.

    Raises:
        UsageError: the question is not open any more.
    """
    place = answer.request.place
    _open_question(store, run, read_filter(run, place, ()), place, own=answer.number)
    earlier = (each for each in _answers(store, run, place) if each.decision is None and each.number < answer.number)
    return next((each.request.who for each in earlier), "")


def _answers(store: Store, record: RunRecord, place: str) -> list[InterventionRecord]:
    """Return the answers to a question that were not refused."""
    return [
        each
        for each in store.interventions(record)
        if (each.request.kind, each.request.place) == (InterventionKind.APPROVE, place)
        and (each.decision is None or each.is_applied)
    ]


def _wait_for_answer(store: Store, record: RunRecord, number: int) -> InterventionRecord:
    """Return an intervention once its run has answered it, or is not driven any more, or its driver is silent."""
    looks = itertools.count(1)
    while True:
        owner = store.find(record.id).owner
        intervention = next(each for each in store.interventions(record) if each.number == number)
        if intervention.decision is not None or owner is None or is_stopped(owner) or next(looks) >= LOOKS:
            return intervention
        time.sleep(_REST)


def _not_running(record: RunRecord) -> UsageError:
    ended = f" since {local_text(record.ended)}" if record.ended is not None else ""
    is_over = record.status is RunStatus.SUCCESS
    word = "show" if is_over else "recover"
    return UsageError(
        f"run {record.id!r} of {record.target.flow!r} is not running: {record.status.value}{ended}",
        code="not-running",
        hint=f"see how it went: {typed('show', record.id)}" if is_over else f"resume it: {typed(word, record.id)}",
    )
