"""The records that the store reads: runs, their attempts, and their waits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from sequent.model.outline import Outline
from sequent.model.record_text import Count, Moment
from sequent.model.run_target import Target
from sequent.model.scope import Sequence, path_on_host
from sequent.model.status import RunStatus, Status

if TYPE_CHECKING:
    # Agents and workers import rows, but no plan; and lists of runs need no outcomes.
    from sequent.model.description import KeptDescription
    from sequent.model.outcome import Failure, LogSpan, Problem
    from sequent.model.story import StoryPart

DUE = "next due at "
"""Begins the reason of a run that waits for a time."""
STOPPED_BY = "stopped by the failure of "
"""Begins the reason of a run in which a failure has cancelled tasks."""
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
    outline: Outline = {}
    """The parts of the description by name."""
    returned: Mapping[str, str] = {}
    """By dotted path, the type of the result of each step whose result cannot be None; '' for other parts."""
    reason: str = ""
    """Why it ended, if no failure shows it."""
    origin: RunOrigin | None = None
    """The step that started it; None if no step of another run did."""
    unrun: Unrun = {}
    epoch: int = 0
    """The number of times that a process has begun to drive it."""

    @property
    def cause(self) -> str:
        """The task or container whose failure cancelled others: ``load.one/1.2``; '' if none did."""
        first = self.reason.partition("\n")[0]
        return first.removeprefix(STOPPED_BY) if first.startswith(STOPPED_BY) else ""


class PastRun(Struct, frozen=True):
    """The end of a run, without all that takes longer to read."""

    number: int
    flow: str
    status: RunStatus
    """As it is stored: ``running`` also of a run that was interrupted."""
    created: float


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
    recovery: int = 0
    """The recovery of the run in which it began."""

    @property
    def failure(self) -> Failure:
        """Its failure, if it has failed."""
        # A list of runs needs no failures.
        from sequent.model.outcome import Failure, Problem

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


class LeftPart(Struct, frozen=True):
    """A note or an artifact that an attempt has left."""

    path: str
    sequence: str
    attempt: int
    part: StoryPart
    host: str = ""
    host_depth: int = 0

    @property
    def located(self) -> str:
        """The path with the host in its place: ``load@etl2``."""
        return path_on_host(self.path, self.host, self.host_depth)


class Pending(Struct, frozen=True):
    """A task or container that waits for its time, or a task that waits for an answer until a time."""

    path: str
    sequence: str
    attempt: int
    """The attempt that is waited for; 0 for a delay."""
    due: float
    """Seconds since 1970."""
    host: str = ""
    host_depth: int = 0
    length: float | None = None
    """The seconds that it takes in all; None if it ends at a moment of the wall clock."""

    @property
    def since(self) -> float:
        """When it began, in seconds since 1970, if it has a length."""
        return self.due - (self.length or 0.0)

    @property
    def has_limit(self) -> bool:
        """Whether it ends at all: a question without a time limit does not."""
        # Few runs ask questions.
        from sequent.model.durations import LONGEST

        return self.length != LONGEST

    @property
    def located(self) -> str:
        """The path with the host in its place: ``load@etl2``."""
        return path_on_host(self.path, self.host, self.host_depth)

    @property
    def address(self) -> str:
        """The name of the task for commands: ``load@etl2/1.1``, or ``load`` where it is the only one."""
        return self.located if self.sequence == "1" else f"{self.located}/{self.sequence}"


class RowState(Struct, frozen=True, kw_only=True):
    """The state of a step, a container, a copy or an iteration that has begun, as its rows say."""

    status: Status
    """``active`` if it has no outcome; ``waiting`` if its last attempt was lost, or no longer counts."""
    attempt: int = 0
    """The number of a task's last attempt; 0 for all else."""
    recovery: int = -1
    """The recovery of the latest attempt, or of the latest one in it; -1 if there is none, or if that is not known."""
    ran_in: int = -1
    """The recovery of the latest attempt, or of the latest one in it, that was executed."""
    started: float | None = None
    ended: float | None = None
    problem: Problem | None = None
    has_begun: bool = False
    """Whether it is recorded that its code began; that is only recorded where a requirement depends on it."""
    is_passed: bool = False
    failures: int = 0
    """The number of a task's failed attempts in the present recovery."""


class TaskPlace(Struct, frozen=True):
    """The place of a task or container of a run."""

    path: str
    sequence: Sequence


class PoolHold(Struct, frozen=True):
    """An amount of a pool that is held."""

    pool: str
    amount: int
    run: str
    """The id of the run."""
    holder: TaskPlace | None
    """The task or container; None if the run keeps it."""
    orphan_on: str = ""
    """The host where an attempt still runs that has lost its task; '' for any other holder."""
    is_driven: bool = True
    """Whether a process drives the run; it holds amounts without one, while attempts of it go on."""
