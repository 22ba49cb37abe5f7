"""What becomes of one child of a frame: it is ready, starts, is tried again, settles."""

from __future__ import annotations

from sequent.engine.board import HAS_BEEN_READY, Board, Frame
from sequent.engine.conditions import tell_reached, tell_settled
from sequent.engine.doubts import note_run
from sequent.engine.layout import is_step
from sequent.engine.waits import end_wait, review_sleep, starts_wait
from sequent.model.effects import FailTask, PassOver, SettleTask, StartTask
from sequent.model.facts import TaskFailed, TaskLost, TaskSucceeded, TaskTakenBack
from sequent.model.plan import StepPlan
from sequent.model.status import Status

Ended = TaskSucceeded | TaskFailed | TaskLost | TaskTakenBack

MAX_LOSSES = 3
"""The loss of one task, so many times in a row, is a failure; a recovery counts anew."""


def make_ready(board: Board, frame: Frame, position: int) -> None:
    """Its requirement holds: it starts as soon as it may, unless it is to be passed over."""
    frame.statuses[position] = Status.READY
    if board.announces:
        tell_reached(board, frame, position, HAS_BEEN_READY)
    if board.directives.skip and not board.is_stopping:
        step = frame.layout.steps[position]
        if step is not None and board.directives.passes_over(step.path, frame.scope.sequence):
            _pass_over(board, frame, position, step)
            return
    if not starts_wait(board, frame, position):
        board.ready.append((frame, position))


def _pass_over(board: Board, frame: Frame, position: int, step: StepPlan) -> None:
    attempt = frame.attempts[position] = frame.attempts.get(position, 0) + 1
    board.effects.append(PassOver(frame.scope, step.index, attempt))
    settle(board, frame, position, Status.SUCCESS)


def start_step(board: Board, frame: Frame, position: int) -> None:
    """Order an attempt of a step."""
    frame.statuses[position] = Status.ACTIVE
    attempt = frame.attempts[position] = frame.attempts.get(position, 0) + 1
    board.running += 1
    for limiter in frame.layout.limiters[position]:
        board.executing[limiter] = board.executing.get(limiter, 0) + 1
    board.effects.append(StartTask(frame.scope, frame.layout.plan.children[position], attempt))


def end(board: Board, frame: Frame, position: int, step: StepPlan, fact: Ended) -> None:
    """The running attempt of a step has ended, or is gone."""
    layout = frame.layout
    board.running -= 1
    if layout.limiters[position]:
        board.line.ended(layout.limiters[position])
    if board.reacts and not isinstance(fact, TaskTakenBack):
        note_run(frame, position)
    match fact:
        case TaskSucceeded():
            if position == layout.plan.until:
                frame.verdict = fact.verdict
            if fact.answers:
                frame.answers[position] = fact.answers
            _succeed(board, frame, position, step)
        case TaskFailed():
            _fail(board, frame, position, step, may_retry=fact.may_retry)
        case TaskLost():
            _lose(board, frame, position, step)
        case TaskTakenBack():
            _take_back(board, frame, position, step)


def _succeed(board: Board, frame: Frame, position: int, step: StepPlan) -> None:
    """An attempt ended well: it gives back what it says; more than is held makes it a failure."""
    if step.acquires or step.releases:
        reason = board.line.pools.settle(frame, position, step)
        if reason:
            board.effects.append(FailTask(frame.scope, step.index, frame.attempts[position], reason))
            _fail(board, frame, position, step, may_retry=False)
            return
    settle(board, frame, position, Status.SUCCESS)


def _fail(board: Board, frame: Frame, position: int, step: StepPlan, *, may_retry: bool) -> None:
    """An attempt ended badly: its step is tried again, if it has retries left and its container has not stopped."""
    if step.acquires:
        board.line.pools.give_back(frame, position)
    frame.losses.pop(position, None)
    if step.retries:
        frame.failures[position] = frame.failures.get(position, 0) + 1
        if may_retry and frame.failures[position] <= step.retries and _goes_on(board, frame, position):
            _try_again(board, frame, position)
            return
    settle(board, frame, position, Status.FAILURE)


def _goes_on(board: Board, frame: Frame, position: int) -> bool:
    """Whether the child may still start."""
    return not board.is_stopping and (not frame.block.is_stopped or frame.layout.nodes[position].watches)


def _try_again(board: Board, frame: Frame, position: int) -> None:
    frame.statuses[position] = Status.READY
    if not starts_wait(board, frame, position):
        board.ready.append((frame, position))


def _lose(board: Board, frame: Frame, position: int, step: StepPlan) -> None:
    """An attempt is gone without an outcome: it is tried again, unless that has happened too often."""
    if step.acquires:
        board.line.pools.give_back(frame, position)
    losses = frame.losses[position] = frame.losses.get(position, 0) + 1
    if losses >= MAX_LOSSES:
        reason = f"it was lost {MAX_LOSSES} times in a row"
        board.effects.append(FailTask(frame.scope, step.index, frame.attempts[position], reason))
        settle(board, frame, position, Status.FAILURE)
    elif frame.block.is_stopped and not step.watches:
        settle_unstarted(board, frame, position, Status.CANCELLED)
    else:
        frame.statuses[position] = Status.READY
        board.ready.append((frame, position))


def _take_back(board: Board, frame: Frame, position: int, step: StepPlan) -> None:
    """An attempt that was handed over ahead never began: it is as if it had not been ordered."""
    frame.attempts[position] -= 1
    if frame.block.is_stopped and not step.watches:
        settle_unstarted(board, frame, position, Status.CANCELLED)
    else:
        frame.statuses[position] = Status.READY
        board.ready.append((frame, position))


def settle(board: Board, frame: Frame, position: int, status: Status, *, is_kept: bool = False) -> None:
    """Record how a child ended, and tell all who asked."""
    frame.statuses[position] = status
    frame.open -= 1
    if frame.requirements[position] is None:
        frame.requirements[position] = False
    if not is_kept and frame.layout.steps[position] is not None:
        board.counts[status] = board.counts.get(status, 0) + 1
    if status is Status.FAILURE:
        board.judgements.append((frame, position))
    elif status is Status.CANCELLED:
        frame.was_cancelled = True
    tell_settled(board, frame, position)
    if position in frame.layout.handled_by:
        review_handled(board, frame, position)
    if board.timers:
        review_sleep(board, frame)
    if frame.open == 0:
        board.closings.append(frame)


def settle_unstarted(board: Board, frame: Frame, position: int, status: Status) -> None:
    """Record that a child never starts: skipped or cancelled; or, where it was to be tried again, a failure."""
    node = frame.layout.nodes[position]
    end_wait(board, frame, position)
    if node.acquires:
        board.asked.discard((frame.scope.id, position))
        board.granted.discard((frame.scope.id, position))
        board.line.pools.give_back(frame, position)
        # Who waits behind it for one of these pools may go on.
        board.has_freed = True
    if frame.failures.get(position) and not frame.losses.get(position):
        status = Status.FAILURE
    if is_step(node):
        board.effects.append(SettleTask(frame.scope, node.index, status))
    settle(board, frame, position, status)


def review_handled(board: Board, frame: Frame, position: int) -> None:
    """A child's requirement is decided: that may say whether failures that it would handle are handled."""
    for failed in frame.layout.handled_by[position]:
        if frame.requirements[position]:
            frame.pending.pop(failed, None)
        elif failed in frame.pending:
            board.judgements.append((frame, failed))
