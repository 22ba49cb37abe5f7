"""The desk for interventions: it reads the requests of people from the store, and writes their outcomes."""

from __future__ import annotations

from typing import NamedTuple

from sequent.errors import StoreBusyError, StoreFullError, StoreLostError, UsageError
from sequent.model.commands import typed
from sequent.model.directives import Selection
from sequent.model.effects import RecordMark, RefuseMark
from sequent.model.facts import PlaceHeld, PlaceReleased, QuestionAnswered, TaskMarked
from sequent.model.interventions import Decision, Intervention, InterventionKind, InterventionRecord
from sequent.model.json_text import read_json
from sequent.model.outcome import Problem
from sequent.model.plan import Plan, StepPlan
from sequent.model.scope import host_in, numbers_in
from sequent.model.selections import read_selection, read_task
from sequent.model.status import RunStatus, Status, Verdict
from sequent.runtime.attempt_outcomes import answers_of
from sequent.runtime.clock import local_text
from sequent.runtime.driver.adapters import Adapters
from sequent.runtime.driver.desks.questions import QuestionDesk
from sequent.runtime.driver.stop_signals import Stopping
from sequent.runtime.driver.turn_record import Turn
from sequent.runtime.driver.waiting_reasons import WaitingReasons
from sequent.runtime.orders import AttemptEnded

_OF_PLACES = (InterventionKind.HOLD, InterventionKind.RELEASE)
LOOKS = 1.0
"""Seconds between two looks for interventions, unless another process wakes the driver: its hint may be lost."""


class _Outcome(NamedTuple):
    """The outcome that a person gives to a task; in a simulation, nobody asks for it."""

    intervention: InterventionRecord | None
    result: str | None
    verdict: Verdict
    problem: Problem | None

    @property
    def status(self) -> Status:
        """Failure, if there is a problem."""
        return Status.SUCCESS if self.problem is None else Status.FAILURE

    def answers(self, step: StepPlan) -> tuple[int, ...]:
        """Return the questions about the result of its step that it answers with yes."""
        return () if self.result is None else answers_of(step, self.result)


