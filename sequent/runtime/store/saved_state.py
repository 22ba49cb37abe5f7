"""Loads the state that a recovery starts from: the open iterations of a run, from its rows."""

from __future__ import annotations

from sequent.model.directives import NO_DIRECTIVES, Directives, Reach
from sequent.model.plan import ContainerPlan, NodePlan, Plan, StepPlan
from sequent.model.saved_state import SavedBlock, SavedFrame, SavedTask
from sequent.model.scope import Sequence
from sequent.model.status import Status
from sequent.runtime.attempt_outcomes import answers_of, may_retry
from sequent.runtime.rows import TaskKey
from sequent.runtime.store.sql.open_rows import OpenRows, Span


class SavedLoader:
    """Loads open iterations only: the store counts the settled iterations of a repeat, which are never read.

    Args:
        plan: the plan to run.
        rows: the run's rows.
        recovery: the run's present recovery, whose failed attempts are counted.
        directives: the directives asked for by hand: tasks that they may concern are loaded although they are kept.
    """

    def __init__(
        self,
        plan: Plan,
        rows: OpenRows,
        recovery: int,
        directives: Directives = NO_DIRECTIVES,
    ) -> None:
        self._plan = plan
        self._rows = rows
        self._recovery = recovery
        self._reach = Reach.of(plan, directives)
        watched = {cause for reaction in plan.reactions.values() for cause in reaction.to_run_of}
        self._watching = frozenset({*watched, *plan.reactions})
        """The nodes for which it matters in which recovery they last ran."""

    def root(self) -> SavedFrame | None:
        """Return the root's iteration; None if it has not begun."""
        root = self._plan.nodes[0]
        root_row = self._rows.frame_of(0, 0)
        if root_row is None or not isinstance(root, ContainerPlan):
            return None
        return self._frame(*root_row, root, ((1,), 1), every=False)

    def _frame(
        self, frame: int, status: Status, container: ContainerPlan, place: tuple[Sequence, int], *, every: bool
    ) -> SavedFrame:
        """Load an iteration, at its sequence and number."""
        sequence, _ = place
        tasks: dict[int, SavedTask] = {}
        blocks: dict[int, SavedBlock] = {}
        for index in container.children:
            node = self._plan.nodes[index]
            if isinstance(node, StepPlan):
                task = self._task(frame, node, 0)
                if task is not None:
                    tasks[index] = task
            else:
                block = self._block(frame, node, sequence, every=every)
                if block is not None:
                    blocks[index] = block
        return SavedFrame(frame, tasks, blocks, status)

    def _task(self, frame: int, step: StepPlan, iteration: int) -> SavedTask | None:
        index = step.index
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
            recovery=last.recovery,
            ran_in=max((one.recovery for one in tried if not (one.is_passed or one.is_superseded)), default=-1),
        )

    def _is_to_wait(self, frame: int, step: StepPlan, iteration: int, attempt: int, failures: int) -> bool:
        """Return whether a failed task was to be tried again, at its time or as soon as there was room."""
        if not step.retries:
            return False
        index = step.index
        if self._rows.waits(frame, index, iteration, attempt + 1):
            return True
        problem = self._rows.problem(frame, index, iteration, attempt)
        return 0 < failures <= step.retries and problem is not None and may_retry(step.retry_on, problem)

    def _block(self, frame: int, node: ContainerPlan, sequence: Sequence, *, every: bool) -> SavedBlock | None:
        if node.repeats is not None:
            status_of_repeat = self._rows.repeat_status(frame, node.index)
            if status_of_repeat is None:
                return None
            return self._repeat(frame, node, status_of_repeat, sequence, every=every)
        frame_row = self._rows.frame_of(frame, node.index)
        if frame_row is None:
            return None
        id_, status = frame_row
        is_kept = status is Status.SUCCESS
        answers = self._answers(id_, node) if is_kept else ()
        span = self._span(frame, node, status)
        if is_kept and not (every or self._is_wanted(node, sequence)):
            return SavedBlock(status, 1, answers=answers, recovery=span.recovery, ran_in=span.ran_in)
        loads_all = every or (is_kept and node.index in self._plan.reactions)
        inside = self._frame(id_, status, node, ((*sequence, 1), 1), every=loads_all)
        return SavedBlock(status, 1, {1: inside}, answers=answers, recovery=span.recovery, ran_in=span.ran_in)

    def _span(self, frame: int, node: ContainerPlan, status: Status) -> Span:
        """Return the recoveries in which something in a container ran, if that matters; otherwise as if nothing had."""
        is_asked = node.index in self._watching or (self._recovery and status in (Status.FAILURE, Status.CANCELLED))
        if not is_asked:
            return Span(-1, -1)
        if node.wraps:
            return self._rows.span_of_step(frame, node.children[0])
        return self._rows.span_of_frames(frame, node.index)

    def _answers(self, frame: int, container: ContainerPlan) -> tuple[int, ...]:
        """Return the claims about a container's result that are true."""
        node: NodePlan = container
        while isinstance(node, ContainerPlan):
            if node.result is None or node.repeats is not None:
                return ()
            if node is not container:
                frame_row = self._rows.frame_of(frame, node.index)
                if frame_row is None:
                    return ()
                frame = frame_row[0]
            node = self._plan.nodes[node.children[node.result]]
        return answers_of(node, self._rows.result(TaskKey(frame, node.index, 0))) if node.asked else ()

    def _is_wanted(self, node: ContainerPlan, sequence: Sequence) -> bool:
        """Return whether the inside of a kept container is loaded: for the numbers of its attempts, or to run again."""
        return node.index in self._plan.reactions or self._reach.is_in(node, sequence)

    def _repeat(
        self, frame: int, node: ContainerPlan, status: Status, sequence: Sequence, *, every: bool
    ) -> SavedBlock:
        is_kept = status is Status.SUCCESS
        last = self._last(frame, node)
        hosts = self._rows.hosts(frame, node.index) if node.is_copied else ()
        span = self._span(frame, node, status)
        if is_kept and not (every or self._is_wanted(node, sequence)):
            return SavedBlock(status, last, recovery=span.recovery, ran_in=span.ran_in, hosts=hosts)
        frames = self._gaps(frame, node, last)
        loads_all = every or (is_kept and node.index in self._plan.reactions)
        if node.wraps:
            frames |= self._iterations(frame, node, sequence, every=loads_all)
        else:
            frames |= self._frames(frame, node, sequence, hosts, every=loads_all)
        until_met = not is_kept and self._until_met(frame, node)
        return SavedBlock(
            status,
            last,
            dict(sorted(frames.items())),
            until_met,
            recovery=span.recovery,
            ran_in=span.ran_in,
            hosts=hosts,
        )

    def _loads(self, node: ContainerPlan, around: Sequence, within: Sequence) -> bool:
        """Return whether a successful iteration is loaded; with ``until`` all are, to find those that met it."""
        return self._reach.is_in(node, around if node.until is not None else within)

    def _frames(
        self, frame: int, node: ContainerPlan, sequence: Sequence, hosts: tuple[str, ...], *, every: bool
    ) -> dict[int, SavedFrame]:
        looks_inside = self._reach.is_in(node, sequence)
        frames: dict[int, SavedFrame] = {}
        for number, id_, status in self._rows.open_frames(frame, node.index, every=every or looks_inside):
            within = node.sequence_within(sequence, number, hosts)
            if every or status is not Status.SUCCESS or self._loads(node, sequence, within):
                frames[number] = self._frame(id_, status, node, (within, number), every=every)
        return frames

    def _last(self, frame: int, node: ContainerPlan) -> int:
        if node.wraps:
            return self._rows.last_iteration(frame, node.children[0])
        return self._rows.last_frame(frame, node.index)

    def _gaps(self, frame: int, node: ContainerPlan, last: int) -> dict[int, SavedFrame]:
        """Return the iterations that had begun but left no row, since their task was still waiting for its turn."""
        rows, wraps = self._rows, node.wraps
        place = (frame, node.children[0] if wraps else node.index)
        if (rows.iteration_count if wraps else rows.frame_count)(*place) >= last:
            return {}
        seen = set((rows.step_numbers if wraps else rows.frame_numbers)(*place))
        return {number: SavedFrame(0) for number in range(1, last + 1) if number not in seen}

    def _iterations(self, frame: int, node: ContainerPlan, sequence: Sequence, *, every: bool) -> dict[int, SavedFrame]:
        step = self._plan.nodes[node.children[0]]
        if not isinstance(step, StepPlan):
            raise AssertionError("only a step is wrapped")
        numbers = set(self._rows.open_iterations(frame, step.index))
        if every or self._reach.is_in(node, sequence):
            known = self._rows.step_numbers(frame, step.index)
            numbers |= {number for number in known if every or self._loads(node, sequence, (*sequence, number))}
        return {number: self._iteration(frame, step, number) for number in sorted(numbers)}

    def _iteration(self, frame: int, step: StepPlan, number: int) -> SavedFrame:
        task = self._task(frame, step, number)
        if task is None:
            return SavedFrame(0)
        status = Status.ACTIVE if task.waits or task.status is Status.WAITING else task.status
        return SavedFrame(0, {step.index: task}, status=status)

    def _until_met(self, frame: int, node: ContainerPlan) -> bool:
        if node.until is None:
            return False
        step = node.children[node.until]
        if node.wraps:
            return self._rows.until_met_by_step(frame, step)
        return self._rows.until_met_in_frames(frame, node.index, step)
