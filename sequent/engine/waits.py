"""Waits for a time: before a child starts, or before it is tried again."""

from __future__ import annotations

from sequent.engine.frames import Frame
from sequent.engine.run_state import RunState
from sequent.model.effects import StartTimer
from sequent.model.saved_state import SavedTask
from sequent.model.status import Status


def starts_wait(run: RunState, frame: Frame, position: int) -> bool:
    """Order the wait before a ready child, if there is one; return whether there is."""
    waits = _must_wait(frame, position)
    if waits:
        node, step = frame.layout.nodes[position], frame.layout.steps[position]
        attempt = 0 if step is None else frame.attempts.get(position, 0) + 1
        run.effects.append(StartTimer(frame.scope, node.index, attempt, frame.failures.get(position, 0)))
        run.timers.add((frame.scope.id, position))
    if run.timers or run.questions:
        review_sleep(run, frame)
    return waits


def _must_wait(frame: Frame, position: int) -> bool:
    """Return whether there is a wait before a ready child.

    A wait that is left of an earlier recovery goes on, also before a retry, though failures count anew.
    """
    if position in frame.failures:
        step = frame.layout.steps[position]
        return step is not None and step.backoff.first > 0
    if "delay" in frame.layout.nodes[position].values:
        return True
    saved = None if frame.saved is None else frame.found(position)
    return isinstance(saved, SavedTask) and saved.waits


def end_wait(run: RunState, frame: Frame, position: int) -> bool:
    """End the wait of a child; return whether it waited."""
    key = (frame.scope.id, position)
    if key not in run.timers:
        return False
    run.timers.discard(key)
    review_sleep(run, frame)
    return True


def review_sleep(run: RunState, frame: Frame) -> None:
    """Note whether a frame only waits for a time or an answer; it then makes room for another iteration.

    It makes room only if iterations have no limit, so this is known only then.
    """
    if frame.block.parallel:
        return
    is_asleep = sleeps(run, frame)
    if is_asleep != frame.is_asleep:
        frame.is_asleep = is_asleep
        frame.block.asleep += 1 if is_asleep else -1
        run.advances.append(frame.block)


def sleeps(run: RunState, frame: Frame) -> bool:
    """Return whether a frame waits for a time or an answer, and nothing else that has begun goes on."""
    begun = [position for position, status in enumerate(frame.statuses) if status in (Status.READY, Status.ACTIVE)]
    waiting = (run.timers, run.questions)
    return bool(begun) and all(any((frame.scope.id, position) in each for each in waiting) for position in begun)
