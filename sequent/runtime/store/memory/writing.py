"""The rows of one run, held in dictionaries, and how a batch changes them."""

from __future__ import annotations

from collections.abc import Callable

from attrs import evolve

from sequent.errors import StoreError
from sequent.model.status import Status
from sequent.runtime.rows import PASSED, Batch, FrameKey, Hold, Intent, TaskKey, Wait
from sequent.runtime.store.memory.cells import AttemptCell, FrameCell, RepeatCell
from sequent.runtime.store.memory.holdings import Holdings
from sequent.runtime.store.nodes import KnownNodes


class WrittenCells:
    """Changes the rows of a run; whatever does not fit is refused before anything is changed."""

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

    def write(self, batch: Batch, node: Callable[[int], int]) -> None:
        """All of a batch, or nothing; ``node`` gives the store's index of a node."""
        self._check(batch, node)
        for around, container, wrapped in batch.renewed:
            self._forget(around, node(container), None if wrapped is None else node(wrapped))
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
                if not tried:
                    del self._attempts[withdrawn.frame, node(withdrawn.node)][withdrawn.iteration]
        self._write_revision(batch, node)
        for intent in batch.intents:
            self._begin(intent, node)
        self._write_waiting(batch, node)

    def _forget(self, frame: int, container: int, step: int | None) -> None:
        """A repeat is as if it had never begun."""
        self._repeats.pop((frame, container), None)
        iterations = self._attempts.get((frame, step), {}) if step is not None else {}
        for number in [number for number in iterations if number]:
            del iterations[number]
        self._forget_waits(lambda key: key.frame == frame and key.node == step and key.iteration > 0)
        for cell in self._frames.pop((frame, container), {}).values():
            self._forget_inside(cell.id)

    def _forget_inside(self, frame: int) -> None:
        """An iteration is as if it had never begun."""
        del self._places[frame]
        for place in [place for place in self._attempts if place[0] == frame]:
            del self._attempts[place]
        for place in [place for place in self._repeats if place[0] == frame]:
            del self._repeats[place]
        self._forget_waits(lambda key: key.frame == frame)
        for place in [place for place in self._frames if place[0] == frame]:
            for cell in self._frames.pop(place).values():
                self._forget_inside(cell.id)

    def _forget_waits(self, is_of_it: Callable[[TaskKey], bool]) -> None:
        for place in [place for place in self._waits if is_of_it(place[0])]:
            del self._waits[place]

    def _begin(self, intent: Intent, node: Callable[[int], int]) -> None:
        place = intent.key
        step = self._attempts.setdefault((place.frame, node(place.node)), {})
        task = step.setdefault(place.iteration, {})
        for number, earlier in task.items():
            earlier.lose(intent.at, is_earlier=number < intent.attempt)
        begun = AttemptCell(intent.token, intent.at, intent.item, recovery=intent.recovery)
        task.setdefault(intent.attempt, begun)

    def _write_revision(self, batch: Batch, node: Callable[[int], int]) -> None:
        for place, number in batch.outdated:
            attempt = self._task(place, node)[number]
            attempt.status, attempt.is_outdated = Status.WAITING, True
        for place, number in batch.superseded:
            attempt = self._task(place, node)[number]
            attempt.status, attempt.is_superseded = Status.WAITING, True
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
                is_superseded=False,
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
        if not (self._fits_frames(batch, node) and self._fits_attempts(batch, node)):
            raise StoreError("the rows of the run do not fit what is written; nothing was", code="damaged-store")

    def _fits_frames(self, batch: Batch, node: Callable[[int], int]) -> bool:
        """Whether no number is used for another iteration, and only iterations end that have begun."""
        opened = {new.key for new in batch.frames}
        found = [(new, self._frame(new.key, node)) for new in batch.frames]
        return all(frame is None or frame.id == new.id for new, frame in found) and all(
            key in opened or self._frame(key, node) is not None for key, _ in batch.closed_frames
        )

    def _frame(self, key: FrameKey, node: Callable[[int], int]) -> FrameCell | None:
        return self._frames.get((key.parent, node(key.node)), {}).get(key.number)

    def _fits_attempts(self, batch: Batch, node: Callable[[int], int]) -> bool:
        """Whether no number is used for another attempt, and only attempts end or begin that were written."""
        new = {(intent.key, intent.attempt) for intent in batch.intents}
        fits = all(ending.attempt in self._task(ending.key, node) for ending in batch.endings)
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
        return fits
