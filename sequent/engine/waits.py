"""What waits for a time: before it starts, or before it is tried again."""

from __future__ import annotations

from sequent.engine.board import Board, Frame
from sequent.engine.layout import is_step
from sequent.model.effects import StartTimer
from sequent.model.status import Status


def starts_wait(board: Board, frame: Frame, position: int) -> bool:
    """Order the wait before a ready child, if there is one; say whether there is."""
    node = frame.layout.nodes[position]
    failures = frame.failures.get(position, 0)
    attempt = frame.attempts.get(position, 0) + 1 if is_step(node) else 0
    # A wait that an earlier recovery left goes on, also one before a further attempt, though failures count anew.
    owes = node.delay is not None or position in frame.owed
    waits = node.backoff.first > 0 if is_step(node) and failures else owes
    frame.owed.discard(position)
    if waits:
        board.effects.append(StartTimer(frame.scope, node.index, attempt, failures))
        board.timers.add((frame.scope.id, position))
        frame.delayed.add(position)
    if frame.delayed or frame.is_asleep:
        review_sleep(board, frame)
    return waits


def end_wait(board: Board, frame: Frame, position: int) -> bool:
    """A child waits for its time no more; say whether it did."""
    if position not in frame.delayed:
        return False
    frame.delayed.discard(position)
    board.timers.discard((frame.scope.id, position))
    review_sleep(board, frame)
    return True


def review_sleep(board: Board, frame: Frame) -> None:
    """Say whether nothing in a frame goes on until a time has come: then it makes room for another iteration."""
    is_asleep = bool(frame.delayed) and all(
        status is Status.WAITING or status.is_settled or position in frame.delayed
        for position, status in enumerate(frame.statuses)
    )
    if is_asleep != frame.is_asleep:
        frame.is_asleep = is_asleep
        frame.block.asleep += 1 if is_asleep else -1
        board.advances.append(frame.block)
