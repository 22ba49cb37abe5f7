"""What the driver needs of the world: a store, an executor and a clock, each a Protocol with several adapters."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from selectors import BaseSelector
from typing import TYPE_CHECKING, Protocol

from sequent.model.directives import NO_DIRECTIVES, Directives
from sequent.model.outcome import Failure, LogSpan, Problem
from sequent.model.plan import Plan
from sequent.model.saved import Revision, SavedFrame
from sequent.model.scope import Scope
from sequent.model.spec import Amounts
from sequent.model.status import RunStatus, Status
from sequent.model.target import Target
from sequent.runtime.orders import AttemptOrder, DrawOrder, Report
from sequent.runtime.records import AttemptRecord, Pending, RunOrigin, RunRecord
from sequent.runtime.rows import Ask, Batch, FrameKey, TaskKey, Wait

if TYPE_CHECKING:
    # Most commands remove nothing.
    from sequent.runtime.pruning import Pruned, PruneRule


class ReadRun(Protocol):
    """What the rows of a run say. Every method may raise ``StoreError``."""

    @property
    def record(self) -> RunRecord: ...

    def rename(self, path: Callable[[str], str]) -> None:
        """Know the steps and containers by other paths from now on; ``adopt`` writes them."""
        ...

    def use(self, plan: Plan) -> None:
        """From now on, a node's index is that of this plan."""
        ...

    def saved(
        self, plan: Plan, directives: Directives = NO_DIRECTIVES, *, counting: int | None = None
    ) -> SavedFrame | None:
        """The open part of the run, for a recovery; None where its root has not begun. The run uses the plan.

        Of what is kept, it has what the directives may concern. ``counting`` is the recovery of which failed attempts
        count against retries; None: the present one.
        """
        ...

    def rewound(self, plan: Plan, basis: int) -> tuple[SavedFrame | None, Revision]:
        """The run as it was at the end of a recovery, and what must be written to go on from there.

        The run uses the plan.
        """
        ...

    def begun_places(self) -> set[tuple[str, str]]:
        """The steps and containers that have left anything: path, and ``step``, ``container`` or ``repeat``."""
        ...

    def succeeded_paths(self) -> set[str]:
        """The steps that have succeeded, in any iteration."""
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

    def frame(self, key: FrameKey) -> tuple[int, Status] | None:
        """The id of that iteration of a container (not of a repeated step), and what it is in."""
        ...

    def last_iteration(self, frame: int, step: int) -> int:
        """The last iteration of a repeated step that has begun; 0 where none has."""
        ...

    def failures_within(self, frame: int, node: int, limit: int) -> tuple[int, list[Failure]]:
        """Within a frame's step or container: how many tasks' last attempts are failures, and the first of them."""
        ...

    def wait(self, key: TaskKey, attempt: int) -> Wait | None:
        """Until when is, or was, to be waited before an attempt (0: the delay); None where that was never said."""
        ...

    def kept(self) -> dict[str, int]:
        """How much of each pool of its own the run keeps."""
        ...

    def failures(self, limit: int) -> tuple[int, list[Failure]]:
        """How many tasks' last attempts are failures, and the first of them."""
        ...

    def container_problems(self, limit: int | None = None) -> list[Failure]:
        """The containers that failed for a reason that no attempt tells: the first of them, or all."""
        ...

    def successes(self) -> int:
        """How many tasks have succeeded, in all recoveries."""
        ...


