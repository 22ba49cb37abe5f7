"""Finds what a recovery, or a person, asks of the rows of one run in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sequent.model.outcome import Failure, Problem
from sequent.model.scope import sequence_text
from sequent.model.status import Status
from sequent.runtime.pending import Pending
from sequent.runtime.rows import PASSED, AttemptRecord, FrameKey, TaskKey, Wait
from sequent.runtime.store.memory.cells import AttemptCell, first_failures, is_truthy, span_of
from sequent.runtime.store.memory.writing import WrittenCells
from sequent.runtime.store.nodes import sequence_above
from sequent.runtime.store.open_rows import Extent, Span, Tried


class Cells(WrittenCells):
    """Finds the rows of a run."""

    # -- values

    def items(self, frame: int, node: int) -> str | None:
        repeat = self._repeats.get((frame, node))
        return None if repeat is None else repeat.items

    def item(self, key: FrameKey) -> str | None:
        frame = self._frames.get((key.parent, key.node), {}).get(key.number)
        return None if frame is None else frame.item

    def drawn_items(self, frame: int, node: int) -> Iterator[str]:
        for _, found in sorted(self._frames.get((frame, node), {}).items()):
            yield found.item or "null"

    def drawn_by_step(self, frame: int, step: int) -> Iterator[str]:
        for _, task in sorted(self._iterations(frame, step).items()):
            yield next((attempt.item for attempt in task.values() if attempt.item is not None), "null")

    def result(self, key: TaskKey) -> str | None:
        task = self._task(key, lambda index: index)
        last = task[max(task)] if task else None
        return last.result if last is not None and last.status is Status.SUCCESS else None

    def results(self, frame: int, step: int) -> Iterator[tuple[int, str]]:
        for iteration in sorted(self._iterations(frame, step)):
            text = self.result(TaskKey(frame, step, iteration))
            if text is not None:
                yield iteration, text

    def frames(self, frame: int, node: int) -> Iterator[tuple[int, int, Status]]:
        for number, found in sorted(self._frames.get((frame, node), {}).items()):
            yield number, found.id, found.status

    def frame(self, key: FrameKey) -> tuple[int, Status] | None:
        found = self._frames.get((key.parent, key.node), {}).get(key.number)
        return None if found is None else (found.id, found.status)

    def last_id(self) -> int:
        return max(self._places, default=0)

    # -- what a recovery starts from

    def tried(self, frame: int, step: int, iteration: int) -> Sequence[Tried]:
        task = self._attempts.get((frame, step), {}).get(iteration, {})
        return [
            Tried(
                number,
                attempt.status,
                attempt.verdict,
                attempt.recovery,
                attempt.begun is not None,
                attempt.token == PASSED,
                attempt.is_outdated,
                attempt.is_superseded,
            )
            for number, attempt in sorted(task.items())
        ]

    def problem(self, frame: int, step: int, iteration: int, attempt: int) -> Problem | None:
        return self._attempts[frame, step][iteration][attempt].problem

    def result_at(self, frame: int, step: int, iteration: int, attempt: int) -> str | None:
        return self._attempts[frame, step][iteration][attempt].result

    def begun_nodes(self) -> set[int]:
        """The steps and containers that have left anything."""
        return {node for places in (self._attempts, self._frames, self._repeats) for _, node in places}

    def succeeded_nodes(self) -> set[int]:
        """The steps that have succeeded in any iteration."""
        return {
            node
            for (_, node), tasks in self._attempts.items()
            if any(cell.status is Status.SUCCESS for task in tasks.values() for cell in task.values())
        }

    def kept(self) -> dict[str, int]:
        return self.holdings.kept()

    def waits(self, frame: int, step: int, iteration: int, attempt: int) -> bool:
        return (TaskKey(frame, step, iteration), attempt) in self._waits

    def frame_of(self, parent: int, node: int) -> tuple[int, Status] | None:
        return self.frame(FrameKey(parent, node, 1))

    def repeat_status(self, frame: int, node: int) -> Status | None:
        repeat = self._repeats.get((frame, node))
        return None if repeat is None else repeat.status or Status.ACTIVE

    def frame_extent(self, parent: int, node: int) -> Extent:
        numbers = self._frames.get((parent, node), {})
        return Extent(max(numbers, default=0), len(numbers))

    def frame_numbers(self, parent: int, node: int) -> Sequence[int]:
        return sorted(self._frames.get((parent, node), {}))

    def open_frames(self, parent: int, node: int, *, every: bool) -> Sequence[tuple[int, int, Status]]:
        return [found for found in self.frames(parent, node) if every or found[2] is not Status.SUCCESS]

    def _iterations(self, frame: int, step: int) -> dict[int, dict[int, AttemptCell]]:
        return {number: task for number, task in self._attempts.get((frame, step), {}).items() if number}

    def step_extent(self, frame: int, step: int) -> Extent:
        numbers = self._iterations(frame, step)
        return Extent(max(numbers, default=0), len(numbers))

    def span_of_step(self, frame: int, step: int) -> Span:
        attempts = (cell for task in self._iterations(frame, step).values() for cell in task.values())
        return span_of(attempts)

    def span_of_frames(self, parent: int, node: int) -> Span:
        return span_of(self._inside(parent, node))

    def _inside(self, parent: int, node: int) -> Iterator[AttemptCell]:
        """Every attempt in a container, however deep."""
        for frame in self._frames.get((parent, node), {}).values():
            for (around, _), tasks in self._attempts.items():
                if around == frame.id:
                    yield from (cell for task in tasks.values() for cell in task.values())
            for around, inner in self._frames:
                if around == frame.id:
                    yield from self._inside(around, inner)

    def step_numbers(self, frame: int, step: int) -> Sequence[int]:
        return sorted(self._iterations(frame, step))

    def open_iterations(self, frame: int, step: int) -> Sequence[int]:
        tasks = sorted(self._iterations(frame, step).items())
        return [number for number, task in tasks if task[max(task)].status is not Status.SUCCESS]

    def until_met_by_step(self, frame: int, step: int) -> bool:
        return any(is_truthy(task) for task in self._iterations(frame, step).values())

    def until_met_in_frames(self, parent: int, node: int, step: int) -> bool:
        kept = [id_ for _, id_, status in self.frames(parent, node) if status is Status.SUCCESS]
        return any(is_truthy(self._attempts.get((id_, step), {}).get(0, {})) for id_ in kept)

    # -- what is waited for, and held

    def wait(self, key: TaskKey, attempt: int) -> Wait | None:
        return self._waits.get((key, attempt))

    def pending(self) -> list[Pending]:
        found: list[Pending] = []
        for (key, attempt), wait in self._waits.items():
            place = (key.frame, key.node)
            task = self._attempts.get(place, {}).get(key.iteration, {})
            if place not in self._frames and place not in self._repeats and max(task, default=-1) < attempt:
                above = sequence_above(key.frame, self._places.get)
                sequence = sequence_text((*above, key.iteration) if key.iteration else above)
                told = Pending(path=self._nodes.path(key.node), sequence=sequence, attempt=attempt, due=wait.due)
                found.append(told)
        return sorted(found, key=lambda told: told.due)

    def drop_problems(self) -> None:
        """Why containers failed that do not repeat is of the past; of a repeat it stands until that is opened again."""
        for repeat in self._repeats.values():
            if repeat.status is None:
                repeat.problem = None

    # -- attempts, for people

    def container_problems(self, limit: int | None) -> list[Failure]:
        found: list[Failure] = []
        for (frame, node), repeat in sorted(self._repeats.items()):
            if repeat.problem is not None:
                sequence = sequence_text(sequence_above(frame, self._places.get))
                path = self._nodes.path(node)
                found.append(Failure(path=path, sequence=sequence, attempt=0, problem=repeat.problem))
        return found[:limit]

    def attempts(self, path: str | None) -> Iterator[AttemptRecord]:
        step = None if path is None else self._nodes.steps_at(path)
        if path is not None and step is None:
            return iter(())
        return iter(sorted(self._told(step), key=lambda told: told.started))

    def standings(self) -> dict[str, dict[Status, int]]:
        """By path, how many tasks or iterations are in each status."""
        parts = [(told.path, told.status) for told in self._told(None, only_last=True)]
        parts += [
            (self._nodes.path(node), frame.status)
            for (_, node), frames in self._frames.items()
            for frame in frames.values()
        ]
        found: dict[str, dict[Status, int]] = {}
        for path, status in parts:
            numbers = found.setdefault(path, {})
            numbers[status] = numbers.get(status, 0) + 1
        return found

    def successes(self) -> int:
        succeeded = (told for told in self._told(None) if told.status is Status.SUCCESS)
        return len({(told.path, told.sequence) for told in succeeded})

    def failures(self, limit: int) -> tuple[int, list[AttemptRecord]]:
        return first_failures(self._told(None, only_last=True), limit)

    def failures_within(self, frame: int, node: int, limit: int) -> tuple[int, list[AttemptRecord]]:
        if self._nodes.is_step(node):
            return first_failures(self._told_in(frame, node, only_last=True), limit)
        inside = {found.id for found in self._frames.get((frame, node), {}).values()}
        for id_ in sorted(self._places):
            # What is around an iteration has begun before it, and so has a lower id.
            if self._places[id_][0] in inside:
                inside.add(id_)
        places = [place for place in sorted(self._attempts) if place[0] in inside]
        return first_failures((told for place in places for told in self._told_in(*place, only_last=True)), limit)

    def _told(self, step: int | None, *, only_last: bool = False) -> Iterator[AttemptRecord]:
        for frame, node in sorted(self._attempts):
            if step in (None, node):
                yield from self._told_in(frame, node, only_last=only_last)

    def _told_in(self, frame: int, node: int, *, only_last: bool) -> Iterator[AttemptRecord]:
        above = sequence_above(frame, self._places.get)
        for iteration, task in sorted(self._attempts.get((frame, node), {}).items()):
            sequence = sequence_text((*above, iteration) if iteration else above)
            for number in [max(task)] if only_last else sorted(task):
                yield self._record(self._nodes.path(node), sequence, number, task[number])

    @staticmethod
    def _record(path: str, sequence: str, number: int, attempt: AttemptCell) -> AttemptRecord:
        return AttemptRecord(
            path=path,
            sequence=sequence,
            attempt=number,
            status=attempt.status,
            started=attempt.started,
            ended=attempt.ended,
            problem=attempt.problem,
            log=attempt.log,
            is_outdated=attempt.is_outdated or attempt.is_superseded,
            is_passed=attempt.token == PASSED and attempt.result is None,
        )
