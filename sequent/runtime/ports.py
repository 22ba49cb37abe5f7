"""What the driver needs of the world: a store, an executor and a clock, each a Protocol with several adapters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from selectors import BaseSelector
from typing import Protocol

from attrs import define, field, frozen

from sequent.model.outcome import LogSpan, Problem
from sequent.model.plan import Plan
from sequent.model.saved import SavedFrame
from sequent.model.scope import Scope
from sequent.model.status import RunStatus, Status, Verdict

# -- the store ------------------------------------------------------------------------------------


@frozen
class TaskKey:
    """Where the store keeps a task: ``frame`` is a stored frame's id, ``node`` the step's index.

    An iteration of a repeated step has no frame of its own: it is kept in the frame around the repeat,
    under its ``iteration`` number (from 1). Everywhere else ``iteration`` is 0.
    """

    frame: int
    node: int
    iteration: int


def task_key(plan: Plan, scope: Scope, node: int) -> TaskKey:
    """Where the store keeps that task."""
    container = plan.nodes[scope.node]
    if scope.parent is not None and getattr(container, "wraps", False):
        return TaskKey(scope.parent.id, node, scope.number)
    return TaskKey(scope.id, node, 0)


@frozen
class Intent:
    """An attempt that is about to be handed to an executor."""

    key: TaskKey
    attempt: int
    token: bytes
    """128 random bits that no other attempt has."""
    at: float
    """Seconds since 1970."""
    item: str | None = None
    """Of an iteration of a repeated step whose items are drawn: its item."""


@frozen
class Ending:
    """How an attempt ended; ``status`` is success or failure, or waiting where it was lost."""

    key: TaskKey
    attempt: int
    status: Status
    at: float
    result: str | None = None
    """Wire text; None where there is nothing to keep (a None result is kept as ``null``)."""
    verdict: Verdict = Verdict.UNKNOWN
    problem: Problem | None = None
    log: LogSpan | None = None


@frozen
class FrameKey:
    """Where the store keeps an iteration of a container: the frame around it, the container, the number."""

    parent: int
    node: int
    number: int


@frozen
class FrameOpening:
    """An iteration has begun; the root's parent is 0 and its number 1."""

    key: FrameKey
    id: int
    item: str | None = None
    """Its item, where items are drawn one at a time."""


@frozen
class RepeatOpening:
    """The items of a container's repeat, whole; None where they are drawn one at a time."""

    frame: int
    node: int
    items: str | None


@define
class Batch:
    """What one turn of the driver writes, in one transaction."""

    frames: list[FrameOpening] = field(factory=list)
    repeats: list[RepeatOpening] = field(factory=list)
    endings: list[Ending] = field(factory=list)
    closed_frames: list[tuple[FrameKey, Status]] = field(factory=list)
    """Written again when an iteration is opened again (as ``active``)."""
    closed_repeats: list[tuple[int, int, Status]] = field(factory=list)
    """(frame around, container, status)."""
    intents: list[Intent] = field(factory=list)
    end: tuple[RunStatus, Mapping[Status, int]] | None = None

    def __bool__(self) -> bool:
        return bool(
            self.intents
            or self.endings
            or self.frames
            or self.closed_frames
            or self.repeats
            or self.closed_repeats
            or self.end
        )


@frozen(kw_only=True)
class Target:
    """Which flow a run is of, and how it is found again."""

    flow: str
    """Its name."""
    file: str = ""
    """The real path of its module's file."""
    module: str = ""
    attribute: str = ""
    is_script: bool = False
    """The flow was built by a script that ran: it is recovered by running the script again."""
    argv: tuple[str, ...] = ()
    """Of a script: its arguments, ``argv[0]`` first."""
    cwd: str = ""
    """The directory in which the run was started; steps run in it."""


@frozen(kw_only=True)
class WorkerSetup:
    """What the workers of a run are told once."""

    run_id: str
    directory: str
    """The run's own directory: segments of logs, the list of workers, the agent's lock."""
    target: Target
    logging_level: int = 20
    sys_path: tuple[str, ...] = ()
    """Where the driver finds modules; empty: where its own interpreter would."""


