"""The one door of the engine: a fact goes in, its effects come out."""

from __future__ import annotations

from collections.abc import Mapping

from sequent.engine.apply_directives import direct
from sequent.engine.conditions import tell_reached
from sequent.engine.consequences import work_out
from sequent.engine.frames import HAS_BEEN_ACTIVE, BlockState, Frame
from sequent.engine.handing_ahead import ask_all_back, set_pace
from sequent.engine.held_places import hold, release
from sequent.engine.machines import lose, out_of_reach, reach, waits_for_host
from sequent.engine.marks import mark
from sequent.engine.pools import blocked, hold_from_start, waits_for_reserved
from sequent.engine.questions import answer, give_up
from sequent.engine.repeats import make_block, open_block, take_count, take_item
from sequent.engine.reserved_amounts import end_reservation, reserve
from sequent.engine.run_state import RunState
from sequent.engine.start_queue import break_tie, grant
from sequent.engine.task_lifecycle import end, settle
from sequent.engine.waits import end_wait
from sequent.model.directives import NO_DIRECTIVES, Directives
from sequent.model.effects import Effect, EndRun
from sequent.model.facts import (
    DrawFailed,
    Fact,
    HoldGranted,
    HostLost,
    HostReached,
    ItemDrawn,
    ItemsEnded,
    PauseRequested,
    PlaceHeld,
    PlaceReleased,
    QuestionAnswered,
    RepeatOpened,
    ReservationEnded,
    RunStarted,
    StepPaced,
    StopRequested,
    TaskBegan,
    TaskFailed,
    TaskLeft,
    TaskLost,
    TaskMarked,
    TaskSucceeded,
    TaskTakenBack,
    TimerEnded,
)
from sequent.model.plan import Plan, StepPlan
from sequent.model.saved_state import SavedBlock, SavedFrame, StoredPlace
from sequent.model.status import RunStatus, Status


