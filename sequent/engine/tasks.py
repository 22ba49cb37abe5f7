"""What becomes of one child of a frame: it is ready, starts, settles."""

from __future__ import annotations

from sequent.engine.board import HAS_BEEN_READY, Board, Frame, is_step
from sequent.engine.conditions import tell_reached, tell_settled
from sequent.model.effects import SettleTask, StartTask
from sequent.model.status import Status

MAX_LOSSES = 3
"""The loss of one task, so many times in a row, is a failure; a recovery counts anew."""


def make_ready(board: Board, frame: Frame, position: int) -> None:
    """Its requirement holds: it starts as soon as it may."""
    frame.statuses[position] = Status.READY
    tell_reached(board, frame, position, HAS_BEEN_READY)
    board.ready.append((frame, position))


def start_step(board: Board, frame: Frame, position: int) -> None:
    """Order an attempt of a step."""
    frame.statuses[position] = Status.ACTIVE
    frame.ran[position] = True
    attempt = frame.attempts[position] = frame.attempts.get(position, 0) + 1
    board.running += 1
    board.effects.append(StartTask(frame.scope, frame.layout.plan.children[position], attempt))


def settle(board: Board, frame: Frame, position: int, status: Status, *, is_kept: bool = False) -> None:
    """Record how a child ended, and tell all who asked."""
    frame.statuses[position] = status
    frame.open -= 1
    if frame.requirements[position] is None:
        frame.requirements[position] = False
    if not is_kept and is_step(frame.layout.nodes[position]):
        board.counts[status] = board.counts.get(status, 0) + 1
    if status is Status.FAILURE:
        board.judgements.append((frame, position))
    elif status is Status.CANCELLED:
        frame.was_cancelled = True
    tell_settled(board, frame, position)
    review_handled(board, frame, position)
    if frame.open == 0:
        board.closings.append(frame)


def settle_unstarted(board: Board, frame: Frame, position: int, status: Status) -> None:
    """Record that a child never starts: skipped or cancelled."""
    frame.doubtful.discard(position)
    node = frame.layout.nodes[position]
    if is_step(node):
        board.effects.append(SettleTask(frame.scope, node.index, status))
    settle(board, frame, position, status)


def review_handled(board: Board, frame: Frame, position: int) -> None:
    """A child's requirement is decided: that may say whether failures that it would handle are handled."""
    for failed in frame.layout.handled_by.get(position, ()):
        if frame.requirements[position]:
            frame.pending.pop(failed, None)
        elif failed in frame.pending:
            board.judgements.append((frame, failed))


def lose(board: Board, frame: Frame, position: int) -> None:
    """An attempt is gone without an outcome: it is tried again, unless that has happened too often."""
    node = frame.layout.nodes[position]
    losses = frame.losses[position] = frame.losses.get(position, 0) + 1
    if losses >= MAX_LOSSES:
        board.effects.append(SettleTask(frame.scope, node.index, Status.FAILURE))
        settle(board, frame, position, Status.FAILURE)
    elif frame.block.is_stopped and not node.watches:
        settle_unstarted(board, frame, position, Status.CANCELLED)
    else:
        frame.statuses[position] = Status.READY
        board.ready.append((frame, position))
