"""The one door of the engine: a fact goes in, the effects that follow from it come out."""

from __future__ import annotations

from collections.abc import Mapping

from sequent.engine.apply_directives import direct
from sequent.engine.conditions import tell_reached
from sequent.engine.failures import ask_back, judge
from sequent.engine.kept_successes import review
from sequent.engine.pools import blocked, hold_from_start
from sequent.engine.repeats import advance, begin_block, close_frame, make_block, open_block, take_count, take_item
from sequent.engine.run_state import HAS_BEEN_ACTIVE, BlockState, Frame, RunState
from sequent.engine.start_queue import break_tie, grant, join, next_container, start_steps
from sequent.engine.task_lifecycle import end, make_ready, review_handled, settle, settle_unstarted
from sequent.engine.waits import end_wait
from sequent.model.directives import NO_DIRECTIVES, Directives
from sequent.model.effects import Effect, EndRun
from sequent.model.facts import (
    DrawFailed,
    Fact,
    HoldGranted,
    ItemDrawn,
    ItemsEnded,
    PauseRequested,
    RepeatOpened,
    RunStarted,
    StepPaced,
    StopRequested,
    TaskBegan,
    TaskFailed,
    TaskLost,
    TaskSucceeded,
    TaskTakenBack,
    TimerEnded,
)
from sequent.model.plan import ContainerPlan, Plan, StepPlan
from sequent.model.saved import SavedBlock, SavedFrame
from sequent.model.status import RunStatus, Status


