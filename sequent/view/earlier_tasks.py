"""Knows the tasks of earlier runs: how long each took and how it ended, and what is usual where one is missing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sequent.digests import share_of
from sequent.model.status import Status
from sequent.runtime.records import AttemptRecord
from sequent.view.attempts import most_at_once, task_of
from sequent.view.step_durations import quantile, successful


class EarlierTasks:
    """The tasks of an earlier run that were executed to an end.

    The attempts of a task are those of the last recovery that executed it, counted from 1: a new run has no recoveries.

    Args:
        attempts: the attempts of the run, by time of start.
    """

    def __init__(self, attempts: Iterable[AttemptRecord]) -> None:
        self._tasks: dict[str, list[AttemptRecord]] = {}
        self._iterations: dict[str, int] = {}
        self._last: dict[str, AttemptRecord] = {}
        for attempt in _settled(attempts):
            self._tasks.setdefault(f"{attempt.located}/{attempt.sequence}", []).append(attempt)
            if attempt.status is Status.SUCCESS:
                self._last[attempt.path] = attempt
            self._count_iterations(attempt)
        self.attempts = [attempt for many in self._tasks.values() for attempt in many]

    def _count_iterations(self, attempt: AttemptRecord) -> None:
        names, numbers = attempt.path.split("."), attempt.sequence.split(".")
        for depth in range(1, len(numbers)):
            path = ".".join(names[:depth])
            self._iterations[path] = max(self._iterations.get(path, 0), int(numbers[depth]))

    def attempt(self, task: str, number: int) -> AttemptRecord | None:
        """Return an attempt of a task (``load@etl2/1.2``); None if the run has none of that number."""
        many = self._tasks.get(task, ())
        return many[number - 1] if 0 < number <= len(many) else None

    def last_success(self, path: str) -> AttemptRecord | None:
        """Return the success of a step that began last."""
        return self._last.get(path)

    def iterations(self, path: str) -> int:
        """Return the largest number of iterations of a step or container in which a task was executed."""
        return self._iterations.get(path, 0)

    def most_at_once(self, host: str) -> int:
        """Return how many attempts were executed at once at most, on a host or ('') without one."""
        return most_at_once(attempt for attempt in self.attempts if attempt.host == host)


def _settled(attempts: Iterable[AttemptRecord]) -> list[AttemptRecord]:
    """Return the executed attempts that count, of each task those in its last recovery."""
    executed = [
        attempt
        for attempt in attempts
        if attempt.ended is not None
        and attempt.status in (Status.SUCCESS, Status.FAILURE)
        and not (attempt.is_passed or attempt.is_outdated)
    ]
    last = {task_of(attempt): attempt.recovery for attempt in executed}
    return [attempt for attempt in executed if attempt.recovery == last[task_of(attempt)]]


class UsualDurations:
    """The durations of the successes of steps in some runs.

    Args:
        runs: the runs.
    """

    def __init__(self, runs: Sequence[EarlierTasks]) -> None:
        found: defaultdict[str, list[float]] = defaultdict(list)
        for run in runs:
            for attempt in run.attempts:
                seconds = successful((attempt,))
                found[attempt.path] += seconds
                if attempt.located != attempt.path:
                    found[attempt.located] += seconds
        self._by_name: Mapping[str, Sequence[float]] = {name: sorted(many) for name, many in found.items() if many}
        steps = sorted(quantile(many, 0.5) for many in self._by_name.values())
        self.of_any_step = quantile(steps, 0.5) if steps else 0.0
        """The median of the medians of all steps: a guess for a step that none of the runs has executed."""

    def drawn(self, located: str, path: str, key: str) -> float | None:
        """Return one of the durations of a step, chosen by a key: the same for the same key.

        Args:
            located: the step with its host, whose durations there come first.
            path: the step.
            key: its hash chooses the quantile.

        Returns:
            Seconds; None if none of the runs has executed the step.
        """
        lengths = self._by_name.get(located) or self._by_name.get(path)
        return quantile(lengths, share_of(key)) if lengths else None

    def has(self, path: str) -> bool:
        """Return whether any of the runs has executed a step successfully."""
        return path in self._by_name
