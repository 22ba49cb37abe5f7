"""The tasks of a run for pages: a few of many, and numbers of many."""

from __future__ import annotations

from sequent.model.record_text import MOST
from sequent.model.scope import sequence_text
from sequent.model.status import Status
from sequent.runtime.records import AttemptRecord, LeftPart
from sequent.runtime.store.nodes import COPIES
from sequent.runtime.store.sql.attempt_rows import AttemptRows
from sequent.runtime.store.sql.records import read_status
from sequent.runtime.task_list_port import AttemptPiece, Iteration, StoryCursor, StoryPage, TaskCursor, TaskPage

_ALL_STATES = ("", "zzzz")
_NOWHERE = -1
"""The id of no iteration."""


class TaskRows(AttemptRows):
    """Lists tasks by step, iteration and status."""

    def levels(self, path: str) -> list[str]:
        parts = path.split(".")
        around = [".".join(parts[:depth]) for depth in range(len(parts))]
        places = {place for place, kind in self._nodes.nodes.values() if kind == COPIES}
        return [] if places & {*around, path} else around

    def iterations(self, path: str, around: tuple[int, ...], after: int, limit: int) -> list[Iteration]:
        levels, step = self.levels(path), self._nodes.steps_at(path)
        if len(around) >= len(levels) or step is None:
            return []
        place = (self._run, self._frame_of(path, around), self._container(levels[len(around)]))
        counts: dict[int, dict[Status, int]] = {}
        for number, state, count in self._session.rows("unsuccessful_by_iteration", *place, step):
            counts.setdefault(number, {})[read_status(state)] = int(count)
        rows = self._session.rows("frames", *place, after, limit)
        return [Iteration(number, read_status(status), counts.get(number, {})) for number, _, status in rows]

    def tasks(
        self, path: str, around: tuple[int, ...], status: Status | None, after: TaskCursor, limit: int
    ) -> TaskPage:
        levels, step = self.levels(path), self._nodes.steps_at(path)
        if step is None:
            return TaskPage([], None)
        states = _ALL_STATES if status is None else (status.value, status.value)
        iterations = (around[-1],) * 2 if len(around) > len(levels) else (0, MOST)
        meaning = (*states, *iterations, *after, limit + 1)
        frames = around[: len(levels)]
        if len(frames) > 1 or frames not in ((), (1,)):
            rows = self._session.rows("task_page_inside", self._run, self._frame_of(path, frames), step, *meaning)
        else:
            rows = self._session.rows("task_page", self._run, step, *meaning)
        last = rows[limit - 1] if len(rows) > limit else None
        return TaskPage([self._told(row) for row in rows[:limit]], None if last is None else (last[0], last[2]))

    def failed_attempts(self, limit: int) -> tuple[int, list[AttemptRecord]]:
        count = int(self._session.row("failure_count", self._run)[0])
        return count, [self._told(row) for row in (self._session.rows("failures", self._run, limit) if count else [])]

    def attempts_of(self, located: str, numbers: tuple[int, ...]) -> list[AttemptRecord]:
        levels, step = self.levels(located), self._nodes.steps_at(located)
        if levels and step is not None:
            iteration = next(iter(numbers[len(levels) :]), 0)
            place = (self._run, self._frame_of(located, numbers), step, iteration)
            return [self._told(row) for row in self._session.rows("attempts_of_task", *place)]
        # Of a copy on a host, whose iterations have no plain numbers.
        path = ".".join(part.partition("@")[0] for part in located.split("."))
        wanted = (located, sequence_text(numbers))
        return [each for each in self.attempts(path) if (each.located, each.sequence) == wanted]

    def story_page(self, after: StoryCursor, limit: int) -> StoryPage:
        rows = self._session.rows("note_page", self._run, *after, limit + 1)
        last = tuple(rows[limit - 1][:-1]) if len(rows) > limit else None
        return StoryPage([self._left(row) for row in rows[:limit]], last)

    def left_by(self, located: str, numbers: tuple[int, ...]) -> list[LeftPart]:
        levels, step = self.levels(located), self._nodes.steps_at(located)
        if levels and step is not None:
            iteration = next(iter(numbers[len(levels) :]), 0)
            place = (self._run, self._frame_of(located, numbers), step, iteration)
            return [self._left(row) for row in self._session.rows("notes_of_task", *place)]
        wanted = (located, sequence_text(numbers))
        return [each for each in self.story() if (each.located, each.sequence) == wanted]

    def pieces(self, since: float, until: float, number: int) -> list[AttemptPiece]:
        length = max(until - since, 0.001) / number
        rows = self._session.rows("attempts_by_time", since, since, length, until, self._run)
        return [
            AttemptPiece(self._nodes.path(node), int(piece), read_status(state), int(count), *map(float, times))
            for node, piece, state, count, *times in rows
        ]

    def _container(self, path: str) -> int:
        """Return the node of a container that is neither a repeated step's nor one of copies."""
        found = (node for node, place in self._nodes.nodes.items() if place == (path, "container"))
        return next(found, _NOWHERE)

    def _frame_of(self, path: str, numbers: tuple[int, ...]) -> int:
        """Return the id of the iteration with these numbers around a step; that of none if it has not begun."""
        frame = 0
        for level, number in zip(self.levels(path), numbers, strict=False):
            found = self._session.row("frame_row", self._run, frame, self._container(level), number)
            frame = _NOWHERE if found is None else int(found[0])
        return frame
