"""Runs the engine on the saved state of a run as if everything succeeded, and records its effects."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator, Mapping

from attrs import define, field, frozen

from sequent.by_fields import ByFields
from sequent.engine import Scheduler
from sequent.model.directives import Directives, Selection
from sequent.model.effects import (
    AskHold,
    AskPerson,
    CloseFrame,
    DrawItem,
    Effect,
    EndRun,
    OpenFrame,
    OpenRepeat,
    PassOver,
    Revise,
    SettleTask,
    StartTask,
    StartTimer,
)
from sequent.model.facts import (
    Fact,
    HoldGranted,
    HostReached,
    ItemsEnded,
    QuestionAnswered,
    RepeatOpened,
    RunStarted,
    TaskBegan,
    TaskSucceeded,
    TimerEnded,
)
from sequent.model.hosts import HERE
from sequent.model.items import Items
from sequent.model.plan import ContainerPlan, Plan, StepPlan
from sequent.model.references import Path
from sequent.model.saved_state import Renewal, SavedBlock, SavedFrame
from sequent.model.scope import Scope, Sequence, host_in, numbers_in
from sequent.model.status import Status, Verdict

Task = tuple[int, Sequence]
"""A step or container by its node's index, and its sequence."""


@frozen(kw_only=True, eq=False, repr=False)
class Basis(ByFields):
    """The state from which a recovery starts."""

    saved: SavedFrame | None
    last_id: int
    kept: dict[str, int]
    """The amount of each pool that the run keeps."""
    recovery: int
    """The number that it will have."""
    directives: Directives


@define
class RecoveryCourse:
    """The course of a recovery if everything succeeds."""

    started: set[Task] = field(factory=set[Task])
    made: set[tuple[Path, Sequence]] = field(factory=set[tuple[Path, Sequence]])
    """The paths of the steps that run, with every beginning of their sequences."""
    skipped: set[Task] = field(factory=set[Task])
    """Steps, and containers that are not opened."""
    passed: set[Task] = field(factory=set[Task])
    again: set[Task] = field(factory=set[Task])
    """Successes that run again by a directive, or with a container around them that keeps nothing."""
    renewed: set[Renewal] = field(factory=set[Renewal])
    """Repeats that begin anew."""
    opened: dict[Task, int | None] = field(factory=dict[Task, int | None])
    """Repeats, by the sequence around, with the number of their items; None if it is not known before."""
    delayed: set[Task] = field(factory=set[Task])
    """Steps and containers that wait before they begin, or begin again."""
    uncertain: set[Task] = field(factory=set[Task])
    """Tasks of which it is known only after others have run whether they run."""
    ending: dict[Task, int] = field(factory=dict[Task, int])
    """Repeats, by the sequence around, that an ``until`` may end after that iteration."""
    asking: set[int] = field(factory=set[int])
    """Steps that run and about whose result a requirement makes a claim, by node index."""
    end: EndRun | None = None

    def is_renewed(self, plan: Plan, task: Task) -> bool:
        """Return whether a task is in a repeat that begins anew."""
        path, sequence = plan.nodes[task[0]].path, task[1]
        return any(
            path[: len(around)] == around and sequence[: len(renewal.sequence)] == renewal.sequence
            for renewal in self.renewed
            for around in (plan.nodes[renewal.node].path,)
        )


ItemsOf = Callable[[Scope, ContainerPlan, RecoveryCourse], Items | None]
"""Returns the items of a repeat; None if they cannot be known yet."""


def dry_run(plan: Plan, basis: Basis, items_of: ItemsOf) -> RecoveryCourse:
    """Return the course of a recovery, provided that all tasks it runs succeed.

    The same engine decides. An ``until`` is taken to be false, and requirements on results not to come true: tasks that
    depend on them are marked as uncertain.

    Args:
        plan: the plan to run.
        basis: the state from which it starts.
        items_of: returns the items of a repeat that opens.
    """
    return _DryRun(plan, basis, items_of).go()


