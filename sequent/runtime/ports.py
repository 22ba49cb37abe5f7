"""The ports of the driver to the world: a store, an executor and a clock, each a Protocol with several adapters."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from selectors import BaseSelector
from typing import TYPE_CHECKING, Protocol

from sequent.model.directives import NO_DIRECTIVES, Directives
from sequent.model.interventions import Intervention, InterventionRecord
from sequent.model.outcome import Failure, LogSpan
from sequent.model.plan import Plan
from sequent.model.run_target import Target
from sequent.model.saved_state import Revision, SavedFrame
from sequent.model.spec import Amounts
from sequent.model.status import Status
from sequent.runtime.orders import AttemptOrder, DrawOrder, Report
from sequent.runtime.records import AttemptRecord, Pending, RunOrigin, RunRecord
from sequent.runtime.rows import Ask, AttemptOnHost, Batch, FrameKey, TaskKey, Wait
from sequent.runtime.run_list_port import RunList
from sequent.runtime.story_port import Stories

if TYPE_CHECKING:
    # Most commands look at no single place, and remove nothing.
    from sequent.runtime.place_port import ReadPlaces
    from sequent.runtime.pruning import Pruned, PruneRule


class ReadRun(Protocol):
    """The rows of a run. Every method may raise ``StoreError``."""

    @property
    def record(self) -> RunRecord: ...

    def rename(self, path: Callable[[str], str]) -> None:
        """Rename the paths of steps and containers from now on; ``adopt`` writes them."""
        ...

    def use(self, plan: Plan) -> None:
        """Use the node indexes of this plan from now on."""
        ...

    def saved(
        self, plan: Plan, directives: Directives = NO_DIRECTIVES, *, counting: int | None = None
    ) -> SavedFrame | None:
        """Return the open part of the run, for a recovery; None if its root has not begun. The run uses the plan.

        It includes kept tasks that the directives may concern. ``counting`` is the recovery whose failed attempts count
        against retries; None: the present one.
        """
        ...

    def rewound(self, plan: Plan, basis: int) -> tuple[SavedFrame | None, Revision]:
        """Return the run at the end of a recovery, and the changes that return the store to it. It uses the plan."""
        ...

    def begun_places(self) -> set[tuple[str, str]]:
        """Return the steps and containers with rows: path, and ``step``, ``container``, ``repeat`` or ``copies``."""
        ...

    def succeeded_paths(self) -> set[str]:
        """Return the steps that have succeeded, in any iteration."""
        ...

    def last_id(self) -> int:
        """Return the highest frame id that was ever used; 0 if there is none."""
        ...

    def items(self, frame: int, node: int) -> str | None:
        """Return the stored items of a repeat; None if none are stored (not opened, or drawn)."""
        ...

    def drawn_items(self, frame: int, node: int, step: int | None) -> Iterator[tuple[int, str]]:
        """Yield numbers and items of the iterations that have begun; ``step`` is the wrapped one of a repeated step."""
        ...

    def item(self, key: FrameKey) -> str | None:
        """Return the item that was drawn for that iteration of a container (not of a repeated step)."""
        ...

    def result(self, key: TaskKey) -> str | None:
        """Return the result of a task's successful attempt; None if there is none."""
        ...

    def results(self, frame: int, step: int) -> Iterator[tuple[int, str]]:
        """Yield the results of a repeated step's successful iterations: (iteration, text), in order."""
        ...

    def frames(self, frame: int, node: int) -> Iterator[tuple[int, int, Status]]:
        """Yield the iterations of a container: (number, id, status), in order."""
        ...

    def frame(self, key: FrameKey) -> tuple[int, Status] | None:
        """Return id and status of that iteration of a container (not of a repeated step)."""
        ...

    def last_iteration(self, frame: int, step: int) -> int:
        """Return the last iteration of a repeated step that has begun; 0 if none has."""
        ...

    def failures_within(self, frame: int, node: int, limit: int) -> tuple[int, list[Failure]]:
        """Return the number of tasks in a node of a frame whose last attempts failed, and the first of them."""
        ...

    def wait(self, key: TaskKey, attempt: int) -> Wait | None:
        """Return the wait before an attempt (0: the delay); None if there never was one."""
        ...

    def kept(self) -> dict[str, int]:
        """Return the amount of each pool of its own that the run keeps."""
        ...

    def failures(self, limit: int) -> tuple[int, list[Failure]]:
        """Return the number of tasks whose last attempts failed, and the first of them."""
        ...

    def handed_over(self) -> list[AttemptOnHost]:
        """Return the attempts on hosts that a driver has handed over, and whose outcomes are not written."""
        ...

    def container_problems(self, limit: int | None = None) -> list[Failure]:
        """Return the containers that failed without a failed attempt: the first of them, or all."""
        ...

    def successes(self) -> int:
        """Return the number of tasks that have succeeded, in all recoveries."""
        ...


