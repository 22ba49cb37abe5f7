"""The fate of each task in a recovery, and why; nothing is run, written or locked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping

from attrs import frozen

from sequent.by_fields import ByFields
from sequent.errors import NotDataError, PartError
from sequent.model.directives import found_status
from sequent.model.inputs import (
    Input,
    ItemInput,
    ItemsCallPlan,
    ItemsLiteralPlan,
    PreviousInput,
    ResultInput,
    ResultOrInput,
    inputs_in,
)
from sequent.model.items import Items
from sequent.model.plan import ContainerPlan, Plan, StepPlan
from sequent.model.references import dotted
from sequent.model.saved_state import SavedFrame, SavedTask
from sequent.model.scope import Scope, Sequence, address_of, depth_of_host, host_in, path_on_host, sequence_text
from sequent.model.status import Status
from sequent.runtime.driver.adapters import is_local
from sequent.runtime.driver.values import Values
from sequent.runtime.ports import ReadRun
from sequent.runtime.recovery.dry_run import Basis, RecoveryCourse, Task, dry_run
from sequent.runtime.recovery.fate_sentences import FoundStatus, Reasons
from sequent.runtime.recovery.fates import Fate
from sequent.runtime.recovery.prepared_recovery import LoadedRun
from sequent.runtime.recovery.task_selection import SelectedTasks, shared_sequence


@frozen(eq=False, repr=False)
class PlannedTask(ByFields):
    """A step in one sequence; or a container whose contents are not known, or not entered."""

    path: str
    sequence: str
    fate: Fate
    reason: str
    """In a sentence."""
    host: str = ""
    """The host that it has a copy for; empty if there are no copies."""
    host_depth: int = 0
    """The number of names of the path up to the step or container that has the copies."""

    @property
    def located(self) -> str:
        """The path with the host in its place: ``load@etl2``."""
        return path_on_host(self.path, self.host, self.host_depth)


@frozen(kw_only=True, eq=False, repr=False)
class RecoveryPlan(ByFields):
    """The course of a recovery, provided that all tasks it runs succeed."""

    tasks: tuple[PlannedTask, ...]
    """In the order of the plan, and of their sequences."""
    notes: tuple[str, ...] = ()
    """The things that are unknown before some task has run."""
    lacking: tuple[tuple[str, str], ...] = ()
    """The tasks that need the result of a task that is passed over, and that task."""

    @property
    def counts(self) -> Mapping[Fate, int]:
        """The number of tasks of each fate."""
        return Counter(task.fate for task in self.tasks)


def plan_recovery(
    plan: Plan,
    run: ReadRun,
    selected: SelectedTasks,
    loaded: LoadedRun,
    last_ends: Iterable[tuple[str, Sequence, bool]],
    *,
    assumed_lost: Collection[str] = (),
) -> RecoveryPlan:
    """Plan a recovery.

    Args:
        plan: the plan to run.
        run: the run, as its rows show it.
        selected: the directives given by hand.
        loaded: the state that it starts from.
        last_ends: the tasks that have attempts: path, sequence, and whether the last is a success. Those of open
            iterations may be left out.
        assumed_lost: the hosts whose attempts are given up.
    """
    return _Planning(plan, run, selected, loaded, assumed_lost).plan(last_ends)


class _Planning:
    def __init__(
        self, plan: Plan, run: ReadRun, selected: SelectedTasks, loaded: LoadedRun, assumed_lost: Collection[str]
    ) -> None:
        self._plan = plan
        self._run = run
        self._selected = selected
        self._saved, self._rewound = loaded.saved, loaded.revision
        self._basis = Basis(
            saved=self._saved,
            last_id=run.last_id(),
            kept=run.kept(),
            recovery=run.record.recovery + 1,
            directives=selected.directives,
        )
        self._values = Values(plan, run)
        self._unknown: set[Task] = set()
        self._on_hosts: dict[Task, str] = {
            (each.key.node, each.sequence): each.host
            for each in run.handed_over()
            if each.key is not None and each.host not in assumed_lost and not is_local(each.host)
        }
        """The tasks whose attempts hosts may know."""
        self._orphans: dict[Task, str] = {}
        """Those of them that do not go on with their attempts."""
        self._steps = {dotted(node.path): node.index for node in plan.nodes if isinstance(node, StepPlan)}

    def plan(self, last_ends: Iterable[tuple[str, Sequence, bool]]) -> RecoveryPlan:
        course = dry_run(self._plan, self._basis, self._items_of)
        found = dict(_found_in(self._saved, self._plan)) if self._saved is not None else {}
        for each in self._rewound.superseded:
            if found[each.node, each.sequence].status is not Status.SUCCESS:
                found[each.node, each.sequence] = FoundStatus(Status.READY, had_not_succeeded=True)
        for path, sequence, is_success in last_ends:
            index = self._steps.get(path)
            if index is not None and (index, sequence) not in found:
                found[index, sequence] = FoundStatus(
                    Status.SUCCESS if is_success else Status.FAILURE, is_kept_whole=True
                )
        course.renewed.update(self._rewound.renewed)
        # Tasks in a repeat that begins anew are as if they had never run.
        found = {task: status for task, status in found.items() if not course.is_renewed(self._plan, task)}
        superseded = {(each.node, each.sequence) for each in self._rewound.superseded}
        for task in [*self._on_hosts]:
            if task in superseded or task in course.passed or course.is_renewed(self._plan, task):
                self._orphans[task] = self._on_hosts.pop(task)
        reasons = Reasons(self._plan, course, found, self._selected)
        renewed = ((renewal.node, renewal.sequence) for renewal in course.renewed)
        tasks = sorted({*found, *course.started, *course.skipped, *course.passed, *renewed})
        return RecoveryPlan(
            tasks=tuple(self._task(task, course, reasons) for task in tasks),
            notes=tuple(self._notes(course)),
            lacking=tuple(reasons.lacking()),
        )

    def _task(self, task: Task, course: RecoveryCourse, reasons: Reasons) -> PlannedTask:
        path, sequence = dotted(self._plan.nodes[task[0]].path), task[1]
        fate, reason = self._fate(task, course, reasons)
        return PlannedTask(path, sequence_text(sequence), fate, reason, host_in(sequence), depth_of_host(sequence))

    def _fate(self, task: Task, course: RecoveryCourse, reasons: Reasons) -> tuple[Fate, str]:
        if any(task == (renewal.node, renewal.sequence) for renewal in course.renewed):
            return Fate.RERUN, reasons.of_renewed(task, is_rewound=bool(self._rewound.renewed))
        if task in course.passed:
            return Fate.PASSED, reasons.of_passed(task)
        if task in course.started or task in course.skipped:
            doubt = reasons.of_doubt(task)
            if doubt:
                return Fate.OPEN, doubt
            if task in course.started and task in self._on_hosts:
                return (
                    Fate.JOIN,
                    f"its attempt is on {self._on_hosts[task]}, which tells whether it goes on or has ended",
                )
            if task in course.started:
                return Fate.RERUN, reasons.of_rerun(task)
            return Fate.BLOCKED, reasons.of_blocked(task)
        doubt = reasons.of_kept_doubt(task)
        return (Fate.OPEN, doubt) if doubt else (Fate.KEPT, reasons.of_kept(task))

    def _notes(self, course: RecoveryCourse) -> Iterator[str]:
        for (node, sequence), count in sorted(course.opened.items()):
            if count is None:
                container, name = self._plan.container(node), address_of(self._plan.nodes[node].path, sequence)
                more = "run on other hosts, and on more of them," if container.is_copied else "have more iterations"
                yield f"'{name}' may {more} than are shown"
        for (node, sequence), number in sorted(course.ending.items()):
            name = address_of(self._plan.nodes[node].path, sequence)
            yield f"'{name}' may end with iteration {number} or any after it; those after it are shown as if it did not"
        for (node, sequence), host in self._orphans.items():
            name = address_of(self._plan.nodes[node].path, sequence)
            yield f"the attempt of '{name}' that {host} may still execute is ended there"
        blocked = course.end.blocked if course.end is not None else ()
        for wait in blocked:
            name = address_of(self._plan.nodes[wait.node].path, wait.scope.sequence)
            yield f"'{name}' would wait for {wait.wanted} of pool '{wait.pool}', of which {wait.free} is free"

    # -- items --------------------------------------------------------------------------------

    def _items_of(self, scope: Scope, container: ContainerPlan, course: RecoveryCourse) -> Items | None:
        """Return a repeat's items: as stored when it began, otherwise as far as it can be known now."""
        renewed = {(renewal.frame, renewal.node) for renewal in (*course.renewed, *self._rewound.renewed)}
        is_stored = scope.id <= self._basis.last_id and (scope.id, container.index) not in renewed
        text = self._run.items(scope.id, container.index) if is_stored else None
        source = container.repeats
        if isinstance(source, ItemsLiteralPlan):
            text = text or source.text
        elif text is None and source is not None and not isinstance(source, ItemsCallPlan):
            text = self._text_of(scope, source, course)
        if text is None:
            self._unknown.add((container.index, scope.sequence))
            return None
        try:
            items = Items(text)
        except NotDataError:
            return None
        self._values.open_repeat(scope.id, container.index, items)
        return items

    def _text_of(self, scope: Scope, source: Input, course: RecoveryCourse) -> str | None:
        """Return a value, unless it depends on a task that would run first."""
        for value in inputs_in(source):
            if isinstance(value, ItemInput) and self._is_unknown(scope, value.container):
                return None
            if isinstance(value, ResultInput | ResultOrInput) and self._is_made_again(scope, value, course):
                return None
            if isinstance(value, PreviousInput):
                return None
        try:
            return self._values.text_of(scope, source)
        except (NotDataError, PartError):
            return None

    def _is_unknown(self, scope: Scope, container: int) -> bool:
        around: Scope | None = scope
        while around is not None and around.node != container:
            around = around.parent
        return around is None or around.parent is None or (container, around.parent.sequence) in self._unknown

    def _is_made_again(self, scope: Scope, value: ResultInput | ResultOrInput, course: RecoveryCourse) -> bool:
        shared = shared_sequence(self._plan, value.node, scope.sequence)
        is_new = scope.id > self._basis.last_id and len(shared) == len(scope.sequence)
        # A restored success has its earlier result.
        restored = ((self._plan.nodes[task.node].path, task.sequence) for task, _ in self._rewound.restored)
        return is_new or (value.maker, shared) in course.made or (value.maker, shared) in restored


def _found_in(saved: SavedFrame, plan: Plan, sequence: Sequence = (1,)) -> Iterator[tuple[Task, FoundStatus]]:
    """Yield every loaded task, and its status."""
    for index, task in saved.tasks.items():
        yield (index, sequence), _found(task)
    for index, block in saved.blocks.items():
        for number, frame in block.frames.items():
            within = plan.container(index).sequence_within(sequence, number, block.hosts)
            yield from _found_in(frame, plan, within)


def _found(task: SavedTask) -> FoundStatus:
    return FoundStatus(found_status(task), waits=task.waits, was_handed_over=task.status is Status.ACTIVE)
