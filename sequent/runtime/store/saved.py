"""Loads what a recovery starts from: the open iterations of a run, out of any store's rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from sequent.model.outcome import Problem
from sequent.model.plan import ContainerPlan, NodePlan, Plan, StepPlan
from sequent.model.saved import SavedBlock, SavedFrame, SavedTask
from sequent.model.status import Status, Verdict
from sequent.runtime.rows import TaskKey
from sequent.runtime.verdicts import answers_of, may_retry


class Extent(NamedTuple):
    """How far the iterations of a repeat came."""

    last: int
    """The highest number; 0 where none has begun."""
    begun: int
    """How many have left a row: fewer than ``last`` where one was passed over while it waited."""


class Tried(NamedTuple):
    """One attempt, as far as a recovery asks."""

    number: int
    status: Status
    verdict: Verdict
    recovery: int
    """The recovery in which it started."""
    has_begun: bool
    """Whether it is recorded that its code began."""


class OpenRows(Protocol):
    """The rows of one run; every node is the index under which the store knows it."""

    def tried(self, frame: int, step: int, iteration: int) -> Sequence[Tried]:
        """The attempts of a task, in order."""
        ...

    def result(self, key: TaskKey) -> str | None:
        """The result of a task, if its last attempt succeeded and gave one."""
        ...

    def problem(self, frame: int, step: int, iteration: int, attempt: int) -> Problem | None:
        """Why an attempt failed."""
        ...

    def waits(self, frame: int, step: int, iteration: int, attempt: int) -> bool:
        """Whether a wait before that attempt had begun."""
        ...

    def frame_of(self, parent: int, node: int) -> tuple[int, Status] | None:
        """Id and status of a container's first iteration."""
        ...

    def repeat_status(self, frame: int, node: int) -> Status | None:
        """What a repeat is in; None where it has not begun."""
        ...

    def frame_extent(self, parent: int, node: int) -> Extent: ...

    def frame_numbers(self, parent: int, node: int) -> Sequence[int]: ...

    def open_frames(self, parent: int, node: int, *, every: bool) -> Sequence[tuple[int, int, Status]]:
        """Number, id and status of the iterations that are not a success, or of every one."""
        ...

    def step_extent(self, frame: int, step: int) -> Extent: ...

    def step_numbers(self, frame: int, step: int) -> Sequence[int]:
        """The iterations of a repeated step."""
        ...

    def open_iterations(self, frame: int, step: int) -> Sequence[int]:
        """Those whose last attempt is not a success."""
        ...

    def until_met_by_step(self, frame: int, step: int) -> bool: ...

    def until_met_in_frames(self, parent: int, node: int, step: int) -> bool: ...


