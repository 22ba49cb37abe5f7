"""What a recovery keeps, and which kept successes run again because their cause did."""

from __future__ import annotations

from sequent.engine.board import Board, Frame
from sequent.engine.tasks import make_ready, settle
from sequent.model.saved import SavedBlock, SavedFrame, SavedTask
from sequent.model.status import Status, Verdict

_NOTHING = SavedBlock(Status.WAITING)


def restore(board: Board, frame: Frame, saved: SavedFrame, *, is_fresh: bool) -> None:
    """Give a frame what an earlier recovery left: successes are kept, attempts are counted on.

    Args:
        board: the run.
        frame: a frame that has just been made.
        saved: what the store had of it.
        is_fresh: whether everything in it is to run again.
    """
    frame.saved = saved
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
        if board.resumes and position not in frame.owed and _has_ended_badly(board, frame, position):
            frame.requirements[position] = True
            settle(board, frame, position, status)
        if is_fresh or status is not Status.SUCCESS:
            continue
        frame.answers[position] = task.answers if task is not None else block.answers if block is not None else ()
        if task is not None and position == frame.layout.plan.until:
            frame.verdict = task.verdict
        if position in frame.layout.reactions and _has_earlier(board, frame, position):
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
    is_triggered, is_settled = _causes(board, frame, position)
    requirement = frame.requirements[position]
    if is_triggered and requirement:
        frame.doubtful.discard(position)
        if _is_passed(frame, position):
            keep(board, frame, position)
            return
        frame.answers.pop(position, None)
        if position == frame.layout.plan.until:
            frame.verdict = Verdict.UNKNOWN
        make_ready(board, frame, position)
    elif requirement is False or (is_settled and not is_triggered):
        keep(board, frame, position)


def keep(board: Board, frame: Frame, position: int) -> None:
    """Settle a kept success as what it was."""
    frame.doubtful.discard(position)
    settle(board, frame, position, Status.SUCCESS, is_kept=True)


def _causes(board: Board, frame: Frame, position: int) -> tuple[bool, bool]:
    """Whether a cause has come about, and whether all of them have settled.

    What was waited for by ``done`` has run again if it has begun in this recovery, or had in a later one than that
    of the success: then an earlier recovery ended before it could follow.
    """
    reaction = frame.layout.reactions[position]
    kept_since = _saved(frame, position).recovery
    is_triggered = False
    is_settled = True
    for node in reaction.to_failure_of:
        owner, cause = board.owner_of(frame, node)
        status = owner.statuses[cause]
        is_triggered |= status is Status.FAILURE
        is_settled &= status.is_settled
    for node in reaction.to_run_of:
        owner, cause = board.owner_of(frame, node)
        has_settled = owner.statuses[cause].is_settled
        has_run = owner.ran[cause] or _saved(owner, cause).ran_in > kept_since
        is_triggered |= has_settled and bool(has_run)
        is_settled &= has_settled
    return is_triggered, is_settled


def _has_earlier(board: Board, frame: Frame, position: int) -> bool:
    """Whether its success is of an earlier recovery: of a run that is continued, it may be of this one."""
    return not board.resumes or _saved(frame, position).recovery < board.recovery


def _has_ended_badly(board: Board, frame: Frame, position: int) -> bool:
    """Of a run that is continued: whether a child has failed or was cancelled, in this very recovery."""
    saved = _saved(frame, position)
    return saved.status in (Status.FAILURE, Status.CANCELLED) and is_of_now(board, saved.recovery)


def is_of_now(board: Board, recovery: int) -> bool:
    """Whether something of that recovery is of the present one; where nothing has run, that is not known."""
    return recovery in (board.recovery, -1)


def _is_passed(frame: Frame, position: int) -> bool:
    saved = _saved(frame, position)
    return isinstance(saved, SavedTask) and saved.is_passed


def _saved(frame: Frame, position: int) -> SavedTask | SavedBlock:
    """What an earlier recovery left of a child, if it did."""
    if frame.saved is None:
        return _NOTHING
    index = frame.layout.plan.children[position]
    return frame.saved.tasks.get(index) or frame.saved.blocks.get(index) or _NOTHING