class DrivenRun(ReadRun, Protocol):
    """A run that this process drives: the only way to write it.

    Every method may raise ``FencedError`` (another process took it over), ``StoreBusyError`` (try again later)
    or ``StoreError``.
    """

    @property
    def directory(self) -> str:
        """A directory of the run's own, for logs and large results."""
        ...

    def commit(self, batch: Batch) -> None:
        """Write all of the batch or nothing; safe to repeat with the same batch."""
        ...

    def adopt(self, plan: Plan, fingerprints: Mapping[str, str]) -> None:
        """Use another definition of the flow, now and in later recoveries."""
        ...

    def use_pools(self, capacities: Mapping[str, int]) -> None:
        """Write the shared pools that the run uses, and their sizes.

        Raises ``UsageError`` if another run that is driven gives one of them another size.
        """
        ...

    def ask(self, asks: Sequence[Ask]) -> list[Ask]:
        """Grant the requests whose turn it is, and return them. The others wait in line, and keep their places."""
        ...

    def wanted_again(self) -> Amounts:
        """Return the amounts of shared pools that the run had kept, and gave back when its driver ended."""
        ...

    def is_overtaken(self) -> bool:
        """Return whether other processes have written since the last call, as far as that is known."""
        ...

    def wake_waiting(self, pools: Collection[str]) -> None:
        """Wake the drivers of the other runs that wait for one of these pools."""
        ...

    def interventions(self) -> list[InterventionRecord]:
        """Return the interventions of people in the run, in order, with their outcomes."""
        ...

    def new_interventions(self) -> list[InterventionRecord]:
        """Return the open interventions of people, unless nothing was written since the last call.

        It does not wait for a locked store: ``StoreBusyError``.
        """
        ...

    def watch(self, selector: BaseSelector, on_wake: Callable[[], None]) -> None:
        """Let the selector call the function as ``Store.wake`` wakes it, or raise ``FencedError`` if it is fenced."""

    def free_space(self) -> None:
        """Free the room on the disk that was reserved for writing how the run ended."""

    def close(self) -> None:
        """Release the run; another process may then take it."""
        ...


class Store(RunList, Stories, Protocol):
    """All runs."""

    @property
    def name(self) -> str:
        """The name by which a user knows it: a path, or ``:memory:``."""
        ...

    def create(
        self,
        target: Target,
        plan: Plan,
        run_id: str | None,
        fingerprints: Mapping[str, str],
        origin: RunOrigin | None = None,
    ) -> DrivenRun:
        """Make a new run and drive it; ``origin`` is the step that starts it. ``UsageError`` if the id is taken."""
        ...

    def take(self, run_id: str, *, resumes: bool = False, reopens: bool = False, forces: bool = False) -> DrivenRun:
        """Drive an existing run: its epoch goes up by one; its status is running, of a success if it ``reopens``.

        Its recovery number goes up as well, unless it ``resumes``. The holds of its tasks are removed, but not the
        amounts that the run keeps. Raises ``BusyError`` if another process drives it, which the error names.
        With ``forces``, that process is fenced and loses the run.
        """
        ...

    def look(self, run: RunRecord) -> ReadRun:
        """Read a run, whichever process drives it; no lock is taken."""
        ...

    def places(self, run: RunRecord) -> ReadPlaces:
        """Read the places of a run, whichever process drives it; no lock is taken."""
        ...

    def attempts(self, run: RunRecord, path: str | None = None) -> Iterator[AttemptRecord]:
        """Yield the attempts of a run, by time of start."""
        ...

    def intervene(self, run: RunRecord, request: Intervention) -> int:
        """Ask a run for something, whichever process drives it; return the number of the request in the run."""
        ...

    def interventions(self, run: RunRecord) -> list[InterventionRecord]:
        """Return the interventions of people in a run, in order, with their outcomes."""
        ...

    def pending(self, run: RunRecord) -> list[Pending]:
        """Return the run's waits for a time, the soonest first."""
        ...

    def container_problems(self, run: RunRecord) -> list[Failure]:
        """Return the containers of a run that failed without a failed attempt."""
        ...

    def standings(self, run: RunRecord) -> Mapping[str, Mapping[Status, int]]:
        """Return, by path, the number of tasks or iterations that have begun in each status."""
        ...

    def picture(self, run: RunRecord) -> str:
        """Return the drawing of the run's flow, as the first version kept it; '' for other runs."""
        ...

    def log_file(self, run: RunRecord, span: LogSpan) -> str:
        """Return the path of the file with a log span.

        Raises:
            LogElsewhereError: it is on another machine.
        """
        ...

    def wake(self, run: RunRecord) -> None:
        """Wake the driver of a run, wherever it is, to news in the store that is committed; raise nothing.

        A hint may be lost, such as behind a pooler. So drivers look for news every few seconds besides.
        """
        ...

    def prune(self, rule: PruneRule) -> Pruned:
        """Remove old runs with all their files, or report them; a run that is driven is kept."""
        ...

    def close(self) -> None: ...


class Executor(Protocol):
    """Executes attempts, and reports their outcomes. No method blocks."""

    def open(self, selector: BaseSelector) -> None:
        """Register the files that wake the driver: each key's ``data`` is a callable to call when it is ready."""
        ...

    def start(self, order: AttemptOrder) -> None: ...

    def take_back(self, frame: int, node: int, attempt: int) -> None:
        """Take an attempt back, if it has not begun; the answer is ``AttemptTakenBack``, or its outcome."""
        ...

    def draw(self, order: DrawOrder) -> None: ...

    def forget(self, frame: int, node: int) -> None:
        """Drop the iterator of a repeat that has settled."""
        ...

    def reports(self) -> list[Report]:
        """Return the reports since the last call, without waiting."""
        ...

    def seconds_left(self) -> float | None:
        """Return the seconds until ``reports`` must be called again, even if nothing wakes the driver."""
        ...

    def end_tasks(self, *, at_once: bool) -> None:
        """End all running attempts, with all their children: TERM, grace, KILL; or KILL at once."""
        ...

    def close(self) -> None:
        """End all processes and wait until they are gone."""
        ...
