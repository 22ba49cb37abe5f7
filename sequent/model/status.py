"""The statuses of tasks, and the claims of requirements."""

from __future__ import annotations

from enum import Enum, StrEnum


class Status(StrEnum):
    """The status of a task, a container or an iteration."""

    WAITING = "waiting"
    READY = "ready"
    ACTIVE = "active"
    SUCCESS = "success"
    FAILURE = "failure"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"

    @property
    def is_settled(self) -> bool:
        """Whether the status is final within this recovery."""
        return self in SETTLED


SETTLED = frozenset({Status.SUCCESS, Status.FAILURE, Status.SKIPPED, Status.CANCELLED})


class Claim(StrEnum):
    """A claim of a requirement about a step or container."""

    READY = "ready"
    ACTIVE = "active"
    SUCCESS = "success"
    FAILURE = "failure"
    COMPLETE = "complete"
    SKIPPED = "skipped"
    DONE = "done"
    RETURNED = "returned"
    """Success with one of certain values as its result."""
    # The original's names, of which two name stages between ready and active.
    ready = allocate = fueled = READY
    active = ACTIVE
    success = SUCCESS
    failure = FAILURE
    complete = COMPLETE

    def __repr__(self) -> str:
        return f"STEP_{self.name}"


SETTLES: dict[Status, frozenset[Claim]] = {
    Status.SUCCESS: frozenset({Claim.READY, Claim.ACTIVE, Claim.SUCCESS, Claim.COMPLETE, Claim.DONE}),
    Status.FAILURE: frozenset({Claim.READY, Claim.ACTIVE, Claim.FAILURE, Claim.COMPLETE, Claim.DONE}),
    Status.SKIPPED: frozenset({Claim.SKIPPED, Claim.DONE}),
    Status.CANCELLED: frozenset({Claim.DONE}),
}
"""The claims that are true once a task has settled with a status. Every other claim can then never be true,
except ready and active of a task that had been ready and active before it settled.
"""


class RunStatus(StrEnum):
    """The status of a run.

    Two are never stored: ``interrupted`` is a running run without a driver, and ``damaged`` one that cannot be read.
    """

    RUNNING = "running"
    SUCCESS = "success"
    FAILURE = "failure"
    STOPPED = "stopped"
    SUSPENDED = "suspended"
    """Only delays remain, and the driver did not wait for them: continue the run later."""
    INTERRUPTED = "interrupted"
    DAMAGED = "damaged"


WITH_WAITS = (RunStatus.RUNNING, RunStatus.INTERRUPTED, RunStatus.SUSPENDED, RunStatus.STOPPED)
"""The statuses of runs whose waits still count."""


class Construct(StrEnum):
    """The ways to execute a step's code."""

    PROCESS = "process"
    THREAD = "thread"
    INVOKE = "invoke"


class Verdict(Enum):
    """The meaning of an attempt's result for ``until``, reported by the worker: the engine does not see results."""

    UNKNOWN = 0
    FALSY = 1
    TRUTHY = 2


class Action(StrEnum):
    """The action of a recovery for a task in a certain status."""

    RERUN = "rerun"
    SKIP = "skip"
    """The task is not run, and counts as a success."""
    # The original's names.
    rerun = RERUN
    skip = SKIP

    def __repr__(self) -> str:
        return f"STP_{self.name}"


DEFAULT_ACTIONS: dict[Status, Action] = {
    Status.READY: Action.RERUN,
    Status.ACTIVE: Action.RERUN,
    Status.FAILURE: Action.RERUN,
    Status.SUCCESS: Action.SKIP,
}
"""The default actions of a recovery."""
