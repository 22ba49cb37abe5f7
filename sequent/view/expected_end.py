"""Estimates the end of a running run: the remaining tasks take as long as in earlier runs of the flow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from sequent.model.status import RunStatus, Status
from sequent.runtime.records import AttemptRecord, Pending, RunRecord
from sequent.view.attempts import Attempts, TaskId, by_step, task_of
from sequent.view.earlier_runs import RunWithAttempts
from sequent.view.predecessors import Predecessors
from sequent.view.prediction import predicted_band
from sequent.view.step_durations import quantile
from sequent.view.text import counted, duration

MOST_FOLLOWED = 2_000
"""The attempts of a run above which earlier runs are not followed task by task, but compared as a whole."""


class ExpectedEnd(Struct, frozen=True, kw_only=True):
    """When a run will probably end, in seconds since 1970."""

    low: float
    """In one of ten cases it ends earlier."""
    median: float
    high: float
    """In one of ten cases it ends later."""
    runs: int
    """The number of earlier runs that say so."""


def expected_end(
    record: RunRecord,
    attempts: Attempts | None,
    waits: Iterable[Pending],
    earlier: Iterable[RunWithAttempts],
    now: float,
) -> ExpectedEnd | None:
    """Return the expected end of a run.

    Each earlier run that succeeded at once says when this one ends: tasks that have ended here ended when they did,
    active ones take as long as there, and the others begin as long as there after the task that they waited for. If an
    active task, or the whole run, has already taken longer than there, those runs count in which it took longer still.

    Args:
        record: the run.
        attempts: its attempts; None if they were too many to be read.
        waits: its waits for a time.
        earlier: earlier runs of its flow.
        now: the present moment.

    Returns:
        None if nothing drives the run, or no earlier run tells.
    """
    if record.owner is None or record.ended is not None:
        return None
    told = [*_told(earlier)]
    is_small = attempts is not None and sum(map(len, attempts.values())) <= MOST_FOLLOWED
    course = _Course(record, attempts, waits, now, told) if attempts is not None and is_small else None
    lengths = [length for _, length in told]
    ends = [
        record.created + outlasting(length, now - record.created, lengths)
        if course is None or not run.is_whole
        else course.end_as_in(run)
        for run, length in told
    ]
    if not ends:
        return None
    band = predicted_band(ends)
    return ExpectedEnd(low=max(band.low, now), median=band.median, high=band.high, runs=band.count)


def _told(earlier: Iterable[RunWithAttempts]) -> Iterator[tuple[RunWithAttempts, float]]:
    """Yield the runs that succeeded without a recovery, and how long each took."""
    for run in earlier:
        record = run.record
        if record.status is RunStatus.SUCCESS and not record.recovery and record.ended is not None:
            yield run, record.ended - record.created


def outlasting(length: float, elapsed: float, lengths: Iterable[float]) -> float:
    """Return how long something takes that has gone on for a time.

    Args:
        length: the seconds that it is expected to take.
        elapsed: the seconds so far.
        lengths: the seconds that it took at other times; if it has outlasted the expected ones, those longer than
            the time so far tell. If there are none, it ends now.
    """
    if length >= elapsed:
        return length
    longer = sorted(each for each in lengths if each > elapsed)
    return quantile(longer, 0.5) if longer else elapsed


def expected_text(expected: ExpectedEnd, now: float, moment: Callable[[float], str]) -> str:
    """Return an expected end in words; ``moment`` writes a time since 1970."""
    if expected.median <= now:
        median = "any moment"
    else:
        median = f"{moment(expected.median)}, in {duration(expected.median - now)}"
    band = f"; in 8 of 10 cases by {moment(expected.high)}" if expected.high > now else ""
    return f"expected end: {median}{band} (from {counted(expected.runs, 'earlier run')})"


class _Course:
    """A run so far."""

    def __init__(
        self,
        record: RunRecord,
        attempts: Attempts,
        waits: Iterable[Pending],
        now: float,
        told: Iterable[tuple[RunWithAttempts, float]],
    ) -> None:
        self._record = record
        self._now = now
        self._last: dict[TaskId, AttemptRecord] = {}
        for many in attempts.values():
            self._last.update((task_of(attempt), attempt) for attempt in many)
        active = {task for task, attempt in self._last.items() if attempt.ended is None}
        self._lengths: dict[TaskId, list[float]] = {task: [] for task in active}
        """How long each active task took in the earlier runs."""
        for each in (each for run, _ in told for each in run.attempts if task_of(each) in active):
            self._lengths[task_of(each)].append(_length(each))
        self._due: Mapping[TaskId, float] = {(wait.path, wait.sequence, wait.host): wait.due for wait in waits}

    def end_as_in(self, earlier: RunWithAttempts) -> float:
        """Return when the run ends, if the rest goes as in an earlier run."""
        past = earlier.record
        executed = [each for each in earlier.attempts if each.ended is not None and not each.is_passed]
        executed.sort(key=lambda each: each.started)
        left_out = self._left_out(executed)
        before = Predecessors(past.description, by_step(executed, past.outline))
        lengths = {task_of(each): _length(each) for each in executed}
        ends: dict[int, float] = {}
        for each in executed:
            previous = before.of(each)
            if each.path in left_out:
                ends[id(each)] = self._record.created if previous is None else ends.get(id(previous), self._now)
                continue
            known = self._known_end(task_of(each), lengths[task_of(each)])
            ends[id(each)] = self._later_end(each, previous, past, ends) if known is None else known
        last = max((each.ended for each in executed if each.ended is not None), default=past.created)
        return max(self._now, *ends.values(), self._record.created) + max((past.ended or last) - last, 0.0)

    def _known_end(self, task: TaskId, length: float) -> float | None:
        """Return when a task ended, or will end if it is under way; None if it has not begun."""
        attempt = self._last.get(task)
        if attempt is None or attempt.status is Status.WAITING:
            return None
        if attempt.ended is None:
            return attempt.started + outlasting(length, self._now - attempt.started, self._lengths[task])
        if attempt.status is Status.FAILURE and task in self._due:
            return max(self._now, self._due[task]) + length
        return attempt.ended

    def _later_end(
        self, attempt: AttemptRecord, previous: AttemptRecord | None, past: RunRecord, ends: Mapping[int, float]
    ) -> float:
        """Return when an attempt that has not begun will end."""
        there = past.created if previous is None or previous.ended is None else previous.ended
        here = self._record.created if previous is None else ends.get(id(previous), self._now)
        start = max(self._now, here + max(attempt.started - there, 0.0), self._due.get(task_of(attempt), 0.0))
        return start + _length(attempt)

    def _left_out(self, executed: Sequence[AttemptRecord]) -> set[str]:
        """Return the steps whose tasks are skipped or cancelled here, as many as are missing."""
        missing = Counter(task[0] for task in {task_of(each) for each in executed} if task not in self._last)
        return {
            path
            for path, number in missing.items()
            if sum(self._record.unrun.get(path, {}).get(status, 0) for status in (Status.SKIPPED, Status.CANCELLED))
            >= number
        }


def _length(attempt: AttemptRecord) -> float:
    return 0.0 if attempt.ended is None else max(attempt.ended - attempt.started, 0.0)
