"""The life of one child of a frame: it becomes ready, starts, is tried again, settles."""

from __future__ import annotations

from sequent.engine.conditions import note_run, tell_reached, tell_settled
from sequent.engine.frames import HAS_BEEN_READY, Frame
from sequent.engine.held_places import forget
from sequent.engine.layout import is_step
from sequent.engine.pools import give_back, release
from sequent.engine.run_state import RunState
from sequent.engine.start_queue import count_ended
from sequent.engine.waits import end_wait, review_sleep, starts_wait
from sequent.model.effects import FailTask, PassOver, SettleTask, WithdrawQuestion
from sequent.model.facts import TaskFailed, TaskLeft, TaskLost, TaskSucceeded, TaskTakenBack
from sequent.model.plan import StepPlan
from sequent.model.status import Status

Ended = TaskSucceeded | TaskFailed | TaskLost | TaskTakenBack | TaskLeft

MAX_LOSSES = 3
"""Losses of one task in a row that make it a failure; a recovery counts anew."""


def make_ready(run: RunState, frame: Frame, position: int) -> None:
    """Make a child ready whose requirement holds: it starts as soon as it may, unless it is passed over."""
    frame.statuses[position] = Status.READY
    if run.announces:
        tell_reached(run, frame, position, HAS_BEEN_READY)
    if run.directives.skip and not run.is_stopping:
        step = frame.layout.steps[position]
        if step is not None and run.directives.passes_over(step.path, frame.scope.sequence):
            _pass_over(run, frame, position, step)
            return
    if not starts_wait(run, frame, position):
        run.ready.append((frame, position))


def _pass_over(run: RunState, frame: Frame, position: int, step: StepPlan) -> None:
    attempt = frame.attempts[position] = frame.attempts.get(position, 0) + 1
    run.effects.append(PassOver(frame.scope, step.index, attempt))
    settle(run, frame, position, Status.SUCCESS)


def end(run: RunState, frame: Frame, position: int, step: StepPlan, fact: Ended) -> None:
    """Take the end of a step's running attempt."""
    layout = frame.layout
    run.running -= 1
    frame.machine.running -= 1
    if layout.limiters[position]:
        count_ended(run, layout.limiters[position])
    if run.reacts and not isinstance(fact, TaskTakenBack | TaskLeft):
        note_run(frame, position)
    match fact:
        case TaskSucceeded():
            if position == layout.plan.until:
                frame.verdict = fact.verdict
            if fact.answers:
                frame.answers[position] = fact.answers
            _succeed(run, frame, position, step)
        case TaskFailed():
            _fail(run, frame, position, step, may_retry=fact.may_retry)
        case TaskLost():
            _lose(run, frame, position, step)
        case TaskTakenBack():
            if step.acquires:
                give_back(run, frame, position)
            _take_back(run, frame, position, step)
        case TaskLeft():
            # It stays active: whatever else ends, its amounts and those of its containers are in use.
            run.left.add((frame.scope.id, position))


def _succeed(run: RunState, frame: Frame, position: int, step: StepPlan) -> None:
    """Take a success: the attempt releases its amounts; releasing more than is held makes it a failure."""
    if step.acquires or step.releases:
        reason = release(run, frame, position, step)
        if reason:
            run.effects.append(FailTask(frame.scope, step.index, frame.attempts[position], reason))
            _fail(run, frame, position, step, may_retry=False)
            return
    settle(run, frame, position, Status.SUCCESS)


def _fail(run: RunState, frame: Frame, position: int, step: StepPlan, *, may_retry: bool) -> None:
    """Take a failure: the step is tried again if it has retries left and its container has not stopped."""
    if step.acquires:
        give_back(run, frame, position)
    frame.losses.pop(position, None)
    if step.retries:
        frame.failures[position] = frame.failures.get(position, 0) + 1
        if may_retry and frame.failures[position] <= step.retries and _may_still_start(run, frame, position):
            _try_again(run, frame, position)
            return
    settle(run, frame, position, Status.FAILURE)


