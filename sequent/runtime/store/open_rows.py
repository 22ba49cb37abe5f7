"""What a recovery asks of the rows of a run, whichever store has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from sequent.model.outcome import Problem
from sequent.model.status import Status, Verdict
from sequent.runtime.rows import TaskKey


class Extent(NamedTuple):
    """How far the iterations of a repeat came."""

    last: int
    """The highest number; 0 where none has begun."""
    begun: int
    """How many have left a row: fewer than ``last`` where one was passed over while it waited."""


class Span(NamedTuple):
    """In which recoveries something has attempts; -1 where it has none."""

    recovery: int
    """That of the latest."""
    ran_in: int
    """The latest in which it was not passed over."""


class Tried(NamedTuple):
    """One attempt, as far as a recovery asks."""

    number: int
    status: Status
    verdict: Verdict
    recovery: int
    """The recovery in which it started."""
    has_begun: bool
    """Whether it is recorded that its code began."""
    is_passed: bool = False
    """Whether nobody executed it."""
    is_outdated: bool = False
    """Whether it had succeeded, and its task is to run again."""
    is_superseded: bool = False
    """Whether it is of a recovery that a later one did not go on from."""


class OpenRows(Protocol):
    """The rows of one run; every node is the index under which the store knows it."""

    def tried(self, frame: int, step: int, iteration: int) -> Sequence[Tried]:
        """The attempts of a task, in order."""
        ...

    def result(self, key: TaskKey) -> str | None:
        """The result of a task, if its last attempt succeeded and gave one."""
        ...

    def result_at(self, frame: int, step: int, iteration: int, attempt: int) -> str | None:
        """The result of one attempt."""
        ...

    def problem(self, frame: int, step: int, iteration: int, attempt: int) -> Problem | None:
        """Why an attempt failed."""
        ...

    def waits(self, frame: int, step: int, iteration: int, attempt: int) -> bool:
        """Whether a wait before that attempt had begun."""
        ...

    def frame_of(self, parent: int, node: int) -> tuple[int, Status] | None:
        """Id and status of a container's first iteration."""
        ...

    def repeat_status(self, frame: int, node: int) -> Status | None:
        """What a repeat is in; None where it has not begun."""
        ...

    def frame_extent(self, parent: int, node: int) -> Extent: ...

    def frame_numbers(self, parent: int, node: int) -> Sequence[int]: ...

    def open_frames(self, parent: int, node: int, *, every: bool) -> Sequence[tuple[int, int, Status]]:
        """Number, id and status of the iterations that are not a success, or of every one."""
        ...

    def step_extent(self, frame: int, step: int) -> Extent: ...

    def span_of_step(self, frame: int, step: int) -> Span:
        """Of a repeated step."""
        ...

    def span_of_frames(self, parent: int, node: int) -> Span:
        """Of all that is in a container."""
        ...

    def step_numbers(self, frame: int, step: int) -> Sequence[int]:
        """The iterations of a repeated step."""
        ...

    def open_iterations(self, frame: int, step: int) -> Sequence[int]:
        """Those whose last attempt is not a success."""
        ...

    def until_met_by_step(self, frame: int, step: int) -> bool: ...

    def until_met_in_frames(self, parent: int, node: int, step: int) -> bool: ...