class Scheduler:
    """Decides which tasks start, from the facts so far.

    It has no clock, no random source and no I/O, so the same facts always give the same effects. The cost
    of a fact follows its effects, not the size of the flow; memory follows the part that is under way.
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
        reserved: Mapping[StoredPlace, Mapping[str, int]] | None = None,
        recovery: int = 0,
        directives: Directives = NO_DIRECTIVES,
    ) -> None:
        """Take a plan.

        Args:
            plan: the plan to run.
            slots: the number of tasks that may execute at once, at least 1.
            saved: for a recovery or a continued run: the root's iteration, as far as it had come.
            last_id: the highest frame id that was ever used in the run.
            resumes: whether the run is continued: failures stay failures, and retries are counted on.
            kept: the amount of each pool that steps of earlier recoveries keep for the run.
            reserved: the amounts of tasks and containers whose earlier attempts may go on on hosts.
            recovery: the number of the run's present recovery.
            directives: for a recovery: the directives asked for by hand.
        """
        self._run = RunState(plan, slots, last_id)
        hold_from_start(self._run, kept or {})
        reserve(self._run, reserved or {})
        self._run.resumes = resumes
        self._run.recovery, self._run.directives = recovery, directives
        if saved is not None and not resumes:
            saved, self._run.revision = direct(plan, saved, directives, recovery)
        saved_root = SavedBlock(Status.ACTIVE, 1, {1: saved}) if saved is not None else None
        self._root = make_block(self._run, None, 0, plan.container(0), saved_root)

    @property
    def active_frames(self) -> int:
        """The number of iterations that are under way, and so in memory."""
        return len(self._run.frames)

    @property
    def running(self) -> int:
        """The number of tasks that have been handed over, and have neither ended nor been left."""
        return self._run.running

    @property
    def is_idle(self) -> bool:
        """Whether the run only waits for times, and for people."""
        return self._waits() and not (self._goes_on() or self._run.has_ended)

    @property
    def queued(self) -> Mapping[int, int]:
        """The number of waiting tasks of each step, and of each container, that want resources."""
        run = self._run
        numbers = {node: number for node, number in run.pools.queued.items() if number}
        for frame, position in run.awaiting_grant:
            if frame in run.frames:
                node = run.frames[frame].layout.plan.children[position]
                numbers[node] = numbers.get(node, 0) + 1
        return numbers

    def has_settled(self, frame: int, node: int) -> bool:
        """Return whether a step has settled in an iteration."""
        owner = self._run.frames.get(frame)
        return owner is None or owner.statuses[self._run.plan.nodes[node].position].is_settled

    def validate(self) -> None:
        """Check that the state is consistent; from now on, check that each change of a status is allowed.

        Raises:
            AssertionError: it is not.
        """
        # Only tests check.
        from sequent.engine.validation import validate

        validate(self._run, self._root)

    def handle(self, fact: Fact) -> list[Effect]:
        """Take a fact; return the effects that follow from it, in order."""
        run = self._run
        if run.has_ended:
            return []
        run.effects = []
        self._take(fact)
        work_out(run)
        if not run.running or (len(run.machines) > 1 and run.running == out_of_reach(run)):
            self._end_if_done(fact)
        return run.effects

    def _end_if_done(self, fact: Fact) -> None:
        """End the run if nothing is executed any more and nothing will be."""
        run = self._run
        if not (run.has_begun or run.is_stopping):
            return
        while self._is_stuck() and break_tie(run):
            work_out(run)
        if run.has_ended or self._is_stuck() or run.is_stopping:
            self._end(self._status())
        elif isinstance(fact, PauseRequested) and self.is_idle:
            self._end(RunStatus.SUSPENDED)

    def _end(self, status: RunStatus) -> None:
        run = self._run
        waiting = blocked(run) if self._is_stuck() else ()
        run.effects.append(EndRun(status, dict(run.counts), waiting, self._root.stopped_by))
        run.has_ended = True

    def _is_stuck(self) -> bool:
        """Return whether nothing goes on or ever will: the rest waits for resources that are never given back."""
        run = self._run
        return not (self._goes_on() or self._waits() or run.has_ended or run.is_stopping)

    def _waits(self) -> bool:
        """Return whether something waits for a time, or for a person."""
        run = self._run
        return bool(run.timers or run.questions or run.held.children or run.held.repeats)

    def _goes_on(self) -> bool:
        """Return whether something is under way that will go on by itself."""
        run = self._run
        return bool(run.running or run.awaited or run.awaiting_grant) or waits_for_host(run) or waits_for_reserved(run)

    def _status(self) -> RunStatus:
        """Return how the run ended; a stopped run has not failed, and may have succeeded just then."""
        if self._root.is_done and self._root.state is Status.SUCCESS:
            return RunStatus.SUCCESS
        return RunStatus.STOPPED if self._run.is_stopping else RunStatus.FAILURE

    # -- facts --------------------------------------------------------------------------------

    def _take(self, fact: Fact) -> None:
        run = self._run
        match fact:
            case TaskSucceeded() | TaskFailed() | TaskLost() | TaskTakenBack() | TaskLeft():
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
                self._take_draw(fact)
            case TimerEnded() | HoldGranted():
                place = self._child(fact.frame, fact.node)
                if place is not None:
                    self._go_on(*place, fact)
            case _:
                self._take_other(fact)

    def _go_on(self, frame: Frame, position: int, fact: TimerEnded | HoldGranted) -> None:
        """Let a ready child go on whose wait is over; fail a question whose time is over."""
        if isinstance(fact, HoldGranted):
            grant(self._run, frame, position)
        elif end_wait(self._run, frame, position):
            self._run.ready.append((frame, position))
        else:
            give_up(self._run, frame, position)

    def _take_other(
        self,
        fact: RunStarted
        | StopRequested
        | PauseRequested
        | StepPaced
        | HostReached
        | HostLost
        | ReservationEnded
        | PlaceHeld
        | PlaceReleased
        | TaskMarked
        | QuestionAnswered,
    ) -> None:
        """Take a fact about the run as a whole, a host or the pace of a step, or a request of a person."""
        match fact:
            case ReservationEnded(place):
                end_reservation(self._run, place)
            case PlaceHeld():
                hold(self._run, fact.place)
            case PlaceReleased():
                release(self._run, fact.place)
            case TaskMarked():
                mark(self._run, fact)
            case QuestionAnswered():
                answer(self._run, fact)
            case HostReached():
                reach(self._run, fact)
            case HostLost():
                lose(self._run, fact)
            case RunStarted():
                self._run.has_begun = True
                open_block(self._run, self._root)
            case StopRequested():
                self._stop()
            case StepPaced():
                set_pace(self._run, fact)
            case PauseRequested():
                # It only matters for the end of the run, which ``handle`` decides.
                pass

    def _stop(self) -> None:
        """Start nothing more, and take back tasks that were handed over ahead."""
        self._run.is_stopping = True
        ask_all_back(self._run)

    def _child(self, frame_id: int, node: int) -> tuple[Frame, int] | None:
        """Return the node's place in that iteration; None if that is not under way, or of another container."""
        frame = self._run.frames.get(frame_id)
        child = self._run.plan.nodes[node]
        if frame is None or child.parent != frame.scope.node:
            return None
        return frame, child.position

    def _task(self, frame_id: int, node: int, attempt: int) -> tuple[Frame, int, StepPlan] | None:
        """Return the running attempt that a fact is about; None if that is not the current one."""
        place = self._child(frame_id, node)
        if place is None:
            return None
        frame, position = place
        step = frame.layout.steps[position]
        if step is None or frame.statuses[position] is not Status.ACTIVE or frame.attempts[position] != attempt:
            return None
        if (frame_id, position) in self._run.left:
            return None
        return frame, position, step

    def _block(self, frame_id: int, node: int) -> BlockState | None:
        place = self._child(frame_id, node)
        return None if place is None else place[0].blocks.get(place[1])

    def _take_draw(self, fact: ItemDrawn | ItemsEnded | DrawFailed) -> None:
        """Take the answer to a draw, or to the search for the items or the delay of a container."""
        place = self._child(fact.frame, fact.node)
        if isinstance(fact, DrawFailed) and place is not None and end_wait(self._run, *place):
            # It is not known how long it is to wait.
            settle(self._run, *place, Status.FAILURE)
            return
        block = self._block(fact.frame, fact.node)
        if block is not None and (block.is_drawing or (isinstance(fact, DrawFailed) and not block.is_open)):
            take_item(self._run, block, fact)
