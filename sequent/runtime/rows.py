"""The rows that one turn of a driver writes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from sequent.model.interventions import Decision
from sequent.model.outcome import LogSpan, Problem
from sequent.model.saved_state import FLOW_PLACE
from sequent.model.scope import Scope, Sequence
from sequent.model.spec import Amounts
from sequent.model.status import RunStatus, Status, Verdict
from sequent.model.story import StoryPart
from sequent.runtime.records import RunRecord, Unrun

if TYPE_CHECKING:
    # Agents and workers import rows, but no plan.
    from sequent.model.plan import Plan


class TaskKey(Struct, frozen=True):
    """The place of a task in the store: ``frame`` is a stored frame's id, ``node`` the step's index.

    An iteration of a repeated step has no frame of its own: it is kept in the frame around the repeat, under its
    ``iteration`` number (from 1). Everywhere else ``iteration`` is 0. A container that waits or holds resources is
    named in the same way.
    """

    frame: int
    node: int
    iteration: int


class AttemptOnHost(NamedTuple):
    """An attempt on a host that a driver has handed over, and whose outcome is not written."""

    key: TaskKey | None
    """Its task; None for an orphan: a recovery has let its task begin anew, or the flow has no such step any more."""
    host: str
    token: bytes
    holds: tuple[Hold, ...] = ()
    """The amounts that its task, the containers around it, and the flow hold: until its end is known."""
    sequence: Sequence = ()
    places: frozenset[tuple[int, int]] = frozenset()
    """The frames and nodes of its task, and of the containers around it."""


FLOW = TaskKey(*FLOW_PLACE)
"""The flow, as a holder of resources."""


def task_key(plan: Plan, scope: Scope, node: int) -> TaskKey:
    """Return the place of that task in the store."""
    if scope.parent is not None and plan.container(scope.node).wraps:
        return TaskKey(scope.parent.id, node, scope.number)
    return TaskKey(scope.id, node, 0)


class Intent(Struct, frozen=True):
    """An attempt that is about to be handed to an executor."""

    key: TaskKey
    attempt: int
    token: bytes
    """128 random bits that no other attempt has."""
    at: float
    """Seconds since 1970."""
    item: str | None = None
    """The item of an iteration of a repeated step whose items are drawn."""
    recovery: int = 0
    """The recovery of the run in which it starts."""


PASSED = b""
"""The token of an attempt that was not executed: its task was passed over."""


MARKED = b"marked"
"""The token of an attempt that was not executed: a person gave its task the outcome."""


class Passing(Struct, frozen=True):
    """An attempt for a task that is passed over: it is a success without being executed."""

    key: TaskKey
    attempt: int
    at: float
    recovery: int
    item: str | None = None
    """As in ``Intent``."""


class Beginning(Struct, frozen=True):
    """The start of an attempt's code; written only where a requirement depends on it."""

    key: TaskKey
    attempt: int
    at: float


class Ending(Struct, frozen=True):
    """The end of an attempt; ``status`` is success or failure, or waiting if it was lost."""

    key: TaskKey
    attempt: int
    status: Status
    at: float
    result: str | None = None
    """Wire text; None if there is nothing to keep (a None result is kept as ``null``)."""
    verdict: Verdict = Verdict.UNKNOWN
    problem: Problem | None = None
    log: LogSpan | None = None


class LeftStory(Struct, frozen=True):
    """The notes and artifacts that an attempt has left, in their order."""

    key: TaskKey
    attempt: int
    parts: tuple[StoryPart, ...]


class FrameKey(Struct, frozen=True):
    """The place of a container's iteration in the store: the frame around it, the container, the number."""

    parent: int
    node: int
    number: int


class FrameOpening(Struct, frozen=True):
    """The start of an iteration; the root's parent is 0 and its number 1."""

    key: FrameKey
    id: int
    item: str | None = None
    """Its item, if items are drawn one at a time."""


class RepeatOpening(Struct, frozen=True):
    """The items of a container's repeat, whole; None if they are drawn one at a time."""

    frame: int
    node: int
    items: str | None


class ContainerProblem(Struct, frozen=True):
    """The problem of a container without a failed task: it had no items, or releases more than it holds."""

    frame: int
    node: int
    problem: Problem