class SavedLoader:
    """Loads open iterations alone: what a repeat has behind it is counted by the store, and never read.

    Args:
        plan: what will run.
        ids: per index of the plan, the index under which the store knows the node.
        rows: the run's rows.
        recovery: the run's present recovery, of which the failed attempts are counted.
    """

    def __init__(self, plan: Plan, ids: Sequence[int], rows: OpenRows, recovery: int) -> None:
        self._plan = plan
        self._ids = ids
        self._rows = rows
        self._recovery = recovery

    def root(self) -> SavedFrame | None:
        """The root's iteration; None where it has not begun."""
        root = self._plan.nodes[0]
        found = self._rows.frame_of(0, self._ids[0])
        if found is None or not isinstance(root, ContainerPlan):
            return None
        return self._frame(*found, root, every=False)

    def _frame(self, frame: int, status: Status, container: ContainerPlan, *, every: bool) -> SavedFrame:
        tasks: dict[int, SavedTask] = {}
        blocks: dict[int, SavedBlock] = {}
        for index in container.children:
            node = self._plan.nodes[index]
            if isinstance(node, StepPlan):
                task = self._task(frame, node, 0)
                if task is not None:
                    tasks[index] = task
            else:
                block = self._block(frame, node, every=every)
                if block is not None:
                    blocks[index] = block
        return SavedFrame(frame, tasks, blocks, status)

    def _task(self, frame: int, step: StepPlan, iteration: int) -> SavedTask | None:
        index = self._ids[step.index]
        tried = self._rows.tried(frame, index, iteration)
        if not tried:
            return None
        last = tried[-1]
        failures = 0
        if step.retries:
            failures = sum(one.status is Status.FAILURE and one.recovery == self._recovery for one in tried)
        answers: tuple[int, ...] = ()
        if step.asked and last.status is Status.SUCCESS:
            answers = answers_of(step, self._rows.result(TaskKey(frame, index, iteration)))
        return SavedTask(
            last.status,
            last.number,
            last.verdict,
            answers,
            failures,
            waits=last.status is Status.FAILURE and self._is_to_wait(frame, step, iteration, last.number, failures),
            had_begun=last.has_begun or not step.announces,
        )

    def _is_to_wait(self, frame: int, step: StepPlan, iteration: int, attempt: int, failures: int) -> bool:
        """Whether a task that has failed was to be tried again, at its time or as soon as there was room."""
        if not step.retries:
            return False
        index = self._ids[step.index]
        if self._rows.waits(frame, index, iteration, attempt + 1):
            return True
        problem = self._rows.problem(frame, index, iteration, attempt)
        return 0 < failures <= step.retries and problem is not None and may_retry(step, problem)

    def _block(self, frame: int, node: ContainerPlan, *, every: bool) -> SavedBlock | None:
        if node.repeats is None:
            found = self._rows.frame_of(frame, self._ids[node.index])
            if found is None:
                return None
            id_, status = found
            is_kept = status is Status.SUCCESS
            answers = self._answers(id_, node) if is_kept else ()
            if is_kept and not self._is_wanted(node, every=every):
                return SavedBlock(status, 1, answers=answers)
            inside = self._frame(id_, status, node, every=every or is_kept)
            return SavedBlock(status, 1, {1: inside}, answers=answers)
        status_of_repeat = self._rows.repeat_status(frame, self._ids[node.index])
        if status_of_repeat is None:
            return None
        return self._repeat(frame, node, status_of_repeat, every=every)

    def _answers(self, frame: int, container: ContainerPlan) -> tuple[int, ...]:
        """Which of what is asked of a container's result it is."""
        node: NodePlan = container
        while isinstance(node, ContainerPlan):
            if node.result is None or node.repeats is not None:
                return ()
            if node is not container:
                found = self._rows.frame_of(frame, self._ids[node.index])
                if found is None:
                    return ()
                frame = found[0]
            node = self._plan.nodes[node.children[node.result]]
        return answers_of(node, self._rows.result(TaskKey(frame, self._ids[node.index], 0))) if node.asked else ()

    def _is_wanted(self, node: ContainerPlan, *, every: bool) -> bool:
        """Whether the inside of a kept container is loaded, for the numbers of its attempts."""
        return every or node.index in self._plan.reactions

    def _repeat(self, frame: int, node: ContainerPlan, status: Status, *, every: bool) -> SavedBlock:
        is_kept = status is Status.SUCCESS
        loads_all = every or is_kept
        extent = self._extent(frame, node)
        if is_kept and not self._is_wanted(node, every=every):
            return SavedBlock(status, extent.last)
        frames = self._gaps(frame, node, extent)
        if node.wraps:
            frames |= self._iterations(frame, node, every=loads_all)
        else:
            found = self._rows.open_frames(frame, self._ids[node.index], every=loads_all)
            frames |= {number: self._frame(id_, status, node, every=loads_all) for number, id_, status in found}
        until_met = not is_kept and self._until_met(frame, node)
        return SavedBlock(status, extent.last, dict(sorted(frames.items())), until_met)

    def _extent(self, frame: int, node: ContainerPlan) -> Extent:
        if node.wraps:
            return self._rows.step_extent(frame, self._ids[node.children[0]])
        return self._rows.frame_extent(frame, self._ids[node.index])

    def _gaps(self, frame: int, node: ContainerPlan, extent: Extent) -> dict[int, SavedFrame]:
        """Iterations that had begun but left no row, since their task was still waiting for its turn."""
        if extent.begun >= extent.last:
            return {}
        if node.wraps:
            seen = set(self._rows.step_numbers(frame, self._ids[node.children[0]]))
        else:
            seen = set(self._rows.frame_numbers(frame, self._ids[node.index]))
        return {number: SavedFrame(0) for number in range(1, extent.last + 1) if number not in seen}

    def _iterations(self, frame: int, node: ContainerPlan, *, every: bool) -> dict[int, SavedFrame]:
        step = self._plan.nodes[node.children[0]]
        if not isinstance(step, StepPlan):
            raise AssertionError("only a step is wrapped")
        find = self._rows.step_numbers if every else self._rows.open_iterations
        frames: dict[int, SavedFrame] = {}
        for number in find(frame, self._ids[step.index]):
            task = self._task(frame, step, number)
            if task is None:
                frames[number] = SavedFrame(0)
            else:
                status = Status.ACTIVE if task.waits or task.status is Status.WAITING else task.status
                frames[number] = SavedFrame(0, {step.index: task}, status=status)
        return frames

    def _until_met(self, frame: int, node: ContainerPlan) -> bool:
        if node.until is None:
            return False
        step = self._ids[node.children[node.until]]
        if node.wraps:
            return self._rows.until_met_by_step(frame, step)
        return self._rows.until_met_in_frames(frame, self._ids[node.index], step)
