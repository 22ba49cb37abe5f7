"""Compares how long the steps of a run took, as a whole, with earlier runs of its flow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from sequent.model.status import Status
from sequent.runtime.task_list_port import AttemptPiece
from sequent.view.step_durations import Band, band_of, is_late


class StepSpan(Struct, frozen=True, kw_only=True):
    """The time from the first beginning of a step's tasks to their last end, beside the usual one."""

    path: str
    seconds: float | None
    """None if none of its tasks has begun."""
    usual: Band | None
    """None if no earlier run has executed the step."""
    is_active: bool = False

    @property
    def is_late(self) -> bool:
        """Whether it took longer than usual."""
        return self.seconds is not None and is_late(self.seconds, self.usual)


def step_spans(
    steps: Iterable[str],
    pieces: Sequence[AttemptPiece],
    earlier: Sequence[Sequence[AttemptPiece]],
    *,
    is_driven: bool,
) -> list[StepSpan]:
    """Return the span of each step.

    Args:
        steps: their paths.
        pieces: the attempts of the run, by pieces of its time.
        earlier: those of each earlier run.
        is_driven: whether a process drives the run.
    """
    own, before = _spans(pieces), [_spans(each) for each in earlier]
    active = {piece.path for piece in pieces if piece.status is Status.ACTIVE} if is_driven else set[str]()
    return [
        StepSpan(
            path=path,
            seconds=own.get(path),
            usual=usual_span([spans[path] for spans in before if path in spans]),
            is_active=path in active,
        )
        for path in steps
    ]


def usual_span(earlier: Iterable[float]) -> Band | None:
    """Return the band of earlier times; None if there are none."""
    lengths = sorted(earlier)
    return band_of(lengths) if lengths else None


def _spans(pieces: Iterable[AttemptPiece]) -> Mapping[str, float]:
    bounds: dict[str, tuple[float, float]] = {}
    for piece in pieces:
        start, end = bounds.get(piece.path, (piece.started, piece.ended))
        bounds[piece.path] = (min(start, piece.started), max(end, piece.ended))
    return {path: end - start for path, (start, end) in bounds.items()}
