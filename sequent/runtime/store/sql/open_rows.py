"""The rows of a run that a recovery starts from, and the extent of its iterations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from sequent.errors import StoreError
from sequent.model.status import Status, Verdict
from sequent.runtime.rows import PASSED, FrameKey
from sequent.runtime.store.sql.records import OUTDATED, SUPERSEDED, read_hosts, read_status
from sequent.runtime.store.sql.run_rows import RunRows

if TYPE_CHECKING:
    from sequent.model.outcome import Problem


def read_verdict(number: int | None) -> Verdict:
    """Return whether a result is truthy, as far as that is asked."""
    try:
        return Verdict(number or 0)
    except ValueError as error:
        raise StoreError(f"the store has a verdict that cannot be read: {number}", code="damaged-store") from error


class Span(NamedTuple):
    """The recoveries in which a step or container has attempts; -1 if it has none."""

    recovery: int
    """The recovery of the latest attempt."""
    ran_in: int
    """The recovery of the latest attempt that was not passed over."""


class Tried(NamedTuple):
    """One attempt, as far as a recovery needs it."""

    number: int
    status: Status
    verdict: Verdict
    recovery: int
    """The recovery in which it started."""
    has_begun: bool
    """Whether it is recorded that its code began."""
    is_passed: bool = False
    """Whether it was passed over instead of executed."""
    is_outdated: bool = False
    """Whether it had succeeded, and its task is to run again."""
    is_superseded: bool = False
    """Whether it is of a recovery that a later one did not start from."""


class OpenRows(RunRows):
    """The rows of iterations that have begun and not ended, and the extent of those that are not read."""

    def tried(self, frame: int, step: int, iteration: int) -> Sequence[Tried]:
        rows = self._session.rows("task_attempts", self._run, frame, self._nodes.stored(step), iteration)
        return [
            Tried(
                number,
                read_status(state),
                read_verdict(verdict),
                recovery,
                begun is not None,
                token == PASSED,
                state == OUTDATED,
                state == SUPERSEDED,
            )
            for number, state, verdict, recovery, begun, token in rows
        ]

    def frame_of(self, parent: int, node: int) -> tuple[int, Status] | None:
        return self.frame(FrameKey(parent, node, 1))

    def repeat_status(self, frame: int, node: int) -> Status | None:
        found = self._session.row("repeat_row", self._run, frame, self._nodes.stored(node))
        if found is None:
            return None
        return Status.ACTIVE if found[1] is None else read_status(found[1])

    def hosts(self, frame: int, node: int) -> tuple[str, ...]:
        """Return the hosts of the copies in a container of copies."""
        found = self._session.row("repeat_row", self._run, frame, self._nodes.stored(node))
        return () if found is None else read_hosts(self._value(found[0]))

    def last_frame(self, parent: int, node: int) -> int:
        """Return the highest number of a container's iterations; 0 if none has begun."""
        return self._number("last_frame", parent, node)

    def frame_count(self, parent: int, node: int) -> int:
        """Return how many of them have left a row: fewer than the highest number if one was passed over."""
        return self._number("frame_count", parent, node)

    def last_iteration(self, frame: int, step: int) -> int:
        """Return the highest number of a repeated step's iterations; 0 if none has begun."""
        return self._number("last_iteration", frame, step)

    def iteration_count(self, frame: int, step: int) -> int:
        """Return how many of them have left a row."""
        return self._number("iteration_count", frame, step)

    def _number(self, text: str, frame: int, node: int) -> int:
        found = self._session.row(text, self._run, frame, self._nodes.stored(node))
        return 0 if found is None else int(found[0])

    def frame_numbers(self, parent: int, node: int) -> Sequence[int]:
        return self._numbers("frame_numbers", parent, node)

    def open_frames(self, parent: int, node: int, *, every: bool) -> Sequence[tuple[int, int, Status]]:
        text = "all_frames" if every else "open_frames"
        rows = self._session.rows(text, self._run, parent, self._nodes.stored(node))
        return [(number, id_, read_status(status)) for number, id_, status in rows]

    def step_numbers(self, frame: int, step: int) -> Sequence[int]:
        return self._numbers("step_numbers", frame, step)

    def open_iterations(self, frame: int, step: int) -> Sequence[int]:
        return self._numbers("open_iterations", frame, step)

    def span_of_step(self, frame: int, step: int) -> Span:
        return self._span("span_of_step", frame, step)

    def span_of_frames(self, parent: int, node: int) -> Span:
        return self._span("span_of_frames", parent, node)

    def _span(self, text: str, frame: int, node: int) -> Span:
        recovery, ran_in = self._session.row(text, self._run, frame, self._nodes.stored(node))
        return Span(-1 if recovery is None else recovery, -1 if ran_in is None else ran_in)

    def _numbers(self, text: str, frame: int, node: int) -> list[int]:
        return [row[0] for row in self._session.rows(text, self._run, frame, self._nodes.stored(node))]

    def until_met_by_step(self, frame: int, step: int) -> bool:
        return self._session.row("until_of_steps", self._run, frame, self._nodes.stored(step)) is not None

    def until_met_in_frames(self, parent: int, node: int, step: int) -> bool:
        return (
            self._session.row("until_of_frames", self._run, parent, self._nodes.stored(node), self._nodes.stored(step))
            is not None
        )

    def problem(self, frame: int, step: int, iteration: int, attempt: int) -> Problem | None:
        found = self._session.row("problem", self._run, frame, self._nodes.stored(step), iteration, attempt)
        return None if found is None else self._problem(found[0])

    def result_at(self, frame: int, step: int, iteration: int, attempt: int) -> str | None:
        found = self._session.row("result_at", self._run, frame, self._nodes.stored(step), iteration, attempt)
        return None if found is None else self._value(found[0])

    def waits(self, frame: int, step: int, iteration: int, attempt: int) -> bool:
        return (
            self._session.row("wait_row", self._run, frame, self._nodes.stored(step), "", iteration, attempt)
            is not None
        )
