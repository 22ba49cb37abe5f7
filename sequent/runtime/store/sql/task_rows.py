"""The tasks of a run for pages: a few of many, and numbers of many."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

from sequent.model.record_text import MOST
from sequent.model.scope import split_host
from sequent.model.status import Status
from sequent.runtime.records import AttemptRecord, LeftPart
from sequent.runtime.store.nodes import CONTAINER, COPIES
from sequent.runtime.store.sql.attempt_rows import AttemptRows
from sequent.runtime.store.sql.records import read_status
from sequent.runtime.task_list_port import (
    AttemptPiece,
    HostCopy,
    Iteration,
    StoryCursor,
    StoryPage,
    TaskCursor,
    TaskPage,
)

_ALL_STATES = ("", "zzzz")
_NOWHERE = -1
"""The id of no iteration."""


class _Level(NamedTuple):
    """A container around a step, or that of its copies on hosts."""

    path: str
    node: int
    is_copies: bool


class TaskRows(AttemptRows):
    """Lists tasks by step, iteration and status."""

    def levels(self, located: str) -> list[str]:
        levels = [level for level in self._levels(located) if not level.is_copies]
        return [level.path for level in levels]

    def hosts(self, path: str, around: tuple[int, ...]) -> list[HostCopy]:
        copies, step, numbers = self._copies(path), self._nodes.steps_at(path), around or (1,)
        if copies is None or step is None or len(numbers) != len(self.levels(path)):
            return []
        place = (self._run, self._frame_of(path, numbers), copies)
        counts = self._unsuccessful(*place, step)
        rows = self._session.rows("frames", *place, 0, MOST)
        return [
            HostCopy(self._host_of(frame), read_status(status), counts.get(number, {}))
            for number, frame, status in rows
        ]

    def iterations(self, located: str, around: tuple[int, ...], after: int, limit: int) -> list[Iteration]:
        levels, step = self.levels(located), self._nodes.steps_at(self._apart(located)[0])
        if len(around) >= len(levels) or step is None:
            return []
        place = (self._run, self._frame_of(located, around), self._container(levels[len(around)]))
        counts = self._unsuccessful(*place, step)
        rows = self._session.rows("frames", *place, after, limit)
        return [Iteration(number, read_status(status), counts.get(number, {})) for number, _, status in rows]

    def _unsuccessful(self, run: int, parent: int, node: int, step: int) -> dict[int, dict[Status, int]]:
        counts: dict[int, dict[Status, int]] = {}
        for number, state, count in self._session.rows("unsuccessful_by_iteration", run, parent, node, step):
            counts.setdefault(number, {})[read_status(state)] = int(count)
        return counts

    def tasks(
        self, located: str, around: tuple[int, ...], status: Status | None, after: TaskCursor, limit: int
    ) -> TaskPage:
        path, host = self._apart(located)
        levels, step = self.levels(located), self._nodes.steps_at(path)
        if step is None:
            return TaskPage([], None)
        states = _ALL_STATES if status is None else (status.value, status.value)
        iterations = (around[-1],) * 2 if len(around) > len(levels) else (0, MOST)
        meaning = (*states, *iterations, *after, limit + 1)
        # A copy without any number is one of the flow's only iteration.
        frames = around[: len(levels)] or ((1,) if host else ())
        if host or len(frames) > 1 or frames not in ((), (1,)):
            rows = self._session.rows("task_page_inside", self._run, self._frame_of(located, frames), step, *meaning)
        else:
            rows = self._session.rows("task_page", self._run, step, *meaning)
        last = rows[limit - 1] if len(rows) > limit else None
        return TaskPage([self._told(row) for row in rows[:limit]], None if last is None else (last[0], last[2]))

    def failed_attempts(self, limit: int) -> tuple[int, list[AttemptRecord]]:
        count = int(self._session.row("failure_count", self._run)[0])
        return count, [self._told(row) for row in (self._session.rows("failures", self._run, limit) if count else [])]

    def attempts_of(self, located: str, numbers: tuple[int, ...]) -> list[AttemptRecord]:
        place = self._task(located, numbers)
        return [] if place is None else [self._told(row) for row in self._session.rows("attempts_of_task", *place)]

    def story_page(self, after: StoryCursor, limit: int) -> StoryPage:
        rows = self._session.rows("note_page", self._run, *after, limit + 1)
        last = tuple(rows[limit - 1][:-1]) if len(rows) > limit else None
        return StoryPage([self._left(row) for row in rows[:limit]], last)

    def left_by(self, located: str, numbers: tuple[int, ...]) -> list[LeftPart]:
        place = self._task(located, numbers)
        return [] if place is None else [self._left(row) for row in self._session.rows("notes_of_task", *place)]

    def _task(self, located: str, numbers: tuple[int, ...]) -> tuple[int, int, int, int] | None:
        """Return run, frame, step and iteration of a task; None if the step is unknown, or its host is not named."""
        path, host = self._apart(located)
        step = self._nodes.steps_at(path)
        if step is None or bool(host) != (self._copies(path) is not None):
            return None
        iteration = next(iter(numbers[len(self.levels(located)) :]), 0)
        return self._run, self._frame_of(located, numbers), step, iteration

    def pieces(self, since: float, until: float, number: int) -> list[AttemptPiece]:
        length = max(until - since, 0.001) / number
        rows = self._session.rows("attempts_by_time", since, since, length, until, self._run)
        return [
            AttemptPiece(self._nodes.path(node), int(piece), read_status(state), int(count), *map(float, times))
            for node, piece, state, count, *times in rows
        ]

    def _container(self, path: str) -> int:
        """Return the node of a container that is neither a repeated step's nor one of copies."""
        found = self._nodes.at(path, CONTAINER)
        return _NOWHERE if found is None else found

    def _copies(self, path: str) -> int | None:
        """Return the node of the copies on hosts that a step is, or is in."""
        parts = path.split(".")
        found = (self._nodes.at(".".join(parts[:length]), COPIES) for length in range(1, len(parts) + 1))
        return next((node for node in found if node is not None), None)

    def _levels(self, located: str) -> list[_Level]:
        """Return the containers around a step, the flow first; without its host, up to those of its copies."""
        path, host = self._apart(located)
        parts = path.split(".")
        levels: list[_Level] = []
        for length in range(len(parts) + 1):
            prefix = ".".join(parts[:length])
            copies = self._nodes.at(prefix, COPIES) if length else None
            if copies is not None and not host:
                break
            if copies is not None:
                levels.append(_Level(prefix, copies, is_copies=True))
            if length < len(parts):
                levels.append(_Level(prefix, self._container(prefix), is_copies=False))
        return levels

    def _frame_of(self, located: str, numbers: tuple[int, ...]) -> int:
        """Return the id of the iteration with these numbers around a step; that of none if it has not begun."""
        frame, host, left = 0, self._apart(located)[1], [*numbers]
        for level in self._levels(located):
            if level.is_copies:
                frame = self._frame_on(host, frame, level.node)
            elif left:
                found = self._session.row("frame_row", self._run, frame, level.node, left.pop(0))
                frame = _NOWHERE if found is None else int(found[0])
            else:
                break
        return frame

    def _frame_on(self, host: str, parent: int, copies: int) -> int:
        rows = self._session.rows("frames", self._run, parent, copies, 0, MOST)
        return next((frame for _, frame, _ in rows if self._host_of(frame) == host), _NOWHERE)

    def _apart(self, located: str) -> tuple[str, str]:
        return split_host(located, self._paths)

    @cached_property
    def _paths(self) -> frozenset[str]:
        return frozenset(path for path, _ in self._nodes.nodes.values())

    def _host_of(self, frame: int) -> str:
        found = self._place_of(frame)
        return "" if found is None else str(found[1])
