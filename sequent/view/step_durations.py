"""Compares the durations of a run's tasks with those of earlier runs of its flow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from sequent.model.outline import QUESTION, Outline
from sequent.model.status import Status
from sequent.runtime.records import AttemptRecord
from sequent.view.attempts import Attempts

FEWEST = 5
"""The number of earlier durations below which none counts as late."""
_MARGIN = 0.05
"""Seconds by which a duration must exceed the usual ones to be late: shorter differences are noise."""


class Band(Struct, frozen=True, kw_only=True):
    """The durations of a step's tasks in earlier runs, in seconds."""

    count: int
    low: float
    """A tenth of them were shorter."""
    median: float
    high: float
    """A tenth of them were longer."""


class StepDurations(Struct, frozen=True, kw_only=True):
    """The durations of a step's successful tasks, in seconds, beside the usual ones."""

    path: str
    count: int
    median: float
    longest: float
    longest_task: str
    """The sequence of the task that took longest."""
    usual: Band | None
    """None if no earlier run has executed the step."""
    late: int
    """The number of tasks, also active ones, that took longer than nine tenths of the earlier ones."""


def successful(attempts: Iterable[AttemptRecord]) -> list[float]:
    """Return the durations of the attempts that were executed and succeeded."""
    return [
        attempt.ended - attempt.started
        for attempt in attempts
        if attempt.ended is not None and attempt.status is Status.SUCCESS and not attempt.is_passed
    ]


def bands_of(earlier: Mapping[str, Sequence[float]]) -> dict[str, Band]:
    """Return the usual durations of each step.

    Args:
        earlier: by path, the durations in earlier runs.
    """
    return {path: band_of(sorted(lengths)) for path, lengths in earlier.items() if lengths}


def band_of(lengths: Sequence[float]) -> Band:
    """Return the band of durations, which are sorted."""
    low, median, high = (quantile(lengths, share) for share in (0.1, 0.5, 0.9))
    return Band(count=len(lengths), low=low, median=median, high=high)


def quantile(lengths: Sequence[float], share: float) -> float:
    """Return the value below which this share of the sorted values lies."""
    place = (len(lengths) - 1) * share
    first = int(place)
    rest = place - first
    return lengths[first] if not rest else lengths[first] * (1 - rest) + lengths[first + 1] * rest


def is_late(seconds: float, usual: Band | None) -> bool:
    """Return whether a duration is longer than usual."""
    return usual is not None and usual.count >= FEWEST and seconds > usual.high + _MARGIN


def step_durations(
    attempts: Attempts, usual: Mapping[str, Band], outline: Outline, now: float
) -> tuple[StepDurations, ...]:
    """Return the durations of each step that has begun, in the order of the flow.

    Args:
        attempts: the attempts of the run.
        usual: the usual durations.
        outline: the kinds of the parts; the time for an answer is nobody's duration.
        now: the end of active attempts.
    """
    return tuple(
        _of_step(path, many, usual.get(path), now) for path, many in attempts.items() if outline.get(path) != QUESTION
    )


def _of_step(path: str, attempts: Sequence[AttemptRecord], usual: Band | None, now: float) -> StepDurations:
    lengths = sorted(successful(attempts))
    longest, task = 0.0, ""
    late = 0
    for attempt in attempts:
        if attempt.is_passed or (attempt.status is not Status.SUCCESS and attempt.status is not Status.ACTIVE):
            continue
        seconds = (now if attempt.ended is None else attempt.ended) - attempt.started
        late += is_late(seconds, usual)
        if seconds >= longest:
            longest, task = seconds, attempt.sequence
    return StepDurations(
        path=path,
        count=len(lengths),
        median=quantile(lengths, 0.5) if lengths else 0.0,
        longest=longest,
        longest_task=task,
        usual=usual,
        late=late,
    )
