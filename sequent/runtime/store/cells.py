"""The rows of one run, held in dictionaries."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from attrs import evolve

from sequent.errors import StoreError
from sequent.model.outcome import Failure, Problem
from sequent.model.scope import sequence_text
from sequent.model.status import Status
from sequent.runtime.rows import AttemptRecord, Batch, FrameKey, Hold, TaskKey, Wait
from sequent.runtime.store.cell_rows import AttemptCell, FrameCell, RepeatCell, first_failures, is_truthy, span_of
from sequent.runtime.store.holdings import Holdings
from sequent.runtime.store.nodes import KnownNodes, sequence_above
from sequent.runtime.store.open_rows import Extent, Span, Tried
from sequent.runtime.store.schema import PASSED


class Cells:
    """Finds and changes the rows of a run; whatever does not fit is refused before anything is changed."""

    def __init__(self, nodes: KnownNodes) -> None:
        self._nodes = nodes
        self._attempts: dict[tuple[int, int], dict[int, dict[int, AttemptCell]]] = {}
        """By frame and step, by iteration, by number."""
        self._frames: dict[tuple[int, int], dict[int, FrameCell]] = {}
        """By frame around and container, by number."""
        self._places: dict[int, tuple[int, int]] = {}
        """The frame around and the number, by id."""
        self._repeats: dict[tuple[int, int], RepeatCell] = {}
        self._waits: dict[tuple[TaskKey, int], Wait] = {}
        """By task or container, and attempt."""
        self.holdings = Holdings()

    # -- writing

    def write(self, batch: Batch, node: Callable[[int], int]) -> None:
        """All of a batch, or nothing; ``node`` gives the store's index of a node."""
        self._check(batch, node)
        for new in batch.frames:
            frames = self._frames.setdefault((new.key.parent, node(new.key.node)), {})
            frames.setdefault(new.key.number, FrameCell(new.id, new.item))
            self._places[new.id] = (new.key.parent, new.key.number)
        for repeat in batch.repeats:
            self._repeats[repeat.frame, node(repeat.node)] = RepeatCell(repeat.items)
        for told in batch.container_problems:
            self._repeats.setdefault((told.frame, node(told.node)), RepeatCell()).problem = told.problem
        for key, status in batch.closed_frames:
            self._frames[key.parent, node(key.node)][key.number].status = status
        for frame, index, status in batch.closed_repeats:
            self._repeats.setdefault((frame, node(index)), RepeatCell()).status = status
        for ending in batch.endings:
            attempt = self._task(ending.key, node)[ending.attempt]
            attempt.status, attempt.ended, attempt.result = ending.status, ending.at, ending.result
            attempt.verdict, attempt.problem, attempt.log = ending.verdict, ending.problem, ending.log
        for withdrawn, number in batch.taken_back:
            tried = self._task(withdrawn, node)
            if number in tried and tried[number].ended is None:
                del tried[number]
        self._write_revision(batch, node)
        for intent in batch.intents:
            place = intent.key
            step = self._attempts.setdefault((place.frame, node(place.node)), {})
            task = step.setdefault(place.iteration, {})
            begun = AttemptCell(intent.token, intent.at, intent.item, recovery=intent.recovery)
            task.setdefault(intent.attempt, begun)
        self._write_waiting(batch, node)

    def _write_revision(self, batch: Batch, node: Callable[[int], int]) -> None:
        for place, number in batch.outdated:
            attempt = self._task(place, node)[number]
            attempt.status, attempt.is_outdated = Status.WAITING, True
        for told in batch.passed:
            step = self._attempts.setdefault((told.key.frame, node(told.key.node)), {})
            cell = AttemptCell(PASSED, told.at, told.item, Status.SUCCESS, told.at, recovery=told.recovery)
            step.setdefault(told.key.iteration, {})[told.attempt] = cell
        for told, source in batch.restored:
            task = self._task(told.key, node)
            task[told.attempt] = evolve(
                task[source],
                token=PASSED,
                started=told.at,
                ended=told.at,
                status=Status.SUCCESS,
                is_outdated=False,
                log=None,
                recovery=told.recovery,
            )

    def _write_waiting(self, batch: Batch, node: Callable[[int], int]) -> None:
        for beginning in batch.beginnings:
            self._task(beginning.key, node)[beginning.attempt].begun = beginning.at
        for wait in batch.waits:
            self._waits[evolve(wait.key, node=node(wait.key.node)), wait.attempt] = wait
        for hold in batch.holds:
            self.put_hold(hold, node)

    def put_hold(self, hold: Hold, node: Callable[[int], int]) -> None:
        """How much is held now."""
        self.holdings.put(None if hold.key is None else evolve(hold.key, node=node(hold.key.node)), hold)

    def _task(self, key: TaskKey, node: Callable[[int], int]) -> dict[int, AttemptCell]:
        return self._attempts.get((key.frame, node(key.node)), {}).get(key.iteration, {})

    def _check(self, batch: Batch, node: Callable[[int], int]) -> None:
        opened = {(new.key.parent, new.key.node, new.key.number) for new in batch.frames}
        fits = all(
            frame is None or frame.id == new.id
            for new in batch.frames
            for frame in [self._frames.get((new.key.parent, node(new.key.node)), {}).get(new.key.number)]
        )
        fits &= all(
            (key.parent, key.node, key.number) in opened
            or key.number in self._frames.get((key.parent, node(key.node)), {})
            for key, _ in batch.closed_frames
        )
        fits &= all(ending.attempt in self._task(ending.key, node) for ending in batch.endings)
        new = {(intent.key, intent.attempt) for intent in batch.intents}
        fits &= all(
            (told.key, told.attempt) in new or told.attempt in self._task(told.key, node) for told in batch.beginnings
        )
        fits &= all(
            attempt is not None and (attempt.is_outdated or attempt.status is Status.SUCCESS)
            for attempt in (self._task(key, node).get(number) for key, number in batch.outdated)
        )
        for intent in batch.intents:
            found = self._task(intent.key, node).get(intent.attempt)
            is_free = found is None or (found.ended is None and (intent.key, intent.attempt) in batch.taken_back)
            fits &= is_free or (found is not None and found.token == intent.token)
        if not fits:
            raise StoreError("the rows of the run do not fit what is written; nothing was", code="damaged-store")

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

    def drop_problems(self) -> None:
        """Why containers failed is of the past: they are opened again."""
        for repeat in self._repeats.values():
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
            is_outdated=attempt.is_outdated,
            is_passed=attempt.token == PASSED,
        )