class Scheduler:
    """Decides what starts, from what has happened.

    It has no clock, no random source and no I/O, so the same facts always give the same effects. A fact
    costs what it changes, not the size of the flow, and memory follows what is under way.
    """

    def __init__(
        self,
        plan: Plan,
        *,
        slots: int,
        saved: SavedFrame | None = None,
        last_id: int = 0,
        resumes: bool = False,
        kept: Mapping[str, int] | None = None,
        recovery: int = 0,
        directives: Directives = NO_DIRECTIVES,
    ) -> None:
        """Take a plan.

        Args:
            plan: the plan to run.
            slots: how many tasks may execute at once, at least 1.
            saved: of a recovery, or of a run that is continued: the root's iteration, as far as it had come.
            last_id: the highest frame id that was ever used in the run.
            resumes: whether the run is continued: what has failed stays so, and retries are counted on.
            kept: how much of each pool steps of earlier recoveries keep for the run.
            recovery: the number of the run's present recovery.
            directives: of a recovery: what is asked for by hand.
        """
        self._run = RunState(plan, slots, last_id)
        hold_from_start(self._run, kept or {})
        self._run.resumes = resumes
        self._run.recovery, self._run.directives = recovery, directives
        if saved is not None and not resumes:
            saved, self._run.revision = direct(plan, saved, directives, recovery)
        saved_root = SavedBlock(Status.ACTIVE, 1, {1: saved}) if saved is not None else None
        self._root = make_block(self._run, None, 0, plan.container(0), saved_root)

    @property
    def active_frames(self) -> int:
        """How many iterations are under way, and so in memory."""
        return len(self._run.frames)

    @property
    def running(self) -> int:
        """How many tasks have been handed over and have not ended."""
        return self._run.running

    @property
    def is_idle(self) -> bool:
        """Whether nothing goes on until a time has come."""
        run = self._run
        return bool(run.timers) and not (run.running or run.awaited or run.asked or run.has_ended)

    @property
    def queued(self) -> Mapping[int, int]:
        """How many tasks of each step, and how many of each container, wait for resources."""
        run = self._run
        numbers = {node: number for node, number in run.pools.queued.items() if number}
        for frame, position in run.asked:
            if frame in run.frames:
                node = run.frames[frame].layout.plan.children[position]
                numbers[node] = numbers.get(node, 0) + 1
        return numbers

    def has_settled(self, frame: int, node: int) -> bool:
        """Whether a step has settled in an iteration."""
        found = self._run.frames.get(frame)
        return found is None or found.statuses[self._run.plan.nodes[node].position].is_settled

    def validate(self) -> None:
        """Check that the state agrees with itself; from now on, that each change of a status is one that may be.

        Raises:
            AssertionError: it does not.
        """
        # Only tests check.
        from sequent.engine.validation import validate

        validate(self._run, self._root)

    def handle(self, fact: Fact) -> list[Effect]:
        """Take in what happened; say what is to be done now, in order."""
        run = self._run
        if run.has_ended:
            return []
        run.effects = []
        self._take(fact)
        self._work_out()
        if not run.running:
            self._end_if_done(fact)
        return run.effects

    def _end_if_done(self, fact: Fact) -> None:
        """Nothing is executed any more: say so if that is the end."""
        run = self._run
        while self._is_stuck() and break_tie(run):
            self._work_out()
        if run.has_ended or self._is_stuck() or (run.is_stopping and not run.running):
            self._end(self._status())
        elif isinstance(fact, PauseRequested) and self.is_idle:
            self._end(RunStatus.SUSPENDED)

    def _end(self, status: RunStatus) -> None:
        run = self._run
        waiting = blocked(run) if self._is_stuck() else ()
        run.effects.append(EndRun(status, dict(run.counts), waiting, self._root.stopped_by))
        run.has_ended = True

    def _is_stuck(self) -> bool:
        """Whether nothing goes on, and nothing ever will: what is left waits for resources that nobody gives back."""
        run = self._run
        return not (run.running or run.awaited or run.timers or run.asked) and not (run.has_ended or run.is_stopping)

    def _status(self) -> RunStatus:
        """How the run ended: one that was asked to stop is a failure for nobody, but may have succeeded just then."""
        if self._root.is_done and self._root.state is Status.SUCCESS:
            return RunStatus.SUCCESS
        return RunStatus.STOPPED if self._run.is_stopping else RunStatus.FAILURE

    # -- facts --------------------------------------------------------------------------------

    def _take(self, fact: Fact) -> None:
        run = self._run
        match fact:
            case TaskSucceeded() | TaskFailed() | TaskLost() | TaskTakenBack():
                task = self._task(fact.frame, fact.node, fact.attempt)
                if task is not None:
                    end(run, *task, fact)
            case TaskBegan():
                task = self._task(fact.frame, fact.node, fact.attempt)
                if task is not None and run.announces:
                    tell_reached(run, *task[:2], HAS_BEEN_ACTIVE)
            case RepeatOpened():
                block = self._block(fact.frame, fact.node)
                if block is not None and not block.is_open:
                    take_count(run, block, fact)
            case ItemDrawn() | ItemsEnded() | DrawFailed():
                self._draw(fact)
            case TimerEnded() | HoldGranted():
                found = self._child(fact.frame, fact.node)
                if found is not None:
                    self._go_on(*found, fact)
            case _:
                self._take_request(fact)

    def _go_on(self, frame: Frame, position: int, fact: TimerEnded | HoldGranted) -> None:
        """A ready child has what it waited for."""
        if isinstance(fact, HoldGranted):
            grant(self._run, frame, position)
        elif end_wait(self._run, frame, position):
            self._run.ready.append((frame, position))

    def _take_request(self, fact: RunStarted | StopRequested | PauseRequested | StepPaced) -> None:
        match fact:
            case RunStarted():
                open_block(self._run, self._root)
            case StopRequested():
                self._stop()
            case StepPaced():
                if fact.is_quick:
                    self._run.quick.add(fact.node)
                else:
                    self._run.quick.discard(fact.node)
            case PauseRequested():
                # It changes nothing but whether the run ends here, which ``handle`` says.
                pass

    def _stop(self) -> None:
        """Start nothing more, and take back what was handed over ahead."""
        run = self._run
        run.is_stopping = True
        for frame in run.frames.values() if run.quick else ():
            for position, status in enumerate(frame.statuses):
                if status is Status.ACTIVE and frame.layout.goes_ahead[position]:
                    ask_back(run, frame, position)

    def _child(self, frame_id: int, node: int) -> tuple[Frame, int] | None:
        """The node's place in that iteration; None where that is not under way, or of another container."""
        frame = self._run.frames.get(frame_id)
        child = self._run.plan.nodes[node]
        if frame is None or child.parent != frame.scope.node:
            return None
        return frame, child.position

    def _task(self, frame_id: int, node: int, attempt: int) -> tuple[Frame, int, StepPlan] | None:
        """The running attempt that a fact speaks of; None where that is not the current one."""
        found = self._child(frame_id, node)
        if found is None:
            return None
        frame, position = found
        step = frame.layout.steps[position]
        if step is None or frame.statuses[position] is not Status.ACTIVE or frame.attempts[position] != attempt:
            return None
        return frame, position, step

    def _block(self, frame_id: int, node: int) -> BlockState | None:
        found = self._child(frame_id, node)
        return None if found is None else found[0].blocks.get(found[1])

    def _draw(self, fact: ItemDrawn | ItemsEnded | DrawFailed) -> None:
        found = self._child(fact.frame, fact.node)
        if isinstance(fact, DrawFailed) and found is not None and end_wait(self._run, *found):
            # There is no saying how long it is to wait.
            settle(self._run, *found, Status.FAILURE)
            return
        block = self._block(fact.frame, fact.node)
        if block is not None and (block.is_drawing or (isinstance(fact, DrawFailed) and not block.is_open)):
            take_item(self._run, block, fact)

    # -- what follows -------------------------------------------------------------------------

    def _work_out(self) -> None:
        """Follow up everything that the fact entails, in the order that ``RunState`` explains."""
        run = self._run
        decisions, closings, advances = run.decisions, run.closings, run.advances
        while True:
            if decisions:
                self._decide(*decisions.popleft())
            elif run.doubts:
                review(run, *run.doubts.popleft())
            elif run.judgements:
                judge(run, *run.judgements.popleft())
            elif closings:
                close_frame(run, closings.popleft())
            elif advances:
                advance(run, advances.popleft())
            elif not self._start_something():
                return

    def _decide(self, frame: Frame, position: int, truth: bool) -> None:
        run = self._run
        if position in frame.layout.handled_by:
            review_handled(run, frame, position)
        if position in frame.doubtful:
            review(run, frame, position)
        elif frame.statuses[position] is Status.WAITING:
            if truth:
                make_ready(run, frame, position)
            else:
                settle_unstarted(run, frame, position, Status.SKIPPED)

    def _start_something(self) -> bool:
        """Start one ready container, or ready steps as far as they may; say whether anything is to be worked out."""
        run = self._run
        if run.is_stopping:
            return False
        while run.ready:
            frame, position = run.ready.popleft()
            if frame.statuses[position] is not Status.READY:
                continue
            node = frame.layout.nodes[position]
            if isinstance(node, ContainerPlan) and not node.acquires:
                begin_block(run, frame, position, node)
                return True
            join(run, frame, position)
        found = next_container(run)
        if found is not None:
            begin_block(run, *found)
            return True
        start_steps(run)
        return run.pools.has_freed