@frozen(kw_only=True)
class Owner:
    """Who drives a run."""

    pid: int
    started: float
    """When the process started, in seconds since 1970."""
    host: str
    boot: str
    user: str
    since: float
    """When it took the run."""


@frozen(kw_only=True)
class RunRecord:
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
    structure: Mapping[str, str]
    fingerprints: Mapping[str, str]
    """By dotted path, the fingerprint of each step's code."""


@frozen(kw_only=True)
class AttemptRecord:
    """An attempt, as the store has it."""

    path: str
    sequence: str
    attempt: int
    status: Status
    """``active`` where it has no outcome; ``waiting`` where it was lost."""
    started: float
    ended: float | None
    problem: Problem | None
    log: LogSpan | None


class DrivenRun(Protocol):
    """A run that this process drives: the only door through which it is written.

    Every method may raise ``FencedError`` (somebody took it over), ``StoreBusyError`` (try again later)
    or ``StoreError``.
    """

    @property
    def record(self) -> RunRecord: ...

    @property
    def directory(self) -> str:
        """A directory of the run's own, for logs and large results."""
        ...

    def commit(self, batch: Batch) -> None:
        """Write all of it or nothing; safe to repeat with the same batch."""
        ...

    def saved(self, plan: Plan) -> SavedFrame | None:
        """The open part of the run, for a recovery; None where its root has not begun."""
        ...

    def last_id(self) -> int:
        """The highest frame id that was ever used; 0 where none was."""
        ...

    def items(self, frame: int, node: int) -> str | None:
        """The stored items of a repeat; None where none are stored (not opened, or drawn)."""
        ...

    def drawn_items(self, frame: int, node: int, step: int | None) -> Iterator[str]:
        """The items that were drawn, in order; ``step`` is the wrapped step's index, of a repeated step."""
        ...

    def item(self, key: FrameKey) -> str | None:
        """The item that was drawn for that iteration of a container (not of a repeated step)."""
        ...

    def result(self, key: TaskKey) -> str | None:
        """The result of a task's successful attempt; None where there is none."""
        ...

    def results(self, frame: int, step: int) -> Iterator[tuple[int, str]]:
        """The results of a repeated step's successful iterations: (iteration, text), in order."""
        ...

    def frames(self, frame: int, node: int) -> Iterator[tuple[int, int, Status]]:
        """The iterations of a container: (number, id, status), in order."""
        ...

    def failures(self, limit: int) -> tuple[int, list[AttemptRecord]]:
        """How many tasks' last attempts are failures, and the first of them."""
        ...

    def close(self) -> None:
        """Let the run go; it may be taken by somebody else."""
        ...


class Store(Protocol):
    """All runs."""

    @property
    def name(self) -> str:
        """How a user names it: a path, or ``:memory:``."""
        ...

    def create(self, target: Target, plan: Plan, run_id: str | None, fingerprints: Mapping[str, str]) -> DrivenRun:
        """Make a new run and drive it. Raises ``UsageError`` where the id is taken."""
        ...

    def take(self, run_id: str) -> DrivenRun:
        """Drive an existing run: its epoch and its recovery number go up by one, and it is running.

        Raises ``BusyError`` where somebody drives it, naming who, where and since when.
        """
        ...

    def runs(self, flow: str | None = None, limit: int | None = None) -> list[RunRecord]:
        """The runs, latest first."""
        ...

    def find(self, run_id: str, flow: str | None = None) -> RunRecord:
        """The run with that id, a unique prefix of it, or ``latest``. Raises ``UnknownRunError``."""
        ...

    def attempts(self, run: RunRecord, path: str | None = None) -> Iterator[AttemptRecord]:
        """The attempts of a run, by time of start."""
        ...

    def log_file(self, run: RunRecord, span: LogSpan) -> str:
        """The path of the file that holds a log span."""
        ...

    def close(self) -> None: ...


# -- the executor ---------------------------------------------------------------------------------


