"""What a store would have of a run, kept in memory beside the engine."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import define, field
from msgspec.structs import replace

from sequent.model.directives import NO_DIRECTIVES, Directives
from sequent.model.effects import CloseFrame, OpenFrame
from sequent.model.facts import QuestionAnswered, TaskMarked
from sequent.model.plan import ContainerPlan, Plan, StepPlan
from sequent.model.references import dotted
from sequent.model.saved_state import Revision, SavedBlock, SavedFrame, SavedTask
from sequent.model.scope import Scope, Sequence
from sequent.model.status import Status, Verdict

Key = tuple[str, Sequence]
"""A task: its dotted path and its sequence. A container in one iteration: its path and the sequence around it."""


@define
class FrameRow:
    """An iteration of a container, as a store has it; its children's rows bear its id."""

    id: int
    status: Status
    sequence: Sequence


@define
class Rows:
    """What a store would have of a run, whatever the engine remembers."""

    plan: Plan
    frames: dict[tuple[int, int, int], FrameRow] = field(factory=dict)
    """By the frame around, the container and the number."""
    tasks: dict[tuple[int, int, int], SavedTask] = field(factory=dict)
    """By the frame, the step and, of a repeated step, the number."""
    repeats: dict[tuple[int, int], Status] = field(factory=dict)
    """By the frame around and the container."""
    hosts: dict[tuple[int, int], tuple[str, ...]] = field(factory=dict)
    """Those of copies, as ``repeats``."""
    kept: dict[str, int] = field(factory=dict)
    """What the run keeps of each pool."""
    waits: set[tuple[int, int, int]] = field(factory=set)
    """Tasks before whose next attempt a wait has begun."""
    last_id: int = 0
    recovery: int = 0
    directives: Directives = NO_DIRECTIVES

    def task_key(self, scope: Scope, node: int) -> tuple[int, int, int]:
        if _container(self.plan, scope.node).wraps and scope.parent is not None:
            return scope.parent.id, node, scope.number
        return scope.id, node, 0

    def open_frame(self, effect: OpenFrame) -> None:
        scope = effect.scope
        key = (scope.parent.id if scope.parent else 0, scope.node, scope.number)
        if effect.is_new:
            assert key not in self.frames, f"{scope} is not new"
            assert scope.id > self.last_id, f"the id of {scope} was used before"
            self.frames[key] = FrameRow(scope.id, Status.ACTIVE, scope.sequence)
        else:
            assert self.frames[key].id == scope.id, f"{scope} is opened again under another id"
            self.frames[key].status = Status.ACTIVE

    def close_frame(self, effect: CloseFrame) -> None:
        scope = effect.scope
        row = self.frames[scope.parent.id if scope.parent else 0, scope.node, scope.number]
        assert row.status is Status.ACTIVE, f"{scope} was closed before"
        row.status = effect.status

    def revise(self, revision: Revision) -> None:
        for renewal in revision.renewed:
            self._forget(renewal.frame, _container(self.plan, renewal.node))
        for mark in revision.outdated:
            key = (mark.frame, mark.node, mark.iteration)
            assert self.tasks[key].status is Status.SUCCESS
            self.tasks[key] = replace(self.tasks[key], status=Status.WAITING)
        for mark in revision.passed:
            self.pass_over((mark.frame, mark.node, mark.iteration), mark.attempt)
        for frame in revision.frames:
            self.frames[frame].status = Status.ACTIVE
        for repeat in revision.repeats:
            self.repeats[repeat] = Status.ACTIVE

    def _forget(self, frame: int, node: ContainerPlan) -> None:
        """A repeat is as if it had never begun."""
        self.repeats.pop((frame, node.index), None)
        self.hosts.pop((frame, node.index), None)
        for key in [key for key in self.frames if key[:2] == (frame, node.index)]:
            row = self.frames.pop(key)
            for child in (self.plan.nodes[index] for index in node.children):
                if isinstance(child, ContainerPlan):
                    self._forget(row.id, child)
            self.tasks = {place: task for place, task in self.tasks.items() if place[0] != row.id}
            self.waits = {place for place in self.waits if place[0] != row.id}
        if node.wraps:
            gone = {place for place in self.tasks if place[:2] == (frame, node.children[0])}
            self.tasks = {place: task for place, task in self.tasks.items() if place not in gone}
            self.waits -= gone

    def pass_over(self, key: tuple[int, int, int], attempt: int) -> None:
        before = self.tasks.get(key, SavedTask(Status.WAITING, 0, ran_in=-1))
        assert attempt == before.attempt + 1
        self.tasks[key] = SavedTask(Status.SUCCESS, attempt, recovery=self.recovery, ran_in=before.ran_in)

    def mark(self, key: tuple[int, int, int], attempt: int, fact: TaskMarked | QuestionAnswered) -> None:
        before = self.tasks.get(key, SavedTask(Status.WAITING, 0))
        assert attempt == before.attempt + 1
        self.waits.discard(key)
        self.tasks[key] = SavedTask(
            fact.status, attempt, fact.verdict, fact.answers, recovery=self.recovery, ran_in=self.recovery
        )

    def iterations(self) -> dict[Key, FrameRow]:
        """Each iteration under its container's path with a slash, and its sequence."""
        rows = self.frames.items()
        return {(dotted(self.plan.nodes[node].path) + "/", row.sequence): row for (_, node, _), row in rows}

    def sequences(self) -> list[Key]:
        """Every task that has begun."""
        places = {row.id: row.sequence for row in self.frames.values()}
        found = [(node, (*places[frame], *((number,) if number else ()))) for frame, node, number in self.tasks]
        return [(dotted(self.plan.nodes[node].path), sequence) for node, sequence in found]

    def saved(self) -> SavedFrame | None:
        root = self.frames.get((0, 0, 1))
        if root is None:
            return None
        return replace(self._frame(root.id, _container(self.plan, 0), is_whole=False), status=root.status)

    def _frame(self, frame: int, container: ContainerPlan, *, is_whole: bool) -> SavedFrame:
        tasks, blocks = {}, {}
        for index in container.children:
            node = self.plan.nodes[index]
            if isinstance(node, ContainerPlan):
                block = self._block(frame, node, is_whole=is_whole)
                if block is not None:
                    blocks[index] = block
            elif (frame, index, 0) in self.tasks:
                tasks[index] = self._task(frame, index, 0)
        return SavedFrame(frame, tasks, blocks)

    def _block(self, frame: int, node: ContainerPlan, *, is_whole: bool) -> SavedBlock | None:
        numbers = self._iterations(frame, node)
        status = self.repeats.get((frame, node.index)) if node.repeats is not None else numbers.get(1)
        if status is None and not numbers:
            return None
        drawn = max(numbers, default=0)
        saved = {}
        reruns = self._reruns_inside()
        if status is not Status.SUCCESS or is_whole or node.index in self.plan.reactions or reruns:
            is_whole = is_whole or (status is Status.SUCCESS and node.index in self.plan.reactions)
            for number in range(1, drawn + 1):
                if is_whole or reruns or numbers.get(number) is not Status.SUCCESS:
                    saved[number] = self._iteration(frame, node, number, is_whole=is_whole)
        has_ended = any(
            number_status is Status.SUCCESS and self._verdict(frame, node, number) is Verdict.TRUTHY
            for number, number_status in numbers.items()
        )
        answers = self._answers(frame, node) if status is Status.SUCCESS and node.repeats is None else ()
        inside = list(self._inside(frame, node))
        recovery = max((task.recovery for task in inside), default=-1)
        ran_in = max((task.ran_in for task in inside), default=-1)
        status = status or Status.ACTIVE
        hosts = self.hosts.get((frame, node.index), ())
        return SavedBlock(status, drawn, saved, has_ended, answers, recovery=recovery, ran_in=ran_in, hosts=hosts)

    def _reruns_inside(self) -> bool:
        """Whether a directive may make something run again that is in a kept container."""
        steps = (node for node in self.plan.nodes if isinstance(node, StepPlan))
        return bool(self.directives) or any(step.recovery for step in steps)

    def _inside(self, frame: int, node: ContainerPlan) -> Iterator[SavedTask]:
        """Every task in a container, however deep."""
        if node.wraps:
            yield from (task for (f, step, _), task in self.tasks.items() if (f, step) == (frame, node.children[0]))
            return
        for row in [row for (f, index, _), row in self.frames.items() if (f, index) == (frame, node.index)]:
            yield from (task for (f, _, number), task in self.tasks.items() if f == row.id and not number)
            for child in (self.plan.nodes[index] for index in node.children):
                if isinstance(child, ContainerPlan):
                    yield from self._inside(row.id, child)

    def _answers(self, frame: int, node: ContainerPlan) -> tuple[int, ...]:
        """Which of what is asked of its result the result of a container without iterations is."""
        if node.result is None:
            return ()
        child = self.plan.nodes[node.children[node.result]]
        inside = self.frames.get((frame, node.index, 1))
        if inside is None:
            return ()
        if isinstance(child, ContainerPlan):
            return () if child.repeats is not None else self._answers(inside.id, child)
        task = self.tasks.get((inside.id, child.index, 0))
        return () if task is None else task.answers

    def _iterations(self, frame: int, node: ContainerPlan) -> dict[int, Status]:
        if node.wraps:
            rows = self.tasks.items()
            return {n: task.status for (f, step, n), task in rows if (f, step) == (frame, node.children[0])}
        return {n: row.status for (f, index, n), row in self.frames.items() if (f, index) == (frame, node.index)}

    def _iteration(self, frame: int, node: ContainerPlan, number: int, *, is_whole: bool) -> SavedFrame:
        if not node.wraps:
            row = self.frames[frame, node.index, number]
            return replace(self._frame(row.id, node, is_whole=is_whole), status=row.status)
        step = node.children[0]
        if (frame, step, number) not in self.tasks:
            return SavedFrame(0)
        task = self._task(frame, step, number)
        status = Status.SUCCESS if task.status is Status.SUCCESS else Status.ACTIVE
        return SavedFrame(0, {step: task}, status=status)

    def _task(self, frame: int, step: int, number: int) -> SavedTask:
        plan = self.plan.nodes[step]
        assert isinstance(plan, StepPlan)
        waits = plan.retries > 0 and (frame, step, number) in self.waits
        return replace(self.tasks[frame, step, number], waits=waits)

    def _verdict(self, frame: int, node: ContainerPlan, number: int) -> Verdict:
        if node.until is None:
            return Verdict.UNKNOWN
        step = node.children[node.until]
        around = frame if node.wraps else self.frames[frame, node.index, number].id
        task = self.tasks.get((around, step, number if node.wraps else 0))
        return Verdict.UNKNOWN if task is None else task.verdict


def _container(plan: Plan, index: int) -> ContainerPlan:
    node = plan.nodes[index]
    assert isinstance(node, ContainerPlan)
    return node
