"""Loads what a recovery starts from: the open iterations of a run, out of any store's rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from sequent.model.plan import ContainerPlan, Plan, StepPlan
from sequent.model.saved import SavedBlock, SavedFrame, SavedTask
from sequent.model.status import Status, Verdict


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


class OpenRows(Protocol):
    """The rows of one run; every node is the index under which the store knows it."""

    def tried(self, frame: int, step: int, iteration: int) -> Sequence[Tried]:
        """The attempts of a task, in order."""
        ...

    def frame_of(self, parent: int, node: int) -> tuple[int, Status] | None:
        """Id and status of a container's first iteration."""
        ...

    def repeat_status(self, frame: int, node: int) -> Status | None:
        """What a repeat is in; None where it has not begun."""
        ...

    def frame_extent(self, parent: int, node: int) -> Extent: ...

    def frame_numbers(self, parent: int, node: int) -> Sequence[int]: ...

    def frame_ids(self, parent: int, node: int, *, every: bool) -> Sequence[tuple[int, int]]:
        """Number and id of the iterations that are not a success, or of every one."""
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
    """

    def __init__(self, plan: Plan, ids: Sequence[int], rows: OpenRows) -> None:
        self._plan = plan
        self._ids = ids
        self._rows = rows

    def root(self) -> SavedFrame | None:
        """The root's iteration; None where it has not begun."""
        root = self._plan.nodes[0]
        found = self._rows.frame_of(0, self._ids[0])
        if found is None or not isinstance(root, ContainerPlan):
            return None
        return self._frame(found[0], root, every=False)

    def _frame(self, frame: int, container: ContainerPlan, *, every: bool) -> SavedFrame:
        tasks: dict[int, SavedTask] = {}
        blocks: dict[int, SavedBlock] = {}
        for index in container.children:
            node = self._plan.nodes[index]
            if isinstance(node, StepPlan):
                task = self._task(frame, index, 0)
                if task is not None:
                    tasks[index] = task
            else:
                block = self._block(frame, node, every=every)
                if block is not None:
                    blocks[index] = block
        return SavedFrame(frame, tasks, blocks)

    def _task(self, frame: int, step: int, iteration: int) -> SavedTask | None:
        tried = self._rows.tried(frame, self._ids[step], iteration)
        if not tried:
            return None
        last = tried[-1]
        return SavedTask(last.status, last.number, last.verdict)

    def _block(self, frame: int, node: ContainerPlan, *, every: bool) -> SavedBlock | None:
        if node.repeats is None:
            found = self._rows.frame_of(frame, self._ids[node.index])
            if found is None:
                return None
            id_, status = found
            is_kept = status is Status.SUCCESS
            if is_kept and not self._is_wanted(node, every=every):
                return SavedBlock(status, 1)
            return SavedBlock(status, 1, {1: self._frame(id_, node, every=every or is_kept)})
        status_of_repeat = self._rows.repeat_status(frame, self._ids[node.index])
        if status_of_repeat is None:
            return None
        return self._repeat(frame, node, status_of_repeat, every=every)

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
            ids = self._rows.frame_ids(frame, self._ids[node.index], every=loads_all)
            frames |= {number: self._frame(id_, node, every=loads_all) for number, id_ in ids}
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
        step = node.children[0]
        find = self._rows.step_numbers if every else self._rows.open_iterations
        frames: dict[int, SavedFrame] = {}
        for number in find(frame, self._ids[step]):
            task = self._task(frame, step, number)
            frames[number] = SavedFrame(0, {} if task is None else {step: task})
        return frames

    def _until_met(self, frame: int, node: ContainerPlan) -> bool:
        if node.until is None:
            return False
        step = self._ids[node.children[node.until]]
        if node.wraps:
            return self._rows.until_met_by_step(frame, step)
        return self._rows.until_met_in_frames(frame, self._ids[node.index], step)
