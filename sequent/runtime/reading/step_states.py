"""Computes the state of each step of a run from its store, without loading its flow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from sequent.errors import UsageError
from sequent.model.commands import typed
from sequent.model.outline import CONTAINERS, QUESTION
from sequent.model.scope import MOST_DIGITS, host_in, is_sequence, is_within, sequence_text, split_host
from sequent.model.status import WITH_WAITS, Status
from sequent.model.wording import guess
from sequent.runtime.records import AttemptRecord, LeftPart, Pending, RunRecord, TaskPlace

if TYPE_CHECKING:
    from sequent.model.outcome import Failure
    from sequent.runtime.ports import Store


class TaskFilter(Struct, frozen=True):
    """The tasks to show: all, or those of a step or container, of some iterations, or in some status."""

    path: str = ""
    sequence: str = ""
    """The sequence, or its beginning."""
    host: str = ""
    """The host of a copy; empty: each."""
    statuses: tuple[Status, ...] = ()

    def has_step(self, path: str) -> bool:
        """Return whether a step is selected."""
        return not self.path or is_within(path, self.path)

    def has(self, task: AttemptRecord | Pending | Failure | LeftPart) -> bool:
        """Return whether a task is selected, whatever its status."""
        if not self.has_step(task.path) or self.host not in ("", task.host):
            return False
        return not self.sequence or is_within(task.sequence, self.sequence)

    def has_place(self, place: TaskPlace) -> bool:
        """Return whether a place is selected, whatever its status."""
        return self.has(Pending(place.path, sequence_text(place.sequence), 0, 0.0, host_in(place.sequence)))

    def shows(self, status: Status) -> bool:
        """Return whether tasks in this status are selected."""
        return not self.statuses or status in self.statuses


def read_filter(record: RunRecord, text: str, statuses: tuple[Status, ...]) -> TaskFilter:
    """Return the typed selection: ``load``, ``load/1.2``, ``load@etl2/1.2``.

    Raises:
        UsageError: the run has no such step or container, or the sequence is invalid.
    """
    where, slash, sequence = text.partition("/")
    path, host = split_host(where, record.outline)
    if "@" in where and not host:
        raise UsageError(f"{where!r} names no host", code="unknown-host", hint="write the host after '@'", path=path)
    known = [name for name in record.outline if name]
    if path and path not in known:
        raise UsageError(
            f"run {record.id!r} has no step or container {path!r}",
            hint=f"{guess(path, known)}list its steps: {typed('show', record.id)}",
            path=path,
        )
    if slash and not is_sequence(sequence):
        raise UsageError(
            f"{sequence!r:.100} is not a sequence: write one number for each enclosing iteration, such as 1.2",
            code="sequence",
            hint=f"a number has at most {MOST_DIGITS} digits" if len(sequence) > MOST_DIGITS else "",
            path=path,
        )
    return TaskFilter(path, sequence, host, statuses)


class StepStates(Struct):
    """The sum of a run's attempts: the present status of each step's tasks, and the present failures.

    Only tasks without a success are remembered one by one, so a million successes need no memory.
    """

    wanted: TaskFilter = TaskFilter()
    asking: frozenset[str] = frozenset()
    """The steps that ask questions: nothing is executed while they wait for an answer."""
    steps: dict[str, Counter[Status]] = {}
    """The numbers of every selected step, in the order of the flow."""
    failures: dict[tuple[str, str], AttemptRecord] = {}
    active: dict[tuple[str, str], AttemptRecord] = {}
    """The active attempts, if a process drives the run."""
    lost: dict[tuple[str, str], AttemptRecord] = {}
    """The attempts that were active when the driver of the run ended: their outcomes are not known."""
    waits: list[Pending] = []
    questions: list[Pending] = []
    """The tasks that wait for the answer of a person."""
    worked: float = 0.0
    """The seconds in which at least one selected task was being executed."""
    _until: float = 0.0
    _others: dict[tuple[str, str], Status] = {}

    @property
    def counts(self) -> Mapping[Status, int]:
        """The number of begun tasks by status."""
        total: Counter[Status] = Counter()
        for numbers in self.steps.values():
            total.update(numbers)
        return {status: number for status, number in total.items() if number}

    @property
    def due(self) -> float | None:
        """The end of the next wait, or of the time for an answer."""
        limited = (question for question in self.questions if question.has_limit)
        return min((wait.due for wait in (*self.waits, *limited)), default=None)

    def add(self, record: AttemptRecord) -> None:
        """Add the next attempt, in the order of their starts."""
        key = (record.located, record.sequence)
        numbers = self.steps.setdefault(record.path, Counter())
        if record.attempt > 1 and (key in self._others or numbers[Status.SUCCESS]):
            numbers[self._others.pop(key, Status.SUCCESS)] -= 1
            self.failures.pop(key, None)
        self.active.pop(key, None)
        numbers[record.status] += 1
        if record.status is not Status.SUCCESS:
            self._others[key] = record.status
        if record.status is Status.FAILURE:
            self.failures[key] = record
        if record.status is Status.ACTIVE:
            self.active[key] = record
        if record.path not in self.asking:
            self._work(record.started, record.ended)

    def _work(self, began: float, ended: float | None) -> None:
        if ended is not None and ended > self._until:
            self.worked += ended - max(began, self._until)
            self._until = ended

    def work_until(self, now: float) -> None:
        """Count the time of active attempts until now."""
        if self.active:
            self._work(min(attempt.started for attempt in self.active.values()), now)

    def lose_active(self) -> None:
        """Count active attempts as waiting: no process drives the run any more."""
        for key, attempt in self.active.items():
            self.steps[attempt.path].update({Status.ACTIVE: -1, Status.WAITING: 1})
            self._others[key] = Status.WAITING
        self.lost, self.active = self.active, {}

    def add_waits(self, waits: list[Pending]) -> None:
        """Add the waits: a task that waits for a retry, or for another answer, has not failed."""
        for wait in waits:
            key = (wait.located, wait.sequence)
            if not self.wanted.has(wait):
                continue
            is_question = wait.path in self.asking and wait.attempt > 0
            (self.questions if is_question else self.waits).append(wait)
            if wait.path in self.steps:
                numbers = self.steps[wait.path]
                if key in self._others:
                    numbers[self._others.pop(key)] -= 1
                    self.failures.pop(key, None)
                numbers[Status.WAITING] += 1

    def add_unrun(self, unrun: Mapping[str, Mapping[Status, int]]) -> None:
        """Add the numbers of tasks that were skipped or cancelled, or are ready; their iterations are not known."""
        if not (self.wanted.sequence or self.wanted.host):
            for path, numbers in unrun.items():
                if self.wanted.has_step(path):
                    self.steps.setdefault(path, Counter()).update(numbers)

    def asked(self, path: str) -> int:
        """Return how many tasks of a step wait for an answer."""
        return sum(question.path == path for question in self.questions)

    def retries(self, path: str) -> int:
        """Return how many waiting tasks of a step have failed, and are tried again."""
        return sum(wait.path == path and wait.attempt > 0 for wait in self.waits)


def read_step_states(store: Store, record: RunRecord, now: float, wanted: TaskFilter | None = None) -> StepStates:
    """Return the state of each selected step of a run; ``now`` is in seconds since 1970."""
    wanted = TaskFilter() if wanted is None else wanted
    states = StepStates(wanted, frozenset(path for path, kind in record.outline.items() if kind == QUESTION))
    for path, kind in record.outline.items():
        if kind not in CONTAINERS and wanted.has_step(path):
            states.steps[path] = Counter()
    for attempt in store.attempts(record):
        if wanted.has(attempt):
            states.add(attempt)
    unrun = record.unrun
    if record.owner is None:
        states.lose_active()
        unrun = {path: {**numbers, Status.READY: 0} for path, numbers in unrun.items()}
    states.work_until(now)
    if record.status in WITH_WAITS:
        states.add_waits(store.pending(record))
    states.add_unrun(unrun)
    return states


def seen_attempts(store: Store, record: RunRecord) -> Iterator[AttemptRecord]:
    """Yield a run's attempts by their starts; one without an outcome was lost if no process drives the run any more."""
    for attempt in store.attempts(record):
        is_lost = record.owner is None and attempt.status is Status.ACTIVE
        yield replace(attempt, status=Status.WAITING) if is_lost else attempt
