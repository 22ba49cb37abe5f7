"""What a recovery keeps, and which kept successes run again because their cause did."""

from __future__ import annotations

from sequent.engine.board import Board, Frame
from sequent.engine.tasks import make_ready, settle
from sequent.model.plan import Reaction
from sequent.model.saved import SavedFrame
from sequent.model.status import Status, Verdict


def restore(board: Board, frame: Frame, saved: SavedFrame, *, is_fresh: bool) -> None:
    """Give a frame what an earlier recovery left: successes are kept, attempts are counted on.

    Args:
        board: the run.
        frame: a frame that has just been made.
        saved: what the store had of it.
        is_fresh: whether everything in it is to run again.
    """
    for position, node in enumerate(frame.layout.nodes):
        task = saved.tasks.get(node.index)
        block = saved.blocks.get(node.index)
        if task is not None:
            frame.attempts[position] = task.attempt
            if task.waits:
                frame.owed.add(position)
            if board.resumes and task.failures:
                frame.failures[position] = task.failures
        status = task.status if task is not None else block.status if block is not None else Status.WAITING
        if board.resumes and position not in frame.owed and status in (Status.FAILURE, Status.CANCELLED):
            frame.requirements[position] = True
            settle(board, frame, position, status)
        if is_fresh or status is not Status.SUCCESS:
            continue
        frame.answers[position] = task.answers if task is not None else block.answers if block is not None else ()
        if task is not None and position == frame.layout.plan.until:
            frame.verdict = task.verdict
        if position in frame.layout.reactions and not board.resumes:
            frame.doubtful.add(position)
            board.doubts.append((frame, position))
        else:
            frame.requirements[position] = True
            settle(board, frame, position, Status.SUCCESS, is_kept=True)


def review(board: Board, frame: Frame, position: int) -> None:
    """Say whether a kept success runs again, if that can be said yet.

    It does once a failure that it handled or watched has happened again, or what it waited for by
    ``done`` has run again, and its requirement holds; it is kept for good once no cause can make it.
    """
    if position not in frame.doubtful:
        return
    is_triggered, is_settled = _causes(board, frame, frame.layout.reactions[position])
    requirement = frame.requirements[position]
    if is_triggered and requirement:
        frame.doubtful.discard(position)
        if position == frame.layout.plan.until:
            frame.verdict = Verdict.UNKNOWN
        make_ready(board, frame, position)
    elif requirement is False or (is_settled and not is_triggered):
        keep(board, frame, position)


def keep(board: Board, frame: Frame, position: int) -> None:
    """Settle a kept success as what it was."""
    frame.doubtful.discard(position)
    settle(board, frame, position, Status.SUCCESS, is_kept=True)


def _causes(board: Board, frame: Frame, reaction: Reaction) -> tuple[bool, bool]:
    """Whether a cause has come about, and whether all of them have settled."""
    is_triggered = False
    is_settled = True
    for node in reaction.to_failure_of:
        owner, position = board.owner_of(frame, node)
        status = owner.statuses[position]
        is_triggered |= status is Status.FAILURE
        is_settled &= status.is_settled
    for node in reaction.to_run_of:
        owner, position = board.owner_of(frame, node)
        has_settled = owner.statuses[position].is_settled
        is_triggered |= has_settled and bool(owner.ran[position])
        is_settled &= has_settled
    return is_triggered, is_settled
