"""The port to the tasks of a run for pages: a few of many, and numbers of many."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from sequent.model.status import Status
from sequent.runtime.records import AttemptRecord, LeftPart

TaskCursor = tuple[int, int]
"""The place in a list of tasks after which the next page begins."""
START: TaskCursor = (-1, -1)
StoryCursor = tuple[int, int, int, int, int]
"""The place in the notes and artifacts of a run after which the next page begins."""
STORY_START: StoryCursor = (-1, -1, -1, -1, -1)


class Iteration(NamedTuple):
    """An iteration of a container, with the numbers of the tasks of a step in it that have not succeeded."""

    number: int
    status: Status
    counts: Mapping[Status, int]


class HostCopy(NamedTuple):
    """A copy on a host, with the numbers of the tasks of a step in it that have not succeeded."""

    host: str
    status: Status
    counts: Mapping[Status, int]


class TaskPage(NamedTuple):
    """The last attempts of some tasks."""

    tasks: list[AttemptRecord]
    next: TaskCursor | None
    """The place after which the next page begins; None if there is none."""


class StoryPage(NamedTuple):
    """Some of the notes and artifacts of a run."""

    parts: list[LeftPart]
    next: StoryCursor | None
    """The place after which the next page begins; None if there is none."""


class AttemptPiece(NamedTuple):
    """The attempts of a step with one status that began within a piece of time."""

    path: str
    piece: int
    status: Status
    attempts: int
    started: float
    """When the first began."""
    ended: float
    """When the last ended."""
    seconds: float
    """The sum of the durations of those that have ended."""


class TaskList(Protocol):
    """The tasks of a run. Every method may raise ``StoreError``.

    Where a path is ``located``, the host of a copy stands in its place: ``load@etl2``; without it, all are meant.
    """

    def levels(self, located: str) -> list[str]:
        """Return the paths of the containers around a step, the flow first; without a host, those around its copies."""
        ...

    def hosts(self, path: str, around: tuple[int, ...]) -> list[HostCopy]:
        """Return the copies of a step, or of a container around it, on hosts, within the iterations around them.

        There are none unless all of these iterations are named; the flow's own may be left out.
        """
        ...

    def iterations(self, located: str, around: tuple[int, ...], after: int, limit: int) -> list[Iteration]:
        """Return the iterations of the container at the next level of a step, within the ones around it."""
        ...

    def tasks(
        self, located: str, around: tuple[int, ...], status: Status | None, after: TaskCursor, limit: int
    ) -> TaskPage:
        """Return tasks of a step that have begun: within iterations, and in a status."""
        ...

    def failed_attempts(self, limit: int) -> tuple[int, list[AttemptRecord]]:
        """Return the number of tasks whose last attempts failed, and the first of these attempts."""
        ...

    def attempts_of(self, located: str, numbers: tuple[int, ...]) -> list[AttemptRecord]:
        """Return the attempts of a task, in order."""
        ...

    def story_page(self, after: StoryCursor, limit: int) -> StoryPage:
        """Return notes and artifacts, in the order in which their iterations began."""
        ...

    def left_by(self, located: str, numbers: tuple[int, ...]) -> list[LeftPart]:
        """Return the notes and artifacts that the attempts of a task have left, in order."""
        ...

    def pieces(self, since: float, until: float, number: int) -> list[AttemptPiece]:
        """Return the attempts of a time, by pieces of it; active ones last until its end, and lost ones no time."""
        ...
