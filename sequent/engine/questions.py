"""The questions that steps put to people: such a step stays ready until somebody answers, and takes no slot."""

from __future__ import annotations

from sequent.engine.conditions import note_run
from sequent.engine.frames import Frame
from sequent.engine.marks import place_in, refuse, settle_by_hand
from sequent.engine.run_state import RunState
from sequent.engine.task_lifecycle import settle, stop_waiting
from sequent.engine.waits import review_sleep
from sequent.model.effects import AskPerson, FailQuestion
from sequent.model.facts import QuestionAnswered
from sequent.model.status import Status

_WHY_NOT = {
    Status.WAITING: "it has not been asked yet",
    Status.READY: "it has not been asked yet",
    Status.ACTIVE: "it is running",
    Status.SUCCESS: "it has succeeded",
    Status.FAILURE: "it has failed",
    Status.SKIPPED: "it is skipped",
    Status.CANCELLED: "it is cancelled",
}


def ask(run: RunState, frame: Frame, position: int) -> None:
    """Put the question of a ready step that holds all its amounts; an answer may have come before the run began."""
    run.questions.add((frame.scope.id, position))
    attempt = frame.attempts.get(position, 0) + 1
    run.effects.append(AskPerson(frame.scope, frame.layout.plan.children[position], attempt))
    review_sleep(run, frame)
    for fact in [*run.early_answers.values()]:
        if place_in(frame, fact.place) == position:
            answer(run, fact)


def answer(run: RunState, fact: QuestionAnswered) -> None:
    """Give the answer of a person to the step that asks; the first one counts.

    A question of an earlier driver is asked again once the run has begun, and an answer waits for that.
    """
    frame, position = next(
        ((frame, at) for frame in run.frames.values() if (at := place_in(frame, fact.place)) is not None), (None, 0)
    )
    if not run.has_begun:
        run.early_answers[fact.number] = fact
        return
    run.early_answers.pop(fact.number, None)
    if frame is None:
        refuse(run, fact, "it has not been asked, or its iteration is over")
    elif (frame.scope.id, position) in run.questions:
        if fact.attempt not in (0, frame.attempts.get(position, 0) + 1):
            refuse(run, fact, "it has been asked again since")
            return
        settle_by_hand(run, frame, position, fact)
    else:
        refuse(run, fact, "it has succeeded" if position in frame.doubtful else _WHY_NOT[frame.statuses[position]])


def give_up(run: RunState, frame: Frame, position: int) -> None:
    """Fail a question that has got no answer in time."""
    if (frame.scope.id, position) in run.questions:
        stop_waiting(run, frame, position)
        attempt = frame.attempts[position] = frame.attempts.get(position, 0) + 1
        if run.reacts:
            note_run(frame, position)
        run.effects.append(FailQuestion(frame.scope, frame.layout.plan.children[position], attempt))
        settle(run, frame, position, Status.FAILURE)
