"""The attempts of a run and their outcomes, for people."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from sequent.model.record_text import MOST
from sequent.model.scope import Sequence, depth_of_host, host_in, sequence_text
from sequent.model.status import Status
from sequent.runtime.records import AttemptRecord, LeftPart, Pending
from sequent.runtime.store.nodes import sequence_above
from sequent.runtime.store.sql.records import OUTDATED, SUPERSEDED, read_host, read_span, read_status
from sequent.runtime.store.sql.run_rows import RunRows
from sequent.runtime.store.sql.seals import damaged

if TYPE_CHECKING:
    from sequent.model.outcome import Failure


class AttemptRows(RunRows):
    """Lists attempts by path and sequence."""

    def standings(self) -> dict[str, dict[Status, int]]:
        """Return, by path, the number of tasks or iterations in each status."""
        standings: dict[str, dict[Status, int]] = {}
        for text in ("tasks_by_state", "frames_by_status"):
            for node, state, count in self._session.rows(text, self._run):
                if self._nodes.has_copies(node):
                    # They are not counted in addition to the original.
                    continue
                numbers, status = standings.setdefault(self._nodes.path(node), {}), read_status(state)
                numbers[status] = numbers.get(status, 0) + int(count)
        return standings

    def container_problems(self, limit: int | None = None) -> list[Failure]:
        """Return the containers that failed without a failed attempt, under the sequence around them."""
        failures: list[Failure] = []
        rows = self._session.rows("container_problems", self._run, MOST if limit is None else limit)
        for frame, node, problem in rows:
            told, sequence = self._problem(problem), self._sequence_of(frame)
            if told is not None:
                from sequent.model.outcome import Failure

                failures.append(
                    Failure(
                        path=self._nodes.path(node),
                        sequence=sequence_text(sequence),
                        host=host_in(sequence),
                        host_depth=depth_of_host(sequence),
                        attempt=0,
                        problem=told,
                    )
                )
        return failures

    def successes(self) -> int:
        return int(self._session.row("success_count", self._run)[0])

    def failures(self, limit: int) -> tuple[int, list[Failure]]:
        count = int(self._session.row("failure_count", self._run)[0])
        rows = self._session.rows("failures", self._run, limit) if count else []
        return count, [self._told(row).failure for row in rows]

    def failures_within(self, frame: int, node: int, limit: int) -> tuple[int, list[Failure]]:
        is_step = self._nodes.is_step(self._nodes.stored(node))
        text = "failures_of_step" if is_step else "failures_inside"
        first: list[Failure] = []
        count = 0
        for row in self._session.stream(text, self._run, frame, self._nodes.stored(node)):
            count += 1
            if count <= limit:
                first.append(self._told(row).failure)
        return count, first

    def pending(self) -> list[Pending]:
        """Return the waits for a time, or for an answer, that go on."""
        waits: list[Pending] = []
        for frame, node, iteration, attempt, due, length in self._session.rows("pending", self._run):
            if iteration and self._has_ended(frame, node):
                continue
            around = self._sequence_of(frame)
            sequence = sequence_text((*around, iteration) if iteration else around)
            place = (self._nodes.path(node), sequence, attempt, due, host_in(around), depth_of_host(around))
            waits.append(Pending(*place, length))
        return waits

    @cached_property
    def _has_ended(self) -> Callable[[int, int], bool]:
        """A function that returns whether the repeat of a step has ended."""

        def has_ended(frame: int, step: int) -> bool:
            found = self._session.row("repeat_row", self._run, frame, self._nodes.repeat_of(step))
            return found is not None and found[1] is not None

        return lru_cache(100_000)(has_ended)

    def attempts(self, path: str | None) -> Iterator[AttemptRecord]:
        if path is None:
            return map(self._told, self._session.stream("attempts", self._run))
        step = self._nodes.steps_at(path)
        if step is None:
            return iter(())
        return map(self._told, self._session.stream("attempts_of_node", self._run, step))

    def story(self) -> Iterator[LeftPart]:
        """Return the notes and artifacts, by step, iteration and attempt."""
        return map(self._left, self._session.stream("notes", self._run))

    def _left(self, row: Any) -> LeftPart:
        # Few steps leave anything.
        from sequent.runtime.store.sql.stories import read_part

        frame, node, iteration, attempt, _, part = row
        around = self._sequence_of(frame)
        return LeftPart(
            path=self._nodes.path(node),
            sequence=sequence_text((*around, iteration) if iteration else around),
            attempt=attempt,
            part=read_part(part),
            host=host_in(around),
            host_depth=depth_of_host(around),
        )

    def _told(self, row: Any) -> AttemptRecord:
        frame, node, iteration, number, state, started, ended, problem, log, is_passed, recovery = row
        sequence: Sequence = self._sequence_of(frame)
        if not sequence:
            raise damaged("an attempt", f"of iteration {frame}")
        return AttemptRecord(
            path=self._nodes.path(node),
            sequence=sequence_text((*sequence, iteration) if iteration else sequence),
            host=host_in(sequence),
            host_depth=depth_of_host(sequence),
            attempt=number,
            status=read_status(state),
            started=started,
            ended=ended,
            problem=self._problem(problem),
            log=read_span(self._text(log, "a log")),
            is_outdated=state in (OUTDATED, SUPERSEDED),
            is_passed=bool(is_passed),
            recovery=recovery,
        )

    @cached_property
    def _sequence_of(self) -> Callable[[int], Sequence]:
        """A function that returns the sequence of a frame, by its id."""

        def sequence(frame: int) -> Sequence:
            return sequence_above(frame, self._place_of)

        return lru_cache(100_000)(sequence)

    def _place_of(self, frame: int) -> tuple[int, int | str] | None:
        found = self._session.row("frame_with_id", self._run, frame)
        if found is None:
            return None
        parent, number, node, item = found
        return parent, (read_host(self._value(item)) if self._nodes.has_copies(node) else number)
