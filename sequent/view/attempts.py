"""Sorts the attempts of a run by step, and names the end of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sequent.model.status import Status
from sequent.runtime.records import AttemptRecord
from sequent.view.text import LOST

Attempts = Mapping[str, Sequence[AttemptRecord]]
"""The attempts of each step that has begun, by path, each in the order of their starts."""
TaskId = tuple[str, str, str]
"""The path, the sequence and the host of a task."""
OUTDATED = "outdated"
PASSED_OVER = "passed over"


def by_step(attempts: Iterable[AttemptRecord], order: Iterable[str]) -> Attempts:
    """Return the attempts by step.

    Args:
        attempts: the attempts, in the order of their starts.
        order: all paths, in the order of the flow.
    """
    found: dict[str, list[AttemptRecord]] = {}
    for attempt in attempts:
        if attempt.path in found:
            found[attempt.path].append(attempt)
        else:
            found[attempt.path] = [attempt]
    return {path: found[path] for path in dict.fromkeys((*order, *found)) if path in found}


def task_of(attempt: AttemptRecord) -> TaskId:
    """Return the task of an attempt."""
    return (attempt.path, attempt.sequence, attempt.host)


def word_of(attempt: AttemptRecord, *, is_driven: bool) -> str:
    """Return how an attempt ended: its status; ``lost``, ``outdated`` or ``passed over``.

    Args:
        attempt: the attempt.
        is_driven: whether a process drives the run; without one, an attempt without an outcome was lost.
    """
    if attempt.is_passed:
        return PASSED_OVER
    if attempt.is_outdated:
        return OUTDATED
    if attempt.status is Status.WAITING or (attempt.status is Status.ACTIVE and not is_driven):
        return LOST
    return attempt.status.value


def most_at_once(attempts: Iterable[AttemptRecord]) -> int:
    """Return how many attempts were executed at once at most, of those that have ended."""
    changes: list[tuple[float, int]] = []
    for attempt in attempts:
        if attempt.ended is not None:
            changes += [(attempt.started, 1), (attempt.ended, -1)]
    running = most = 0
    for _, change in sorted(changes):
        running += change
        most = max(most, running)
    return most
