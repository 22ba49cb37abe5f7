"""Works out all that follows from a fact, until nothing more does."""

from __future__ import annotations

from sequent.engine.failures import judge
from sequent.engine.frames import Frame
from sequent.engine.held_places import set_aside
from sequent.engine.kept_successes import review
from sequent.engine.questions import ask
from sequent.engine.repeats import advance, begin_block, close_frame
from sequent.engine.run_state import RunState
from sequent.engine.start_queue import join, next_without_slot, start_steps
from sequent.engine.task_lifecycle import make_ready, review_handled, settle_unstarted
from sequent.model.plan import ContainerPlan
from sequent.model.status import Status


def work_out(run: RunState) -> None:
    """Work out all consequences of the fact, in the order that ``RunState`` explains."""
    decisions, closings, advances = run.decisions, run.closings, run.advances
    while True:
        if decisions:
            _decide(run, *decisions.popleft())
        elif run.doubts:
            review(run, *run.doubts.popleft())
        elif run.judgements:
            judge(run, *run.judgements.popleft())
        elif closings:
            close_frame(run, closings.popleft())
        elif advances:
            advance(run, advances.popleft())
        elif not _start_something(run):
            return


def _decide(run: RunState, frame: Frame, position: int, truth: bool) -> None:
    if position in frame.layout.handled_by:
        review_handled(run, frame, position)
    if position in frame.doubtful:
        review(run, frame, position)
    elif frame.statuses[position] is Status.WAITING:
        if truth:
            make_ready(run, frame, position)
        else:
            settle_unstarted(run, frame, position, Status.SKIPPED)


def _start_something(run: RunState) -> bool:
    """Start one ready container, or ready steps as far as they may; return whether more is to be worked out."""
    if run.is_stopping:
        return False
    while run.ready:
        frame, position = run.ready.popleft()
        if frame.statuses[position] is not Status.READY or (run.held.places and set_aside(run, frame, position)):
            continue
        node = frame.layout.nodes[position]
        if isinstance(node, ContainerPlan) and not node.acquires:
            begin_block(run, frame, position, node)
            return True
        join(run, frame, position)
    found = next_without_slot(run)
    if found is not None:
        frame, position, node = found
        if isinstance(node, ContainerPlan):
            begin_block(run, frame, position, node)
        else:
            ask(run, frame, position)
        return True
    start_steps(run)
    return run.pools.has_freed
