"""The successes that a recovery keeps, and those of them that run again because their cause did."""

from __future__ import annotations

from sequent.engine.conditions import begin_doubt
from sequent.engine.frames import Frame
from sequent.engine.run_state import RunState
from sequent.engine.task_lifecycle import make_ready, settle
from sequent.model.saved_state import SavedFrame, SavedTask
from sequent.model.status import Status, Verdict


def restore(run: RunState, frame: Frame, saved: SavedFrame, *, is_fresh: bool) -> None:
    """Give a frame the state that an earlier recovery left: successes are kept, attempts are counted on.

    Args:
        run: the run.
        frame: a frame that has just been made.
        saved: its state in the store.
        is_fresh: whether all that is in it runs again.
    """
    frame.saved = saved
    for position, node in enumerate(frame.layout.nodes):
        task = saved.tasks.get(node.index)
        block = saved.blocks.get(node.index)
        if task is not None:
            frame.attempts[position] = task.attempt
            if run.resumes and task.failures:
                frame.failures[position] = task.failures
        status = task.status if task is not None else block.status if block is not None else Status.WAITING
        if run.resumes and _has_ended_badly(run, frame, position):
            frame.requirements[position] = True
            settle(run, frame, position, status)
        if is_fresh or status is not Status.SUCCESS:
            continue
        frame.answers[position] = task.answers if task is not None else block.answers if block is not None else ()
        if task is not None and position == frame.layout.plan.until:
            frame.verdict = task.verdict
        if position in frame.layout.causes and _has_earlier(run, frame, position):
            begin_doubt(run, frame, position)
        else:
            frame.requirements[position] = True
            settle(run, frame, position, Status.SUCCESS, is_kept=True)


def review(run: RunState, frame: Frame, position: int) -> None:
    """Decide whether a kept success runs again, if this is known yet.

    It does if a failure that it handled or watched has happened again, or a node that it waited for by ``done`` has run
    again, and its requirement holds. It is kept for good once no cause is left.
    """
    doubt = frame.doubtful.get(position)
    if doubt is None:
        return
    requirement = frame.requirements[position]
    if doubt.has_cause and requirement:
        if _is_passed(frame, position):
            keep(run, frame, position)
            return
        del frame.doubtful[position]
        frame.answers.pop(position, None)
        if position == frame.layout.plan.until:
            frame.verdict = Verdict.UNKNOWN
        make_ready(run, frame, position)
    elif requirement is False or not (doubt.open or doubt.has_cause):
        keep(run, frame, position)


def keep(run: RunState, frame: Frame, position: int) -> None:
    """Settle a kept success with its old status."""
    del frame.doubtful[position]
    settle(run, frame, position, Status.SUCCESS, is_kept=True)


def _has_earlier(run: RunState, frame: Frame, position: int) -> bool:
    """Return whether its success is of an earlier recovery; in a continued run, it may be of this one."""
    return not run.resumes or frame.found(position).recovery < run.recovery


def _has_ended_badly(run: RunState, frame: Frame, position: int) -> bool:
    """Return whether, in a continued run, a child has failed or was cancelled in this very recovery."""
    saved = frame.found(position)
    if isinstance(saved, SavedTask) and saved.waits:
        # It was to be tried again.
        return False
    return saved.status in (Status.FAILURE, Status.CANCELLED) and is_of_now(run, saved.recovery)


def is_of_now(run: RunState, recovery: int) -> bool:
    """Return whether that recovery is the present one, or unknown because nothing has run."""
    return recovery in (run.recovery, -1)


def _is_passed(frame: Frame, position: int) -> bool:
    saved = frame.found(position)
    return isinstance(saved, SavedTask) and saved.is_passed
