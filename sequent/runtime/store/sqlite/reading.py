"""Reads the rows of one run."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from typing import Any

from sequent.errors import StoreError
from sequent.model.outcome import Failure, Problem
from sequent.model.scope import sequence_text
from sequent.model.spec import Amounts
from sequent.model.status import Status, Verdict
from sequent.runtime.pending import Pending
from sequent.runtime.rows import PASSED, AttemptRecord, FrameKey, TaskKey, Wait
from sequent.runtime.store.nodes import KnownNodes, sequence_above
from sequent.runtime.store.open_rows import Extent, Span, Tried
from sequent.runtime.store.sqlite import open_queries, queries, shared_queries
from sequent.runtime.store.sqlite.reader import Reader
from sequent.runtime.store.sqlite.records import read_amounts, read_problem, read_span, read_status
from sequent.runtime.store.sqlite.schema import OUTDATED, SUPERSEDED
from sequent.runtime.store.sqlite.seals import damaged, unsealed
from sequent.runtime.store.sqlite.values import ValueFiles

_PAGE = 64
"""Rows that are read at once: a page of the largest values is 64 MiB, and no read transaction stays open."""


class RunRows:
    """The rows of one run, each node under the index that the store knows."""

    def __init__(
        self, reader: Reader, run: int, nodes: KnownNodes, values: ValueFiles, *, has_seals: bool = True
    ) -> None:
        """Take which run is meant, and whether its texts have seals: those of older versions have none."""
        self._has_seals = has_seals
        self._reader = reader
        self._run = run
        self.nodes = nodes
        self._values = values
        self.sequence_of = lru_cache(100_000)(self._sequence_of)

    def _text(self, kept: str | None, what: str) -> str | None:
        return None if kept is None else unsealed(kept, what, has_seal=self._has_seals)

    def _value(self, kept: str | None) -> str | None:
        text = self._text(kept, "a value")
        return None if text is None else self._values.read(text)

    def _problem(self, kept: str | None) -> Problem | None:
        return read_problem(self._text(kept, "a problem"))

    # -- values

    def items(self, frame: int, node: int) -> str | None:
        found = self._reader.row(queries.repeat_row(), self._run, frame, node)
        return None if found is None else self._value(found[0])

    def item(self, key: FrameKey) -> str | None:
        found = self._reader.row(queries.frame_item(), self._run, key.parent, key.node, key.number)
        return None if found is None else self._value(found[0])

    def drawn_items(self, frame: int, node: int) -> Iterator[str]:
        """The items of a container's iterations, in order."""
        for row in self._pages(queries.drawn_by_frames(), frame, node):
            yield self._value(row[1]) or "null"

    def drawn_by_step(self, frame: int, step: int) -> Iterator[str]:
        """The items of a repeated step's iterations, in order."""
        for row in self._pages(queries.drawn_by_steps(), frame, step):
            yield self._value(row[1]) or "null"

    def result(self, key: TaskKey) -> str | None:
        found = self._reader.row(queries.result(), self._run, key.frame, key.node, key.iteration)
        return self._value(found[1]) if found is not None and found[0] == Status.SUCCESS else None

    def results(self, frame: int, step: int) -> Iterator[tuple[int, str]]:
        for row in self._pages(queries.results(), frame, step):
            text = self._value(row[1])
            if text is not None:
                yield row[0], text

    def frames(self, frame: int, node: int) -> Iterator[tuple[int, int, Status]]:
        for number, id_, status in self._pages(queries.frames(), frame, node):
            yield number, id_, read_status(status)

    def frame(self, key: FrameKey) -> tuple[int, Status] | None:
        found = self._reader.row(open_queries.frame_row(), self._run, key.parent, key.node, key.number)
        return None if found is None else (found[0], read_status(found[1]))

    def _pages(self, text: str, frame: int, node: int) -> Iterator[Any]:
        """All rows, a page at a time: each begins after the number with which the last one ended."""
        after = 0
        while page := self._reader.rows(text, self._run, frame, node, after, _PAGE):
            yield from page
            after = page[-1][0]

    def last_id(self) -> int:
        return int(self._reader.row(queries.last_id(), self._run)[0] or 0)

    # -- what a recovery starts from

    def tried(self, frame: int, step: int, iteration: int) -> Sequence[Tried]:
        rows = self._reader.rows(open_queries.task_attempts(), self._run, frame, step, iteration)
        return [
            Tried(
                number,
                read_status(state),
                _verdict(verdict),
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
        found = self._reader.row(queries.repeat_row(), self._run, frame, node)
        if found is None:
            return None
        return Status.ACTIVE if found[1] is None else read_status(found[1])

    def frame_extent(self, parent: int, node: int) -> Extent:
        return self._extent(open_queries.frame_extent(), parent, node)

    def step_extent(self, frame: int, step: int) -> Extent:
        return self._extent(open_queries.step_extent(), frame, step)

    def _extent(self, text: str, frame: int, node: int) -> Extent:
        last, begun = self._reader.row(text, self._run, frame, node)
        return Extent(last or 0, begun)

    def frame_numbers(self, parent: int, node: int) -> Sequence[int]:
        return self._numbers(open_queries.frame_numbers(), parent, node)

    def open_frames(self, parent: int, node: int, *, every: bool) -> Sequence[tuple[int, int, Status]]:
        text = open_queries.all_frames() if every else open_queries.open_frames()
        rows = self._reader.rows(text, self._run, parent, node)
        return [(number, id_, read_status(status)) for number, id_, status in rows]

    def step_numbers(self, frame: int, step: int) -> Sequence[int]:
        return self._numbers(open_queries.step_numbers(), frame, step)

    def open_iterations(self, frame: int, step: int) -> Sequence[int]:
        return self._numbers(open_queries.open_iterations(), frame, step)

    def span_of_step(self, frame: int, step: int) -> Span:
        return self._span(open_queries.span_of_step(), frame, step)

    def span_of_frames(self, parent: int, node: int) -> Span:
        return self._span(open_queries.span_of_frames(), parent, node)

    def _span(self, text: str, frame: int, node: int) -> Span:
        recovery, ran_in = self._reader.row(text, self._run, frame, node)
        return Span(-1 if recovery is None else recovery, -1 if ran_in is None else ran_in)

    def _numbers(self, text: str, frame: int, node: int) -> list[int]:
        return [row[0] for row in self._reader.rows(text, self._run, frame, node)]

    def until_met_by_step(self, frame: int, step: int) -> bool:
        return self._reader.row(open_queries.until_of_steps(), self._run, frame, step) is not None

    def until_met_in_frames(self, parent: int, node: int, step: int) -> bool:
        return self._reader.row(open_queries.until_of_frames(), self._run, parent, node, step) is not None

    # -- what is waited for, and held

    def wait(self, key: TaskKey, attempt: int) -> Wait | None:
        found = self._reader.row(queries.wait_row(), self._run, key.frame, key.node, "", key.iteration, attempt)
        return None if found is None else Wait(key, attempt, *found)

    def waits(self, frame: int, step: int, iteration: int, attempt: int) -> bool:
        return self._reader.row(queries.wait_row(), self._run, frame, step, "", iteration, attempt) is not None

    def problem(self, frame: int, step: int, iteration: int, attempt: int) -> Problem | None:
        found = self._reader.row(open_queries.problem(), self._run, frame, step, iteration, attempt)
        return None if found is None else self._problem(found[0])

    def result_at(self, frame: int, step: int, iteration: int, attempt: int) -> str | None:
        found = self._reader.row(open_queries.result_at(), self._run, frame, step, iteration, attempt)
        return None if found is None else self._value(found[0])

    def begun_nodes(self) -> set[int]:
        """The steps and containers that have left anything."""
        return {row[0] for row in self._reader.rows(open_queries.begun_nodes(), self._run, self._run, self._run)}

    def succeeded_nodes(self) -> set[int]:
        """The steps that have succeeded in any iteration."""
        return {row[0] for row in self._reader.rows(open_queries.succeeded_nodes(), self._run)}

    def wanted_again(self) -> Amounts:
        """What the run had kept of shared pools, and is to be asked for again."""
        found = self._reader.row(shared_queries.wanted_again(), self._run)
        return () if found is None else read_amounts(found[0])

    def wakes(self, pools: Collection[str]) -> list[str]:
        """Where the drivers of other runs are woken that wait for one of these shared pools."""
        found = {
            wake: None
            for number, wake, amounts in self._reader.rows(shared_queries.wakes())
            if wake and number != self._run and any(pool in pools for pool, _ in read_amounts(amounts))
        }
        return list(found)

    def kept(self) -> dict[str, int]:
        return dict(self._reader.rows(queries.kept(), self._run))

    # -- attempts, for people

    def standings(self) -> dict[str, dict[Status, int]]:
        """By path, how many tasks or iterations are in each status."""
        found: dict[str, dict[Status, int]] = {}
        for text in (open_queries.tasks_by_state(), open_queries.frames_by_status()):
            for node, state, count in self._reader.rows(text, self._run):
                numbers, status = found.setdefault(self.nodes.path(node), {}), read_status(state)
                numbers[status] = numbers.get(status, 0) + int(count)
        return found

    def container_problems(self, limit: int | None) -> list[Failure]:
        """The containers that failed for a reason that no attempt tells, under the sequence around them."""
        found: list[Failure] = []
        rows = self._reader.rows(queries.container_problems(), self._run, -1 if limit is None else limit)
        for frame, node, problem in rows:
            told, sequence = self._problem(problem), sequence_text(self.sequence_of(frame))
            if told is not None:
                found.append(Failure(path=self.nodes.path(node), sequence=sequence, attempt=0, problem=told))
        return found

    def successes(self) -> int:
        return int(self._reader.row(queries.success_count(), self._run)[0])

    def failures(self, limit: int) -> tuple[int, list[AttemptRecord]]:
        count = int(self._reader.row(queries.failure_count(), self._run)[0])
        rows = self._reader.rows(queries.failures(), self._run, limit) if count else []
        return count, [self._told(row) for row in rows]

    def failures_within(self, frame: int, node: int, limit: int) -> tuple[int, list[AttemptRecord]]:
        is_step = self.nodes.is_step(node)
        text = queries.failures_of_step() if is_step else queries.failures_inside()
        first: list[AttemptRecord] = []
        count = 0
        for row in self._reader.stream(text, self._run, frame, node):
            count += 1
            if count <= limit:
                first.append(self._told(row))
        return count, first

    def pending(self) -> list[Pending]:
        """What is waited for by the clock."""
        found: list[Pending] = []
        for frame, node, iteration, attempt, due in self._reader.rows(queries.pending(), self._run):
            around = self.sequence_of(frame)
            sequence = sequence_text((*around, iteration) if iteration else around)
            found.append(Pending(path=self.nodes.path(node), sequence=sequence, attempt=attempt, due=due))
        return found

    def attempts(self, path: str | None) -> Iterator[AttemptRecord]:
        if path is None:
            return map(self._told, self._reader.stream(queries.attempts(), self._run))
        step = self.nodes.steps_at(path)
        if step is None:
            return iter(())
        return map(self._told, self._reader.stream(queries.attempts_of_node(), self._run, step))

    def _told(self, row: Any) -> AttemptRecord:
        frame, node, iteration, number, state, started, ended, problem, log, is_passed = row
        sequence: tuple[int, ...] = self.sequence_of(frame)
        if not sequence:
            raise damaged("an attempt", f"of iteration {frame}")
        return AttemptRecord(
            path=self.nodes.path(node),
            sequence=sequence_text((*sequence, iteration) if iteration else sequence),
            attempt=number,
            status=read_status(state),
            started=started,
            ended=ended,
            problem=self._problem(problem),
            log=read_span(self._text(log, "a log")),
            is_outdated=state in (OUTDATED, SUPERSEDED),
            is_passed=bool(is_passed),
        )

    def _sequence_of(self, frame: int) -> tuple[int, ...]:
        return sequence_above(frame, lambda id_: self._reader.row(queries.frame_with_id(), self._run, id_))


def _verdict(number: int | None) -> Verdict:
    try:
        return Verdict(number or 0)
    except ValueError as error:
        raise StoreError(f"the store has a verdict that cannot be read: {number}", code="damaged-store") from error
