"""Tells the recoveries of a run apart: the tasks that each ran, and those that it kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from msgspec import Struct

from sequent.model.status import Status
from sequent.runtime.records import AttemptRecord
from sequent.view.attempts import Attempts, TaskId, task_of, word_of


class RecoveryLayer(Struct, frozen=True, kw_only=True):
    """The first execution of a run, or one of its recoveries."""

    number: int
    """0 for the first execution."""
    started: float | None
    """When its first task began; None if it ran none."""
    ended: float | None
    """When its last task ended."""
    ran: Mapping[str, int]
    """The number of its attempts by how they ended."""
    steps: tuple[tuple[str, int], ...]
    """The steps that it ran, in the order of the flow, with the number of tasks."""
    kept: int
    """The number of tasks whose earlier success it kept."""


def recovery_layers(attempts: Attempts, recovery: int, *, is_driven: bool) -> tuple[RecoveryLayer, ...]:
    """Return the first execution and each recovery, in order.

    Args:
        attempts: the attempts of the run.
        recovery: the number of the present recovery.
        is_driven: whether a process drives the run.
    """
    layers: dict[int, list[AttemptRecord]] = {number: [] for number in range(recovery + 1)}
    for many in attempts.values():
        for attempt in many:
            layers.setdefault(attempt.recovery, []).append(attempt)
    kept = _kept(attempts, max(layers)) if len(layers) > 1 else [0]
    return tuple(_layer(number, layers[number], kept[number], is_driven=is_driven) for number in sorted(layers))


def _layer(number: int, attempts: list[AttemptRecord], kept: int, *, is_driven: bool) -> RecoveryLayer:
    steps = Counter(attempt.path for attempt in attempts)
    return RecoveryLayer(
        number=number,
        started=min((attempt.started for attempt in attempts), default=None),
        ended=max((attempt.ended for attempt in attempts if attempt.ended is not None), default=None),
        ran=Counter(word_of(attempt, is_driven=is_driven) for attempt in attempts),
        steps=tuple(steps.items()),
        kept=kept,
    )


def _kept(attempts: Attempts, last: int) -> list[int]:
    """Return the number of tasks that each recovery kept: they had succeeded before it, and it ran them not again."""
    changes = [0] * (last + 2)
    since: dict[TaskId, int] = {}
    for many in attempts.values():
        for attempt in many:
            began = since.pop(task_of(attempt), None) if attempt.attempt > 1 else None
            if began is not None and began + 1 < attempt.recovery:
                changes[began + 1] += 1
                changes[attempt.recovery] -= 1
            if attempt.status is Status.SUCCESS or (attempt.is_outdated and attempt.problem is None):
                since[task_of(attempt)] = attempt.recovery
    for began in since.values():
        changes[began + 1] += 1
    total = 0
    kept: list[int] = []
    for change in changes[: last + 1]:
        total += change
        kept.append(total)
    return kept
