"""The records that the store reads: runs, their attempts, and their waits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from sequent.model.outcome import Failure, LogSpan, Problem
from sequent.model.record_text import Count, Moment
from sequent.model.run_target import Target
from sequent.model.scope import path_on_host
from sequent.model.status import RunStatus, Status

if TYPE_CHECKING:
    # Agents and workers import rows, but no plan.
    from sequent.model.description import KeptDescription

Unrun = Mapping[str, Mapping[Status, int]]
"""By dotted path, the number of a step's tasks that were skipped or cancelled under its driver, or are ready."""


class Owner(Struct, frozen=True, forbid_unknown_fields=True):
    """The process that drives a run."""

    pid: Count
    started: Moment
    """When the process started."""
    host: str
    boot: str
    user: str
    since: Moment
    """When it took the run."""


class RunOrigin(Struct, frozen=True, forbid_unknown_fields=True):
    """The step of another run that started a run, itself or through a program of its own."""

    run: str
    """The id of that run."""
    path: str = ""
    """The step's dotted path; '' if the run was started while the flow was loaded for a step."""
    sequence: str = ""
    store: str = ""
    """The store of that run."""
    host: str = ""
    """The host of the step's copy; '' if it has none."""


class RunRecord(Struct, frozen=True, kw_only=True):
    """A run, as the store has it."""

    number: int
    id: str
    target: Target
    status: RunStatus
    """``interrupted`` if it is marked as running but not driven."""
    recovery: int
    params: Mapping[str, str]
    created: float
    ended: float | None
    owner: Owner | None
    """The process that drives it now; None if there is none."""
    counts: Mapping[Status, int]
    description: KeptDescription
    fingerprints: Mapping[str, str]
    """By dotted path, the fingerprint of each step's code."""
    reason: str = ""
    """Why it ended, if no failure shows it."""
    origin: RunOrigin | None = None
    """The step that started it; None if no step of another run did."""
    unrun: Unrun = {}
    epoch: int = 0
    """The number of times that a process has begun to drive it."""


class AttemptRecord(Struct, frozen=True, kw_only=True):
    """An attempt, as the store has it."""

    path: str
    sequence: str
    host: str = ""
    """The host that it has a copy for; empty if there are no copies."""
    host_depth: int = 0
    """The number of names of the path up to the step or container that has the copies."""
    attempt: int
    status: Status
    """``active`` if it has no outcome; ``waiting`` if it was lost, or no longer counts."""
    started: float
    ended: float | None
    problem: Problem | None
    log: LogSpan | None
    is_outdated: bool = False
    """Whether it had succeeded, and its task is to run again."""
    is_passed: bool = False
    """Whether it was not executed: its task was passed over, and counts as a success."""

    @property
    def failure(self) -> Failure:
        """Its failure, if it has failed."""
        problem = self.problem or Problem(type="Unknown", message="no reason was recorded")
        return Failure(
            path=self.path,
            sequence=self.sequence,
            host=self.host,
            host_depth=self.host_depth,
            attempt=self.attempt,
            problem=problem,
            log=self.log,
        )

    @property
    def located(self) -> str:
        """The path with the host in its place: ``load@etl2``."""
        return path_on_host(self.path, self.host, self.host_depth)


class Pending(NamedTuple):
    """A task or container that waits for its time."""

    path: str
    sequence: str
    attempt: int
    """The attempt that is waited for; 0 for a delay."""
    due: float
    """Seconds since 1970."""
    host: str = ""
    host_depth: int = 0

    @property
    def located(self) -> str:
        """The path with the host in its place: ``load@etl2``."""
        return path_on_host(self.path, self.host, self.host_depth)