class Wait(Struct, frozen=True):
    """The time until which a task or container waits."""

    key: TaskKey
    attempt: int
    """The attempt that is waited for; 0 for a delay, which is waited for once, whichever attempt follows."""
    boot: str
    """The boot of the machine in which ``due_boot`` is valid; '' if only the wall clock decides."""
    due_boot: float
    """Seconds of CLOCK_BOOTTIME."""
    due: float
    """Seconds since 1970."""
    length: float | None
    """Seconds that it takes at most, whatever the wall clock does; None if only that decides."""


class Hold(Struct, frozen=True):
    """The amount of a pool that a task or container holds; without a key, the amount that the run keeps."""

    key: TaskKey | None
    pool: str
    amount: int
    """0: nothing any more."""
    is_shared: bool = False
    """Whether the pool is one of all runs of the store."""


class Ask(Struct, frozen=True):
    """A request for amounts of shared pools; without a key, for those that the run had kept before its recovery."""

    key: TaskKey | None
    amounts: Amounts
    priority: int
    around: tuple[TaskKey, ...] = ()
    """The containers around it: if one of them holds an amount of such a pool, it goes first."""


class RunEnd(NamedTuple):
    """The end of a run."""

    status: RunStatus
    counts: Mapping[Status, int]
    reason: str = ""
    unrun: Unrun | None = None

    def of(self, record: RunRecord, at: float) -> RunRecord:
        """Return the record of a run with this end."""
        ended = replace(record, status=self.status, counts=dict(self.counts), ended=at, reason=self.reason)
        return replace(ended, unrun=self.unrun or {})


class Batch(Struct):
    """The rows that one turn of the driver writes, in one transaction."""

    frames: list[FrameOpening] = []
    repeats: list[RepeatOpening] = []
    endings: list[Ending] = []
    closed_frames: list[tuple[FrameKey, Status]] = []
    """Also for an iteration that is opened again (as ``active``)."""
    closed_repeats: list[tuple[int, int, Status]] = []
    """(frame around, container, status)."""
    container_problems: list[ContainerProblem] = []
    taken_back: list[tuple[TaskKey, int]] = []
    """Attempts that never began and never will; their numbers are free again."""
    intents: list[Intent] = []
    outdated: list[tuple[TaskKey, int]] = []
    """Successes that no longer count: their tasks are to run again."""
    passed: list[Passing] = []
    marked: list[tuple[Intent, Ending]] = []
    """Attempts that were not executed, with the outcomes that people gave them."""
    superseded: list[tuple[TaskKey, int]] = []
    """Attempts of recoveries that the present one does not start from."""
    renewed: list[tuple[int, int, int | None]] = []
    """(frame around, container, the step it wraps): repeats to remove as if they had never begun; written first."""
    restored: list[tuple[Passing, int]] = []
    """Attempts that stand for earlier ones of their tasks, by number, whose outcome counts again."""
    beginnings: list[Beginning] = []
    waits: list[Wait] = []
    holds: list[Hold] = []
    """In order: the last of one holder and pool counts."""
    gone: list[bytes] = []
    """The attempts of earlier drivers on hosts, by token, that are over without an outcome of their task."""
    unrun: Unrun | None = None
    """The numbers of tasks that were not executed, so far."""
    reason: str | None = None
    """Why some tasks wait while the run goes on, such as for a host or an answer: a line each; '' if none waits."""
    stories: list[LeftStory] = []
    """Written with the ends of their attempts."""
    decisions: list[tuple[int, Decision]] = []
    """The decisions on interventions, by their numbers."""
    end: RunEnd | None = None

    def __bool__(self) -> bool:
        return bool(self.intents or self.endings or self.frames or self.closed_frames or self.has_rare_rows)

    @property
    def may_orphan(self) -> bool:
        """Whether attempts that are executed may lose their tasks by it."""
        return bool(self.renewed or self.superseded or self.passed or self.marked)

    @property
    def has_rare_rows(self) -> bool:
        """Whether there is anything but attempts that begin and end, and iterations that do."""
        return bool(
            self.repeats
            or self.closed_repeats
            or self.waits
            or self.holds
            or self.gone
            or self.container_problems
            or self.taken_back
            or self.outdated
            or self.passed
            or self.marked
            or self.superseded
            or self.restored
            or self.renewed
            or self.beginnings
            or self.unrun is not None
            or self.reason is not None
            or self.stories
            or self.decisions
            or self.end
        )
