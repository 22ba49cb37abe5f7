"""Applies the directives of a recovery: which successes run again, and which tasks are passed over."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import field, frozen
from msgspec.structs import replace

from sequent.by_fields import ByFields
from sequent.model.directives import Directives, Reach, found_status
from sequent.model.plan import ContainerPlan, Plan, StepPlan
from sequent.model.saved_state import Renewal, RevisedTask, Revision, SavedBlock, SavedFrame, SavedTask
from sequent.model.scope import Sequence
from sequent.model.status import Action, Status, Verdict


def direct(plan: Plan, saved: SavedFrame, directives: Directives, recovery: int) -> tuple[SavedFrame, Revision]:
    """Apply directives to the state that an earlier recovery left, from the outside in.

    An iteration or container that is a success stays whole, unless a task in it is to run again: that opens it, and all
    that is around it. In an open iteration, each child is treated by its saved status.

    Args:
        plan: the plan to run.
        saved: the root's iteration.
        directives: the directives asked for by hand.
        recovery: the number of the run's present recovery.

    Returns:
        the state from which the recovery starts, and the changes to be written.
    """
    directing = _Directing(plan, directives, recovery)
    root = directing.frame(saved, plan.container(0), _Around(0, (1,), 1))
    return (saved if root is None else root), directing.changes.revision()


def everything_in(plan: Plan, saved: SavedBlock, node: ContainerPlan, around: int, sequence: Sequence) -> Revision:
    """Return the changes to be written for a container that had succeeded and in which nothing is kept."""
    changes = _Changes()
    changes.outdated.extend(_successes_in(plan, saved, node, around, sequence, changes))
    return changes.revision()


@frozen(eq=False, repr=False)
class _Around(ByFields):
    """The place of a frame: the stored frame around it, and its own sequence."""

    frame: int
    sequence: Sequence
    number: int


@frozen(eq=False, repr=False)
class _Changes(ByFields):
    outdated: list[RevisedTask] = field(factory=list[RevisedTask])
    passed: list[RevisedTask] = field(factory=list[RevisedTask])
    frames: list[tuple[int, int, int]] = field(factory=list[tuple[int, int, int]])
    repeats: list[tuple[int, int]] = field(factory=list[tuple[int, int]])
    renewed: list[Renewal] = field(factory=list[Renewal])

    def revision(self) -> Revision:
        return Revision(
            outdated=tuple(self.outdated),
            passed=tuple(self.passed),
            frames=tuple(self.frames),
            repeats=tuple(self.repeats),
            renewed=tuple(self.renewed),
        )

    def opens(self, node: ContainerPlan, around: _Around, number: int, status: Status) -> None:
        """Note that an iteration of a container is opened again."""
        if status is Status.SUCCESS and not node.wraps:
            self.frames.append((around.frame, node.index, number))


class _Directing:
    """Walks through the saved state."""

    def __init__(self, plan: Plan, directives: Directives, recovery: int) -> None:
        self._plan = plan
        self._directives = directives
        self._recovery = recovery
        self._reach = Reach.of(plan, directives)
        self.changes = _Changes()

    def frame(self, saved: SavedFrame, container: ContainerPlan, place: _Around) -> SavedFrame | None:
        """Return an iteration as the recovery resumes it; None if it stays a success, as a whole."""
        if saved.status is Status.SUCCESS and not self._runs_again(saved, container, place.sequence):
            return None
        self.changes.opens(container, place, place.number, saved.status)
        own = place.frame if container.wraps else saved.id
        tasks = {index: self._task(task, index, own, container, place) for index, task in saved.tasks.items()}
        if container.wraps and all(task.is_passed for task in tasks.values()) and tasks:
            return None
        blocks = {
            index: self._block(block, index, _Around(own, place.sequence, place.number))
            for index, block in saved.blocks.items()
        }
        return replace(saved, tasks=tasks, blocks=blocks, status=_opened(saved.status))

    def _task(self, task: SavedTask, index: int, frame: int, container: ContainerPlan, place: _Around) -> SavedTask:
        step = self._plan.step(index)
        status = found_status(task)
        action = self._directives.action(step, place.sequence, status)
        iteration = place.number if container.wraps else 0
        if status is Status.SUCCESS and action is Action.RERUN:
            self.changes.outdated.append(RevisedTask(frame, index, iteration, task.attempt, place.sequence))
            return replace(task, status=Status.WAITING, verdict=Verdict.UNKNOWN, answers=(), is_passed=False)
        if status is not Status.SUCCESS and action is Action.SKIP:
            self.changes.passed.append(RevisedTask(frame, index, iteration, task.attempt + 1, place.sequence))
            return SavedTask(
                Status.SUCCESS, task.attempt + 1, recovery=self._recovery, ran_in=task.ran_in, is_passed=True
            )
        return task

    def _block(self, saved: SavedBlock, index: int, around: _Around) -> SavedBlock:
        node = self._plan.container(index)
        if self._begins_anew(saved, node, around.sequence):
            self.changes.renewed.append(Renewal(around.frame, index, around.sequence))
            # A kept success that waited by ``done`` for something in it still needs to know that it ran.
            return SavedBlock(Status.WAITING, recovery=saved.recovery, ran_in=saved.ran_in)
        if saved.status is Status.SUCCESS and not self._opens(saved, node, around.sequence):
            return saved
        frames: dict[int, SavedFrame] = {}
        for number, frame in saved.frames.items():
            within = node.sequence_within(around.sequence, number, saved.hosts)
            opened = self.frame(frame, node, _Around(around.frame, within, number))
            if opened is not None:
                frames[number] = opened
        if saved.status is Status.SUCCESS and node.repeats is not None:
            self.changes.repeats.append((around.frame, node.index))
        until_met = saved.until_met
        if node.until is not None and self._reach.is_in(node, around.sequence):
            kept = (frame for number, frame in saved.frames.items() if number not in frames)
            until_met = any(_is_truthy(frame, node.children[node.until]) for frame in kept)
        return replace(saved, status=_opened(saved.status), frames=frames, until_met=until_met, answers=())

    def _opens(self, saved: SavedBlock, node: ContainerPlan, sequence: Sequence) -> bool:
        """Return whether a task is to run again in a container, whatever its own status."""
        if self._begins_anew(saved, node, sequence):
            return True
        return any(
            self._runs_again(frame, node, node.sequence_within(sequence, number, saved.hosts))
            for number, frame in saved.frames.items()
        )

    def _runs_again(self, saved: SavedFrame, container: ContainerPlan, sequence: Sequence) -> bool:
        """Return whether a task is to run again in an iteration."""
        if not self._reach.is_in(container, sequence):
            return False
        return any(self._is_asked(index, task, sequence) for index, task in saved.tasks.items()) or any(
            self._opens(block, self._plan.container(index), sequence) for index, block in saved.blocks.items()
        )

    def _begins_anew(self, saved: SavedBlock, node: ContainerPlan, sequence: Sequence) -> bool:
        """Return whether directives let all iterations of a repeat run again, so that its items are computed anew."""
        if node.repeats is None or not self._reach.is_in(node, sequence):
            return False
        steps = list(_steps_in(self._plan, node))
        own = [step for step in steps if not self._directives.reruns_all(step, sequence)]
        if not steps or any(step.recovery.get(Status.SUCCESS) is not Action.RERUN for step in own):
            return False
        # A repeat without tasks to run again is not asked for.
        return not own or (bool(saved.drawn) and not self._passes_over(saved, node, sequence))

    def _passes_over(self, saved: SavedBlock, node: ContainerPlan, sequence: Sequence) -> bool:
        """Return whether a task in a container that has not succeeded is not to run."""
        frames = [
            (frame, node.sequence_within(sequence, number, saved.hosts)) for number, frame in saved.frames.items()
        ]
        return any(
            self._directives.action(self._plan.step(index), within, found_status(task)) is Action.SKIP
            for frame, within in frames
            for index, task in frame.tasks.items()
        ) or any(
            self._passes_over(block, self._plan.container(index), within)
            for frame, within in frames
            for index, block in frame.blocks.items()
        )

    def _is_asked(self, index: int, task: SavedTask, sequence: Sequence) -> bool:
        if task.status is not Status.SUCCESS:
            return False
        return self._directives.action(self._plan.step(index), sequence, Status.SUCCESS) is Action.RERUN


def _successes_in(
    plan: Plan, saved: SavedBlock, node: ContainerPlan, around: int, sequence: Sequence, changes: _Changes
) -> Iterator[RevisedTask]:
    """Yield every success in a container; note the containers and iterations around them as opened."""
    if saved.status is Status.SUCCESS and node.repeats is not None:
        changes.repeats.append((around, node.index))
    for number, frame in saved.frames.items():
        place = _Around(around, node.sequence_within(sequence, number, saved.hosts), number)
        changes.opens(node, place, number, frame.status)
        own = around if node.wraps else frame.id
        for index, task in frame.tasks.items():
            if task.status is Status.SUCCESS:
                iteration = number if node.wraps else 0
                yield RevisedTask(own, index, iteration, task.attempt, place.sequence)
        for index, block in frame.blocks.items():
            yield from _successes_in(plan, block, plan.container(index), own, place.sequence, changes)


def _steps_in(plan: Plan, node: ContainerPlan) -> Iterator[StepPlan]:
    """Yield every step in a container, however deep."""
    for index in node.children:
        child = plan.nodes[index]
        if isinstance(child, StepPlan):
            yield child
        else:
            yield from _steps_in(plan, plan.container(index))


def _opened(status: Status) -> Status:
    return Status.ACTIVE if status is Status.SUCCESS else status


def _is_truthy(frame: SavedFrame, step: int) -> bool:
    task = frame.tasks.get(step)
    return task is not None and task.status is Status.SUCCESS and task.verdict is Verdict.TRUTHY
