"""Groups the failures of a run by step and error."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from msgspec import Struct

from sequent.model.outcome import Failure
from sequent.model.status import Status
from sequent.runtime.records import AttemptRecord, Pending
from sequent.view.attempts import Attempts, TaskId, task_of
from sequent.view.text import task_name

MOST_GROUPS = 30
MOST_TASKS = 20
"""The tasks of a group that are named."""
_DIFFERING = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"|\d+")
"""The parts of a message that differ between tasks with the same error: quoted text, and numbers."""


class LogTail(Struct, frozen=True, kw_only=True):
    """The end of an attempt's output."""

    text: str
    is_whole: bool
    """Whether nothing stands before it."""


class FailureGroup(Struct, frozen=True, kw_only=True):
    """Tasks of one step that failed with the same error."""

    path: str
    count: int
    failures: tuple[Failure, ...]
    """The first of them."""
    tail: LogTail | None = None
    """The end of the first one's log."""
    items: str = ""
    """The items of the iterations around the first one: ``countries FR, stores 3``."""
    again_command: str = ""
    """The command that also runs the tasks again that gave the only one its input."""

    @property
    def first(self) -> Failure:
        """The failure that began first."""
        return self.failures[0]

    @property
    def tasks(self) -> list[str]:
        """The names of the tasks: ``load/1.2``."""
        return [task_name(failure.located, failure.sequence) for failure in self.failures]


class PresentFailures(Struct, frozen=True, kw_only=True):
    """All present failures of a run."""

    count: int = 0
    groups: tuple[FailureGroup, ...] = ()
    """The largest first."""
    hidden: int = 0
    """The failures in groups beyond these."""
    unread: int = 0
    """The failures that were not read, and are in no group."""


def present_failures(attempts: Attempts, waits: Iterable[Pending]) -> list[AttemptRecord]:
    """Return the failed attempts that no further one has followed or will follow."""
    found: dict[TaskId, AttemptRecord] = {}
    for many in attempts.values():
        for attempt in many:
            if attempt.attempt > 1:
                found.pop(task_of(attempt), None)
            if attempt.status is Status.FAILURE:
                found[task_of(attempt)] = attempt
    return sorted(without_retries(found.values(), waits), key=lambda attempt: attempt.started)


def without_retries(failed: Iterable[AttemptRecord], waits: Iterable[Pending]) -> list[AttemptRecord]:
    """Return the failed attempts that no further one will follow."""
    waiting = {(wait.path, wait.sequence, wait.host) for wait in waits}
    return [attempt for attempt in failed if task_of(attempt) not in waiting]


def failure_groups(failures: Sequence[Failure], unread: int = 0) -> PresentFailures:
    """Return the groups of these failures, of tasks and containers.

    Args:
        failures: the failures.
        unread: the number of further ones that were not read.
    """
    groups: dict[tuple[str, str, str], list[Failure]] = {}
    for failure in failures:
        problem = failure.problem
        like = _DIFFERING.sub("…", problem.message.partition("\n")[0])
        groups.setdefault((failure.path, problem.type, like), []).append(failure)
    ordered = sorted(groups.values(), key=len, reverse=True)
    return PresentFailures(
        count=len(failures) + unread,
        groups=tuple(
            FailureGroup(path=group[0].path, count=len(group), failures=tuple(group[:MOST_TASKS]))
            for group in ordered[:MOST_GROUPS]
        ),
        hidden=sum(map(len, ordered[MOST_GROUPS:])),
        unread=unread,
    )
