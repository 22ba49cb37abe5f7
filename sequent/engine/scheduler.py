"""The one door of the engine: a fact goes in, the effects that follow from it come out."""

from __future__ import annotations

from sequent.engine.board import HAS_BEEN_ACTIVE, Block, Board, Frame
from sequent.engine.conditions import tell_reached
from sequent.engine.failures import judge
from sequent.engine.keeping import review
from sequent.engine.repeats import advance, begin_block, close_frame, make_block, open_block
from sequent.engine.tasks import lose, make_ready, review_handled, settle, settle_unstarted, start_step
from sequent.engine.validation import validate
from sequent.model.effects import Effect, EndRun
from sequent.model.facts import (
    DrawFailed,
    Fact,
    ItemDrawn,
    ItemsEnded,
    RepeatOpened,
    RunStarted,
    StopRequested,
    TaskBegan,
    TaskFailed,
    TaskLost,
    TaskSucceeded,
)
from sequent.model.plan import ContainerPlan, Plan
from sequent.model.saved import SavedBlock, SavedFrame
from sequent.model.status import RunStatus, Status


class Scheduler:
    """Decides what starts, from what has happened.

    It has no clock, no random source and no I/O, so the same facts always give the same effects. A fact
    costs what it changes, not the size of the flow, and memory follows what is under way.
    """

    def __init__(self, plan: Plan, *, slots: int, saved: SavedFrame | None = None, last_id: int = 0) -> None:
        """Take a plan.

        Args:
            plan: what will run.
            slots: how many tasks may execute at once, at least 1.
            saved: of a recovery: the root's iteration, as far as it had come.
            last_id: the highest frame id that was ever used in the run.
        """
        root = plan.nodes[0]
        if not isinstance(root, ContainerPlan):
            raise AssertionError("the root of a plan is a container")
        self._board = Board(plan, slots, last_id)
        saved_root = SavedBlock(Status.ACTIVE, 1, {1: saved}) if saved is not None else None
        self._root = make_block(self._board, None, 0, root, saved_root)

    @property
    def active_frames(self) -> int:
        """How many iterations are under way, and so in memory."""
        return len(self._board.frames)

    @property
    def running(self) -> int:
        """How many tasks are being executed."""
        return self._board.running

    def validate(self) -> None:
        """Check that the state agrees with itself.

        Raises:
            AssertionError: it does not.
        """
        validate(self._board, self._root)

    def handle(self, fact: Fact) -> list[Effect]:
        """Take in what happened; say what is to be done now, in order."""
        board = self._board
        if board.has_ended:
            return []
        board.effects = []
        self._take(fact)
        self._work_out()
        if board.has_ended or (board.is_stopping and not board.running):
            board.effects.append(EndRun(self._status(), dict(board.counts)))
            board.has_ended = True
        return board.effects

    def _status(self) -> RunStatus:
        """How the run ended: one that was asked to stop is a failure for nobody, but may have succeeded just then."""
        if self._root.is_done and self._root.state is Status.SUCCESS:
            return RunStatus.SUCCESS
        return RunStatus.STOPPED if self._board.is_stopping else RunStatus.FAILURE

    # -- facts --------------------------------------------------------------------------------

    def _take(self, fact: Fact) -> None:
        match fact:
            case TaskSucceeded():
                self._end_task(fact)
            case TaskFailed() | TaskLost():
                self._end_task(fact)
            case TaskBegan():
                found = self._task(fact.frame, fact.node, fact.attempt)
                if found is not None:
                    tell_reached(self._board, *found, HAS_BEEN_ACTIVE)
            case RepeatOpened():
                self._open_repeat(fact)
            case ItemDrawn() | ItemsEnded() | DrawFailed():
                self._draw(fact)
            case RunStarted():
                open_block(self._board, self._root)
            case StopRequested():
                self._board.is_stopping = True

    def _child(self, frame_id: int, node: int) -> tuple[Frame, int] | None:
        """The node's place in that iteration; None where that is not under way, or of another container."""
        frame = self._board.frames.get(frame_id)
        child = self._board.plan.nodes[node]
        if frame is None or child.parent != frame.scope.node:
            return None
        return frame, child.position

    def _task(self, frame_id: int, node: int, attempt: int) -> tuple[Frame, int] | None:
        """The running attempt that a fact speaks of; None where that is not the current one."""
        found = self._child(frame_id, node)
        if found is None:
            return None
        frame, position = found
        is_current = frame.statuses[position] is Status.ACTIVE and frame.attempts.get(position) == attempt
        return found if is_current else None

    def _end_task(self, fact: TaskSucceeded | TaskFailed | TaskLost) -> None:
        found = self._task(fact.frame, fact.node, fact.attempt)
        if found is None:
            return
        frame, position = found
        self._board.running -= 1
        if isinstance(fact, TaskLost):
            lose(self._board, frame, position)
        elif isinstance(fact, TaskFailed):
            settle(self._board, frame, position, Status.FAILURE)
        else:
            if position == frame.layout.plan.until:
                frame.verdict = fact.verdict
            settle(self._board, frame, position, Status.SUCCESS)

    def _block(self, frame_id: int, node: int) -> Block | None:
        found = self._child(frame_id, node)
        return None if found is None else found[0].blocks.get(found[1])

    def _open_repeat(self, fact: RepeatOpened) -> None:
        block = self._block(fact.frame, fact.node)
        if block is not None and not block.is_open:
            block.is_open = True
            block.count = fact.count
            self._board.advances.append(block)

    def _draw(self, fact: ItemDrawn | ItemsEnded | DrawFailed) -> None:
        block = self._block(fact.frame, fact.node)
        if block is None or not (block.is_drawing or (isinstance(fact, DrawFailed) and not block.is_open)):
            return
        block.is_drawing = False
        if isinstance(fact, ItemDrawn):
            if not (block.is_stopped or block.until_met or self._board.is_stopping):
                block.drawn = fact.number
                block.reopen.append(fact.number)
        else:
            if not block.is_open:
                # Without its items, no iteration of an earlier recovery can go on.
                block.reopen.clear()
            block.is_open = True
            block.is_cut = True
            if isinstance(fact, DrawFailed):
                block.state = Status.FAILURE
        self._board.advances.append(block)

    # -- what follows -------------------------------------------------------------------------

    def _work_out(self) -> None:
        """Follow up everything that the fact entails, in the order that ``Board`` explains."""
        board = self._board
        while True:
            if board.decisions:
                self._decide(*board.decisions.popleft())
            elif board.doubts:
                review(board, *board.doubts.popleft())
            elif board.judgements:
                judge(board, *board.judgements.popleft())
            elif board.closings:
                close_frame(board, board.closings.popleft())
            elif board.advances:
                advance(board, board.advances.popleft())
            elif not self._start_something():
                return

    def _decide(self, frame: Frame, position: int, truth: bool) -> None:
        review_handled(self._board, frame, position)
        if position in frame.doubtful:
            review(self._board, frame, position)
        elif frame.statuses[position] is Status.WAITING:
            if truth:
                make_ready(self._board, frame, position)
            else:
                settle_unstarted(self._board, frame, position, Status.SKIPPED)

    def _start_something(self) -> bool:
        """Start one ready container, or ready steps as far as there are slots; say whether anything changed."""
        board = self._board
        if board.is_stopping:
            return False
        while board.ready:
            frame, position = board.ready.popleft()
            if frame.statuses[position] is not Status.READY:
                continue
            node = frame.layout.nodes[position]
            if isinstance(node, ContainerPlan):
                begin_block(board, frame, position, node)
                return True
            board.queue.append((frame, position))
        while board.queue and board.running < board.slots:
            frame, position = board.queue.popleft()
            if frame.statuses[position] is Status.READY:
                start_step(board, frame, position)
        return False