class _DryRun:
    def __init__(self, plan: Plan, basis: Basis, items_of: ItemsOf) -> None:
        self._plan = plan
        self._basis = basis
        self._items_of = items_of
        self._course = RecoveryCourse()
        self._reopened: set[tuple[int, int]] = set()
        """Containers that directives open again: frame around and container."""
        self._left: dict[int, set[int]] = {}
        """Per frame under way: the containers in it that have not been opened."""
        self._scheduler = Scheduler(
            plan,
            slots=1,
            saved=basis.saved,
            last_id=basis.last_id,
            kept=basis.kept,
            recovery=basis.recovery,
            directives=basis.directives,
        )
        self._saved: dict[int, SavedFrame] = {}
        if basis.saved is not None:
            self._saved.update((frame.id, frame) for frame in _frames_in(basis.saved))

    def go(self) -> RecoveryCourse:
        facts: deque[Fact] = deque([RunStarted()])
        while facts:
            for effect in self._scheduler.handle(facts.popleft()):
                facts.extend(self._answer(effect))
        return self._course

    def _answer(self, effect: Effect) -> list[Fact]:
        """Return the facts that follow from an order, if everything succeeds."""
        match effect:
            case StartTask(scope, node, attempt):
                return self._run(scope, node, attempt)
            case AskPerson(scope, node, attempt):
                return self._ask(scope, node, attempt)
            case OpenRepeat(scope, node):
                return self._open(scope, node)
            case DrawItem(scope, node):
                self._course.opened[node, scope.sequence] = None
                return [ItemsEnded(scope.id, node)]
            case StartTimer(scope, node, attempt):
                self._course.delayed.add((node, scope.sequence))
                return [TimerEnded(scope.id, node, attempt)]
            case AskHold(scope, node):
                return [HoldGranted(scope.id, node)]
            case _:
                self._note(effect)
                return []

    def _note(self, effect: Effect) -> None:
        course = self._course
        match effect:
            case SettleTask(scope, node, status) if status in (Status.SKIPPED, Status.CANCELLED):
                course.skipped.add((node, scope.sequence))
                self._doubt(scope, node)
            case PassOver(scope, node):
                course.passed.add((node, scope.sequence))
            case Revise(revision):
                course.passed.update((task.node, task.sequence) for task in revision.passed)
                course.again.update((task.node, task.sequence) for task in revision.outdated)
                self._reopened.update((parent, node) for parent, node, _ in revision.frames)
                self._reopened.update(revision.repeats)
                course.renewed.update(revision.renewed)
                self._reopened.update((renewal.frame, renewal.node) for renewal in revision.renewed)
            case OpenFrame(scope):
                self._begin(scope)
            case CloseFrame(scope):
                for node in self._left.pop(scope.id, ()):
                    course.skipped.add((node, scope.sequence))
                    self._doubt(scope, node)
            case EndRun():
                course.end = effect
            case _:
                pass

    def _begin(self, scope: Scope) -> None:
        """Note that an iteration begins, and so has its container."""
        if scope.parent is not None:
            self._left.get(scope.parent.id, set()).discard(scope.node)
        saved = self._saved.get(scope.id)
        container = self._plan.nodes[scope.node]
        if isinstance(container, ContainerPlan):
            if container.until is not None and container.parallel != 1 and _has_met(saved, container):
                self._may_end(scope)
            blocks: Mapping[int, SavedBlock] = {} if saved is None else saved.blocks
            self._left[scope.id] = {
                index
                for index in container.children
                if isinstance(self._plan.nodes[index], ContainerPlan)
                and ((scope.id, index) in self._reopened or not _is_kept(blocks.get(index)))
            }

    def _run(self, scope: Scope, node: int, attempt: int) -> list[Fact]:
        step = self._note_run(scope, node)
        began: list[Fact] = [TaskBegan(scope.id, node, attempt)] if step.announces else []
        verdict = Verdict.FALSY if step.is_until else Verdict.UNKNOWN
        return [*began, TaskSucceeded(scope.id, node, attempt, verdict)]

    def _note_run(self, scope: Scope, node: int) -> StepPlan:
        step = self._plan.step(node)
        self._course.started.add((node, scope.sequence))
        self._course.made.update(beginnings(step.path, scope.sequence))
        self._doubt(scope, node)
        if step.asked:
            self._course.asking.add(node)
        if step.is_until:
            self._may_end(scope)
        return step

    def _ask(self, scope: Scope, node: int, attempt: int) -> list[Fact]:
        """Answer a question with *yes*."""
        step = self._note_run(scope, node)
        place = Selection(step.path, numbers_in(scope.sequence), host_in(scope.sequence))
        verdict = Verdict.FALSY if step.is_until else Verdict.UNKNOWN
        return [QuestionAnswered(attempt, place, Status.SUCCESS, verdict)]

    def _may_end(self, scope: Scope) -> None:
        """Note that its repeat may end with this iteration, or while it is under way."""
        if scope.parent is not None:
            self._course.ending.setdefault((scope.node, scope.parent.sequence), scope.number)

    def _doubt(self, scope: Scope, node: int) -> None:
        """Note if an ``until`` may have ended the repeat before this iteration."""
        around = scope
        while around.parent is not None:
            first = self._course.ending.get((around.node, around.parent.sequence))
            if first is not None and around.number > first:
                self._course.uncertain.add((node, scope.sequence))
                return
            around = around.parent

    def _open(self, scope: Scope, node: int) -> list[Fact]:
        container = self._plan.container(node)
        self._left.get(scope.id, set()).discard(node)
        items = self._items_of(scope, container, self._course)
        self._course.opened[node, scope.sequence] = None if items is None else len(items)
        if container.is_copied:
            # A copy is shown without its host if that is not known yet.
            hosts = tuple(json.loads(name) for name in items or ()) or (HERE,)
            return [*(HostReached(host, None) for host in hosts), RepeatOpened(scope.id, node, len(hosts), hosts=hosts)]
        # Iterations that had begun are opened again, however many items there are.
        return [RepeatOpened(scope.id, node, 0 if items is None else len(items))]


def beginnings(path: Path, sequence: Sequence) -> Iterator[tuple[Path, Sequence]]:
    """Return a path with every beginning of a sequence."""
    return ((path, sequence[:length]) for length in range(1, len(sequence) + 1))


def _has_met(saved: SavedFrame | None, container: ContainerPlan) -> bool:
    """Return whether an iteration that is opened again ends its repeat, so that others may begin or not."""
    task = None if saved is None or container.until is None else saved.tasks.get(container.children[container.until])
    return task is not None and task.status is Status.SUCCESS and task.verdict is Verdict.TRUTHY


def _is_kept(block: SavedBlock | None) -> bool:
    return block is not None and block.status is Status.SUCCESS


def _frames_in(saved: SavedFrame) -> Iterator[SavedFrame]:
    yield saved
    for block in saved.blocks.values():
        for frame in block.frames.values():
            yield from _frames_in(frame)
