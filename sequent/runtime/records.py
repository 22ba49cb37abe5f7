"""The records that the store gives to read: runs, their attempts, and what they wait for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from sequent.model.outcome import Failure, LogSpan, Problem
from sequent.model.record_text import Count, Moment
from sequent.model.status import RunStatus, Status
from sequent.model.target import Target

if TYPE_CHECKING:
    # Agents and workers know rows, and no plan.
    from sequent.model.description import KeptDescription

Unrun = Mapping[str, Mapping[Status, int]]
"""By dotted path, how many tasks of a step were skipped or cancelled since its driver took the run, or are ready."""


class Owner(Struct, frozen=True, forbid_unknown_fields=True):
    """Who drives a run."""

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
    """The step's, dotted; empty where it was started while the flow was loaded for one."""
    sequence: str = ""
    store: str = ""
    """Where that run is."""


class RunRecord(Struct, frozen=True, kw_only=True):
    """A run, as the store has it."""

    number: int
    id: str
    target: Target
    status: RunStatus
    """``interrupted`` where it says running but nobody drives it."""
    recovery: int
    params: Mapping[str, str]
    created: float
    ended: float | None
    owner: Owner | None
    """Who drives it now; None where nobody does."""
    counts: Mapping[Status, int]
    description: KeptDescription
    fingerprints: Mapping[str, str]
    """By dotted path, the fingerprint of each step's code."""
    reason: str = ""
    """Why it ended so, where no failure tells."""
    origin: RunOrigin | None = None
    """The step that started it; None where no step of another run did."""
    unrun: Unrun = {}
    epoch: int = 0
    """How often somebody has begun to drive it."""


class AttemptRecord(Struct, frozen=True, kw_only=True):
    """An attempt, as the store has it."""

    path: str
    sequence: str
    attempt: int
    status: Status
    """``active`` where it has no outcome; ``waiting`` where it was lost, or counts no more."""
    started: float
    ended: float | None
    problem: Problem | None
    log: LogSpan | None
    is_outdated: bool = False
    """Whether it had succeeded, and its task is to run again."""
    is_passed: bool = False
    """Whether nobody executed it: its task was passed over, and counts as a success."""

    @property
    def failure(self) -> Failure:
        """Of an attempt that has failed: the failure that it is."""
        problem = self.problem or Problem(type="Unknown", message="no reason was recorded")
        return Failure(path=self.path, sequence=self.sequence, attempt=self.attempt, problem=problem, log=self.log)


class Pending(NamedTuple):
    """A task or container that waits for its time."""

    path: str
    sequence: str
    attempt: int
    """The attempt that is waited for; 0 of a delay."""
    due: float
    """Seconds since 1970."""
