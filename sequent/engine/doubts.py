"""Kept successes that may have to run again: for each, which of its causes are open, and whether one has come about."""

from __future__ import annotations

from sequent.engine.board import HAS_RUN, Board, Doubt, Frame
from sequent.engine.layout import Cause
from sequent.model.status import Status


def begin_doubt(board: Board, frame: Frame, position: int) -> None:
    """Ask of a kept success, once the requirements around it are known, whether it runs again."""
    doubt = frame.doubtful[position] = Doubt()
    for cause in frame.layout.causes[position]:
        owner, place = board.owner_of(frame, cause.node)
        if not owner.statuses[place].is_settled:
            doubt.open += 1
        elif _has_come_about(cause, frame, owner, place):
            doubt.has_cause = True
    board.doubts.append((frame, position))


def settle_cause(board: Board, frame: Frame, owner: Frame, position: int) -> None:
    """A child of ``owner`` has settled: the kept successes in ``frame`` hear of it whose cause it may be."""
    for cause in frame.layout.caused_by.get(owner.layout.plan.children[position], ()):
        doubt = frame.doubtful.get(cause.position)
        if doubt is not None:
            doubt.open -= 1
            doubt.has_cause = doubt.has_cause or _has_come_about(cause, frame, owner, position)
            board.doubts.append((frame, cause.position))


def note_run(frame: Frame, position: int) -> None:
    """A child has run in this recovery, and so has all that is around it."""
    around: Frame | None = frame
    while around is not None and not around.reached[position] & HAS_RUN:
        around.reached[position] |= HAS_RUN
        position = around.block.position
        around = around.block.parent


def _has_come_about(cause: Cause, frame: Frame, owner: Frame, position: int) -> bool:
    """Whether what has settled is a cause.

    What was waited for by ``done`` has run again if it has in this recovery, or had in a later one than that
    of the success: then an earlier recovery ended before it could follow.
    """
    if cause.by_failing and owner.statuses[position] is Status.FAILURE:
        return True
    has_run = owner.reached[position] & HAS_RUN or owner.found(position).ran_in > frame.found(cause.position).recovery
    return cause.by_running and bool(has_run)