@frozen(kw_only=True)
class AttemptOrder:
    """All that a worker needs for an attempt, beside the flow's definition."""

    frame: int
    node: int
    attempt: int
    token: str
    """The attempt's own, so that what it does elsewhere can be told from other attempts'."""
    path: str
    sequence: str
    recovery: int
    inputs: tuple[str, ...] = ()
    """The wire text of each reference's value, in the order of ``spec.references_of``, but for flow handles."""
    makers: tuple[str, ...] = ()
    """Beside each input, the dotted path of the step that returned it; empty for parameters and items."""
    attributes: tuple[tuple[str, str], ...] = ()
    """What ``self`` shows, as wire text."""
    item: str | None = None
    announces: bool = False
    wants_verdict: bool = False


@frozen(kw_only=True)
class DrawOrder:
    """Have the items of a repeat found (``number`` 0) or the next one drawn (``number`` from 1).

    ``skip`` items were drawn in earlier recoveries: an iterator is drawn again so far.
    """

    frame: int
    node: int
    number: int
    path: str
    skip: int = 0
    attributes: tuple[tuple[str, str], ...] = ()


@frozen
class AttemptBegan:
    frame: int
    node: int
    attempt: int


@frozen
class AttemptEnded:
    """An attempt has an outcome: a success where there is no problem."""

    frame: int
    node: int
    attempt: int
    result: str | None = None
    verdict: Verdict = Verdict.UNKNOWN
    problem: Problem | None = None
    log: LogSpan | None = None


@frozen
class AttemptLost:
    """An attempt is gone and its code, if it had begun, was stopped; nobody's fault but ours."""

    frame: int
    node: int
    attempt: int
    reason: str
    had_begun: bool
    """A task that had not begun is handed over again, unharmed, and counts no loss."""


@frozen
class RepeatFound:
    """The items: their wire text, or None where an iterator draws them one at a time.

    ``digest`` is that of the items that were skipped (see ``digest_of``).
    """

    frame: int
    node: int
    items: str | None
    digest: str = ""


@frozen
class ItemFound:
    frame: int
    node: int
    number: int
    item: str | None
    """None where there are no more."""


@frozen
class DrawBroke:
    frame: int
    node: int
    problem: Problem


AttemptReport = AttemptBegan | AttemptEnded | AttemptLost
DrawnReport = RepeatFound | ItemFound | DrawBroke
Report = AttemptReport | DrawnReport


class Executor(Protocol):
    """Executes attempts somewhere, and reports what became of them. No method blocks."""

    def open(self, selector: BaseSelector) -> None:
        """Register what wakes the driver: each key's ``data`` is a callable to call when it is ready."""
        ...

    def start(self, order: AttemptOrder) -> None: ...

    def draw(self, order: DrawOrder) -> None: ...

    def reports(self) -> list[Report]:
        """What has been reported since the last call; reads what is there, and does not wait."""
        ...

    def end_tasks(self, *, at_once: bool) -> None:
        """End what is running, with all its children: TERM, grace, KILL; or KILL at once."""
        ...

    def close(self) -> None:
        """End all processes and wait until they are gone."""
        ...


class Clock(Protocol):
    """What time it is."""

    def now(self) -> float:
        """Seconds since 1970."""
        ...

    def monotonic(self) -> float:
        """Seconds from some moment, never going back."""
        ...


class Observer(Protocol):
    """Whoever watches a run: progress for people. Its methods must be quick, and never raise."""

    def run_began(self, record: RunRecord, plan: Plan) -> None: ...

    def task_started(self, scope: Scope, node: int, attempt: int) -> None: ...

    def task_settled(
        self, scope: Scope, node: int, attempt: int, status: Status, problem: Problem | None, log: LogSpan | None
    ) -> None: ...

    def note(self, text: str) -> None:
        """Something worth a line: a warning, a signal, a lost agent."""
        ...

    def draw_failed(self, node: int, problem: Problem) -> None:
        """The items of a container could not be had."""
        ...

    def run_ended(self, status: RunStatus) -> None: ...