class InterventionDesk:
    """Applies each intervention once: it is decided in the very transaction that writes its consequences."""

    def __init__(
        self,
        plan: Plan,
        adapters: Adapters,
        turn: Turn,
        questions: QuestionDesk,
        stopping: Stopping,
        reasons: WaitingReasons,
    ) -> None:
        self._plan = plan
        self._turn = turn
        self._reasons = reasons
        self._stopping = stopping
        self._run = adapters.run
        self._clock = adapters.clock
        self._observer = adapters.observer
        self._epoch = adapters.run.record.epoch
        self._is_deaf = not adapters.hears_people
        self._look_at = 0.0
        self._simulated = 0
        """The number of the last answer in a simulation, which is below 0."""
        self._taken = 0
        """The number of the last intervention that was read."""
        self._questions = questions
        self._read_result = adapters.read_result
        self._marks: dict[int, _Outcome] = {}
        """The marks and answers that the engine has neither recorded nor refused."""
        self._held: dict[Selection, InterventionRecord] = {}
        """The places that are held."""

    def open(self) -> None:
        """Hold the places that people held under earlier drivers, before anything starts."""
        if self._is_deaf or self._epoch == 1:
            return
        interventions = self._run.interventions()
        for intervention in interventions:
            if intervention.is_applied and intervention.request.kind in _OF_PLACES:
                self._hold_again(intervention)
        self._turn.facts.extend(map(PlaceHeld, self._held))
        self._say_held()
        for intervention in interventions:
            self._take_new(intervention)

    def _hold_again(self, intervention: InterventionRecord) -> None:
        try:
            place = read_selection(intervention.request.place, self._plan, intervention.request.kind.value)
        except UsageError as error:
            self._observer.note(f"{error.message}; it is no longer held")
            return
        if intervention.request.kind is InterventionKind.HOLD:
            self._held[place] = intervention
        else:
            self._held.pop(place, None)

    def look(self) -> None:
        """Read the new interventions, if it is time to."""
        if self._is_deaf or (now := self._clock.monotonic()) < self._look_at:
            return
        self._look_at = now + LOOKS
        try:
            interventions = self._run.new_interventions()
        except (StoreBusyError, StoreFullError, StoreLostError):
            # It can be asked again.
            return
        for intervention in interventions:
            self._take_new(intervention)

    def hurry(self) -> None:
        """Look at once: there may be news."""
        self._look_at = 0.0

    def left(self) -> float | None:
        """Return the seconds until the next look; None if there is none."""
        return None if self._is_deaf else max(0.0, self._look_at - self._clock.monotonic())

    def _take_new(self, intervention: InterventionRecord) -> None:
        if intervention.decision is None and intervention.number > self._taken:
            self._taken = intervention.number
            self._take(intervention)

    def _take(self, intervention: InterventionRecord) -> None:
        request = intervention.request
        match request.kind:
            case InterventionKind.STOP | InterventionKind.KILL:
                self._end_run(intervention)
            case InterventionKind.HOLD | InterventionKind.RELEASE:
                self._hold_or_release(intervention)
            case InterventionKind.MARK | InterventionKind.APPROVE:
                self._mark(intervention)

    def _end_run(self, intervention: InterventionRecord) -> None:
        """Stop the run, unless another driver was meant."""
        if intervention.request.epoch != self._epoch:
            self._decide(intervention, "the run's driver of that time was gone before it took this")
            return
        self._tell(intervention)
        self._decide(intervention)
        if intervention.request.kind is InterventionKind.STOP:
            self._stopping.stop()
        else:
            self._stopping.end()

    def _hold_or_release(self, intervention: InterventionRecord) -> None:
        request = intervention.request
        try:
            place = read_selection(request.place, self._plan, request.kind.value)
        except UsageError as error:
            self._decide(intervention, error.advice)
            return
        if request.kind is InterventionKind.HOLD:
            self._held[place] = intervention
            self._turn.facts.append(PlaceHeld(place))
        elif self._held.pop(place, None) is not None:
            self._turn.facts.append(PlaceReleased(place))
        else:
            held = f"; held are: {', '.join(each.text for each in self._held)}" if self._held else ""
            self._decide(intervention, f"{place.text!r} is not held{held}")
            return
        self._tell(intervention)
        self._decide(intervention)
        self._say_held()

    def _mark(self, intervention: InterventionRecord) -> None:
        """Let the engine give a task its outcome, or answer its question, with a result that can be the step's."""
        kind = intervention.request.kind
        try:
            step, place = read_task(intervention.request.place, self._plan, kind.value)
            mark = self._outcome(intervention, step)
        except UsageError as error:
            self._decide(intervention, error.advice)
            return
        self._marks[intervention.number] = mark
        outcome = (intervention.number, place, mark.status, mark.verdict, mark.answers(step))
        is_answer = kind is InterventionKind.APPROVE
        self._turn.facts.append(
            QuestionAnswered(*outcome, intervention.request.attempt) if is_answer else TaskMarked(*outcome)
        )

    def answered(self, report: AttemptEnded) -> bool:
        """Take the answer to an open question in a simulation; return whether it is one."""
        question = self._questions.open_question(report.frame, report.node)
        if question is None:
            return False
        step, scope = self._plan.step(report.node), question.scope
        place = Selection(step.path, numbers_in(scope.sequence), host_in(scope.sequence))
        self._simulated -= 1
        self._marks[self._simulated] = mark = _Outcome(None, report.result, report.verdict, report.problem)
        outcome = (self._simulated, place, mark.status, mark.verdict, mark.answers(step))
        self._turn.facts.append(QuestionAnswered(*outcome))
        return True

    def _outcome(self, intervention: InterventionRecord, step: StepPlan) -> _Outcome:
        request = intervention.request
        answers = request.kind is InterventionKind.APPROVE
        if answers and not step.asks:
            hint = f"give it an outcome: {typed('mark', self._run.record.id, request.place, 'success')}"
            raise UsageError(f"'{request.place}' asks no question", hint=hint)
        if request.outcome != "success":
            why = f": {request.why}" if request.why else ""
            kind, word = ("Rejected", "rejected") if answers else ("Marked", "marked")
            problem = Problem(type=kind, message=f"{word} by {request.who}{why}")
            return _Outcome(intervention, None, Verdict.UNKNOWN, problem)
        text = "null" if self._read_result is None else self._read_result(step.path, request.result, is_answer=answers)
        is_truthy = step.is_until and bool(read_json(text, "the result"))
        return _Outcome(intervention, text, Verdict.TRUTHY if is_truthy else Verdict.FALSY, None)

    def record(self, effect: RecordMark) -> None:
        """Write the outcome that a person has given to a task, as one more attempt."""
        intervention, result, verdict, problem = self._marks.pop(effect.number)
        self._questions.outcomes.write(effect.scope, effect.node, effect.attempt, result, verdict, problem)
        if intervention is not None:
            self._tell(intervention)
            self._decide(intervention)

    def refuse(self, effect: RefuseMark) -> None:
        """Refuse the outcome, or the answer, that a person gives to a task."""
        intervention = self._marks.pop(effect.number).intervention
        if intervention is not None:
            word = "answered" if intervention.request.kind is InterventionKind.APPROVE else "marked"
            self._decide(intervention, f"'{intervention.request.place}' cannot be {word}: {effect.reason}")

    def end(self, status: RunStatus) -> None:
        """Refuse the marks that can no longer be applied, at the end of a run that has succeeded."""
        if status is RunStatus.SUCCESS:
            for intervention in filter(None, (mark.intervention for mark in self._marks.values())):
                self._decide(intervention, "the run has succeeded without it")

    @property
    def text(self) -> str:
        """The places that are held, and so wait for a person in the next recovery as well."""
        return "\n".join(_held_text(*held) for held in self._held.items())

    def _say_held(self) -> None:
        self._reasons.put("held", (_held_text(*held) for held in self._held.items()))

    def _tell(self, intervention: InterventionRecord) -> None:
        request = intervention.request
        why = f": {request.why}" if request.why else ""
        place = f" of {request.place}" if request.place else ""
        kind = "rejection" if request.is_no else request.kind.value
        self._observer.note(f"{kind}{place} by {request.who}{why}")

    def _decide(self, intervention: InterventionRecord, refusal: str = "") -> None:
        if refusal:
            # Nobody may wait for the decision: it may have been asked for before this driver began.
            self._observer.note(_refusal_text(intervention.request, refusal))
        decision = Decision(at=self._clock.now(), refusal=refusal)
        self._turn.batch.decisions.append((intervention.number, decision))


def _refusal_text(request: Intervention, refusal: str) -> str:
    noun = "an answer" if request.kind is InterventionKind.APPROVE else f"a {request.kind.value}"
    place = f" of {request.place!r}" if request.place and request.place not in refusal else ""
    return f"{noun}{place} is refused: {refusal}"


def _held_text(place: Selection, intervention: InterventionRecord) -> str:
    why = f": {intervention.request.why}" if intervention.request.why else ""
    return f"'{place.text}' is held since {local_text(intervention.at)} by {intervention.request.who}{why}"