class DrivenRun(ReadRun, Protocol):
    """A run that this process drives: the only door through which it is written.

    Every method may raise ``FencedError`` (somebody took it over), ``StoreBusyError`` (try again later)
    or ``StoreError``.
    """

    @property
    def directory(self) -> str:
        """A directory of the run's own, for logs and large results."""
        ...

    def commit(self, batch: Batch) -> None:
        """Write all of it or nothing; safe to repeat with the same batch."""
        ...

    def adopt(self, plan: Plan, fingerprints: Mapping[str, str]) -> None:
        """Go on with another definition of the flow, now and in later recoveries."""
        ...

    def use_pools(self, capacities: Mapping[str, int], wake: str) -> None:
        """Say which shared pools the run uses, how large it takes them to be, and where its driver is woken.

        Raises ``UsageError`` where another run that is driven takes one to be of another size.
        """
        ...

    def ask(self, asks: Sequence[Ask]) -> list[Ask]:
        """Have each held, if its turn has come; give those that are. The others wait in line, and keep their places."""
        ...

    def wanted_again(self) -> Amounts:
        """What the run had kept of shared pools, and gave back when its driver ended."""
        ...

    def waiting(self, pools: Collection[str]) -> list[str]:
        """Where the drivers of other runs are woken that wait for one of these shared pools."""
        ...

    def free_space(self) -> None:
        """Free the room on the disk that was set aside for writing how the run ended."""
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

    def create(
        self,
        target: Target,
        plan: Plan,
        run_id: str | None,
        fingerprints: Mapping[str, str],
        origin: RunOrigin | None = None,
    ) -> DrivenRun:
        """Make a new run and drive it; ``origin`` is the step that starts it. ``UsageError`` where the id is taken."""
        ...

    def take(self, run_id: str, *, resumes: bool = False, reopens: bool = False) -> DrivenRun:
        """Drive an existing run: its epoch goes up by one, and it is running; one that has succeeded if it ``reopens``.

        Its recovery number goes up as well, unless it ``resumes``: then it is the same recovery that goes on.
        What its tasks held is held no more; what the run keeps is.

        Raises ``BusyError`` where somebody drives it, naming who, where and since when.
        """
        ...

    def runs(self, flow: str | None = None, limit: int | None = None) -> list[RunRecord]:
        """The runs, latest first."""
        ...

    def find(self, run_id: str, flow: str | None = None) -> RunRecord:
        """The run with that id, a unique prefix of it, or ``latest``. Raises ``UnknownRunError``.

        The latest is the latest that no step of another run started.
        """
        ...

    def look(self, run: RunRecord) -> ReadRun:
        """Look at a run, whoever drives it; no lock is taken."""
        ...

    def attempts(self, run: RunRecord, path: str | None = None) -> Iterator[AttemptRecord]:
        """The attempts of a run, by time of start."""
        ...

    def pending(self, run: RunRecord) -> list[Pending]:
        """What the run waits for by the clock, the soonest first."""
        ...

    def container_problems(self, run: RunRecord) -> list[Failure]:
        """The containers of a run that failed for a reason that no attempt tells."""
        ...

    def standings(self, run: RunRecord) -> Mapping[str, Mapping[Status, int]]:
        """By path, how many of a step's tasks and of a container's iterations are in each status, as far as begun."""
        ...

    def picture(self, run: RunRecord) -> str:
        """How the run's flow is drawn, as the first version kept it; empty where it has not."""
        ...

    def log_file(self, run: RunRecord, span: LogSpan) -> str:
        """The path of the file that holds a log span."""
        ...

    def prune(self, rule: PruneRule) -> Pruned:
        """Remove old runs and everything they left behind, or say which; a run that is driven is kept."""
        ...

    def close(self) -> None: ...


class Executor(Protocol):
    """Executes attempts somewhere, and reports what became of them. No method blocks."""

    def open(self, selector: BaseSelector) -> None:
        """Register what wakes the driver: each key's ``data`` is a callable to call when it is ready."""
        ...

    def start(self, order: AttemptOrder) -> None: ...

    def take_back(self, frame: int, node: int, attempt: int) -> None:
        """Take an attempt back, if it has not begun; the answer is ``AttemptTakenBack``, or how it ended."""
        ...

    def draw(self, order: DrawOrder) -> None: ...

    def forget(self, frame: int, node: int) -> None:
        """A repeat whose items were drawn has settled: its iterator is needed no more."""
        ...

    def reports(self) -> list[Report]:
        """What has been reported since the last call; reads what is there, and does not wait."""
        ...

    def seconds_left(self) -> float | None:
        """How long it may take at most until ``reports`` is called again, even if nothing wakes the driver."""
        ...

    def end_tasks(self, *, at_once: bool) -> None:
        """End what is running, with all its children: TERM, grace, KILL; or KILL at once."""
        ...

    def close(self) -> None:
        """End all processes and wait until they are gone."""
        ...


class Observer(Protocol):
    """Whoever watches a run: progress for people. Its methods must be quick, and never raise."""

    def run_began(self, record: RunRecord, plan: Plan) -> None: ...

    def task_started(self, scope: Scope, node: int, attempt: int) -> None: ...

    def task_settled(
        self, scope: Scope, node: int, attempt: int, status: Status, problem: Problem | None, log: LogSpan | None
    ) -> None: ...

    def attempt_failed(
        self, scope: Scope, node: int, attempt: int, problem: Problem, log: LogSpan | None, wait: float
    ) -> None:
        """An attempt failed, and its task has not settled: it will be tried again, after so many seconds."""
        ...

    def task_waits(self, scope: Scope, node: int, seconds: float) -> None:
        """A task, or a container, waits for its delay, and then starts or is skipped or cancelled."""
        ...

    def tasks_queue(self, numbers: Mapping[int, int]) -> None:
        """How many tasks of each step wait for resources; told when nothing else is to be done."""
        ...

    def note(self, text: str) -> None:
        """Something worth a line: a warning, a signal, a lost agent."""
        ...

    def draw_failed(self, node: int, problem: Problem) -> None:
        """A container failed for a reason that no attempt tells; mostly, its items could not be had."""
        ...

    def run_ended(self, status: RunStatus) -> None: ...
