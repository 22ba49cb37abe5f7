"""The outcomes that people give to tasks: at once, or as soon as the iteration of a task begins."""

from __future__ import annotations

from sequent.engine.conditions import note_run
from sequent.engine.frames import Frame
from sequent.engine.layout import is_step
from sequent.engine.run_state import RunState
from sequent.engine.task_lifecycle import settle, stop_waiting
from sequent.model.directives import Selection
from sequent.model.effects import RecordMark, RefuseMark
from sequent.model.facts import QuestionAnswered, TaskMarked
from sequent.model.scope import numbers_in
from sequent.model.status import Status


def mark(run: RunState, fact: TaskMarked) -> None:
    """Give a task its outcome, if its iteration is under way; otherwise once it begins."""
    run.marks[fact.number] = fact
    for frame in [*run.frames.values()]:
        if _take(run, frame, fact):
            return


def take_marks(run: RunState, frame: Frame) -> None:
    """Give the tasks of an iteration that begins the outcomes that people have given them."""
    for fact in [*run.marks.values()]:
        _take(run, frame, fact)


def _take(run: RunState, frame: Frame, fact: TaskMarked) -> bool:
    """Give a task of an iteration its outcome, or refuse it; return whether the iteration has that task."""
    position = place_in(frame, fact.place)
    if position is None:
        return False
    status = frame.statuses[position]
    if status is Status.ACTIVE:
        refuse(run, fact, "it is running")
    elif status is Status.SUCCESS or position in frame.doubtful:
        refuse(run, fact, "it has succeeded")
    elif not status.is_settled:
        del run.marks[fact.number]
        settle_by_hand(run, frame, position, fact)
    # A task that has failed, or was skipped or cancelled, stays so until the next recovery, which takes the mark.
    return True


def place_in(frame: Frame, place: Selection) -> int | None:
    """Return the position of a task in an iteration; None if it is not there."""
    sequence = frame.scope.sequence
    if numbers_in(sequence) != place.sequence:
        return None
    return next(
        (
            position
            for position, node in enumerate(frame.layout.nodes)
            if is_step(node) and node.path == place.path and place.has(node.path, sequence)
        ),
        None,
    )


def refuse(run: RunState, fact: TaskMarked | QuestionAnswered, reason: str) -> None:
    """Refuse the outcome that a person gives to a task."""
    run.marks.pop(fact.number, None)
    run.effects.append(RefuseMark(fact.number, reason))


def settle_by_hand(run: RunState, frame: Frame, position: int, fact: TaskMarked | QuestionAnswered) -> None:
    """Settle a task with the outcome of a person, as one more attempt."""
    node = frame.layout.nodes[position]
    stop_waiting(run, frame, position)
    attempt = frame.attempts[position] = frame.attempts.get(position, 0) + 1
    if run.reacts:
        note_run(frame, position)
    if position == frame.layout.plan.until:
        frame.verdict = fact.verdict
    if fact.answers:
        frame.answers[position] = fact.answers
    run.effects.append(RecordMark(frame.scope, node.index, attempt, fact.number))
    settle(run, frame, position, fact.status)