def _may_still_start(run: RunState, frame: Frame, position: int) -> bool:
    """Return whether the child may still start."""
    return not run.is_stopping and (not frame.block.is_stopped or frame.layout.nodes[position].watches)


def _try_again(run: RunState, frame: Frame, position: int) -> None:
    frame.statuses[position] = Status.READY
    if not starts_wait(run, frame, position):
        run.ready.append((frame, position))


def _lose(run: RunState, frame: Frame, position: int, step: StepPlan) -> None:
    """Take the loss of an attempt without an outcome: it is tried again, unless that has happened too often."""
    if step.acquires:
        give_back(run, frame, position)
    losses = frame.losses[position] = frame.losses.get(position, 0) + 1
    if losses >= MAX_LOSSES:
        reason = f"it was lost {MAX_LOSSES} times in a row"
        run.effects.append(FailTask(frame.scope, step.index, frame.attempts[position], reason))
        settle(run, frame, position, Status.FAILURE)
    elif frame.block.is_stopped and not step.watches:
        settle_unstarted(run, frame, position, Status.CANCELLED)
    else:
        frame.statuses[position] = Status.READY
        run.ready.append((frame, position))


def _take_back(run: RunState, frame: Frame, position: int, step: StepPlan) -> None:
    """Undo an attempt that was handed over and never began."""
    frame.attempts[position] -= 1
    if frame.block.is_stopped and not step.watches:
        settle_unstarted(run, frame, position, Status.CANCELLED)
    else:
        frame.statuses[position] = Status.READY
        run.ready.append((frame, position))


def settle(run: RunState, frame: Frame, position: int, status: Status, *, is_kept: bool = False) -> None:
    """Record how a child ended, and pass this on."""
    frame.statuses[position] = status
    frame.open -= 1
    if frame.requirements[position] is None:
        frame.requirements[position] = False
    if not is_kept and frame.layout.steps[position] is not None:
        run.counts[status] = run.counts.get(status, 0) + 1
    if status is Status.FAILURE:
        run.judgements.append((frame, position))
    elif status is Status.CANCELLED:
        frame.was_cancelled = True
    tell_settled(run, frame, position)
    if position in frame.layout.handled_by:
        review_handled(run, frame, position)
    if run.timers or run.questions:
        review_sleep(run, frame)
    if frame.open == 0:
        run.closings.append(frame)


def stop_waiting(run: RunState, frame: Frame, position: int) -> None:
    """Let a child wait no longer, for a time, for amounts or for an answer."""
    end_wait(run, frame, position)
    if (frame.scope.id, position) in run.questions:
        run.questions.discard((frame.scope.id, position))
        review_sleep(run, frame)
        run.effects.append(WithdrawQuestion(frame.scope, frame.layout.plan.children[position]))
    forget(run, frame, position)
    if frame.layout.nodes[position].acquires:
        run.awaiting_grant.discard((frame.scope.id, position))
        run.granted.discard((frame.scope.id, position))
        give_back(run, frame, position)
        # Entries behind it in the lines of its pools may go on.
        run.pools.has_freed = True


def settle_unstarted(run: RunState, frame: Frame, position: int, status: Status) -> None:
    """Record that a child never starts: skipped or cancelled, or a failure if it was to be tried again."""
    node = frame.layout.nodes[position]
    stop_waiting(run, frame, position)
    if frame.failures.get(position) and not frame.losses.get(position):
        status = Status.FAILURE
    if is_step(node):
        run.effects.append(SettleTask(frame.scope, node.index, status))
    settle(run, frame, position, status)


def review_handled(run: RunState, frame: Frame, position: int) -> None:
    """Review the failures that a child would handle, now that its requirement is decided."""
    for failed in frame.layout.handled_by[position]:
        if frame.requirements[position]:
            frame.pending.pop(failed, None)
        elif failed in frame.pending:
            run.judgements.append((frame, failed))
