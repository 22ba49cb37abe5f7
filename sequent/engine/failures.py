"""Decides, level by level, whether a failure is handled, and what stops if it is not."""

from __future__ import annotations

from sequent.engine.frames import BlockState, Frame
from sequent.engine.handing_ahead import ask_back
from sequent.engine.kept_successes import keep
from sequent.engine.run_state import RunState
from sequent.engine.task_lifecycle import settle_unstarted
from sequent.model.status import Status


def judge(run: RunState, frame: Frame, position: int) -> None:
    """Decide whether a child's failure, or the failure that it is bound for, is handled, if this is known yet.

    A sibling whose requirement came true handles it. Once no sibling can, it is unhandled: the frame fails, and unless
    told to go on, its container stops, and is judged itself one level further out.
    """
    if position in frame.judged:
        return
    requirements = frame.requirements
    handlers = frame.layout.plan.handlers[position]
    if position not in frame.pending and any(requirements[handler] for handler in handlers):
        frame.judged.add(position)
        return
    hopeless = frame.pending.get(position, 0)
    while hopeless < len(handlers) and requirements[handlers[hopeless]] is False:
        hopeless += 1
    if hopeless < len(handlers):
        frame.pending[position] = hopeless
        return
    frame.pending.pop(position, None)
    frame.judged.add(position)
    frame.has_failed = True
    if frame.layout.nodes[position].stops:
        if not frame.block.is_stopped:
            inner = frame.blocks.get(position)
            cause = (frame.scope, frame.layout.plan.children[position])
            frame.block.stopped_by = cause if inner is None or inner.stopped_by is None else inner.stopped_by
        stop(run, frame.block)
        if frame.block.parent is not None:
            run.judgements.append((frame.block.parent, frame.block.position))


def stop(run: RunState, block: BlockState) -> None:
    """Start nothing more in a container, in all its iterations, except watchers; running tasks may finish."""
    if block.is_stopped:
        return
    _forgo(block)
    _stop(run, block)


def _forgo(block: BlockState) -> None:
    """Let no requirement come true by the stop itself: a step that it cancels handles no failure."""
    for frame in block.frames.values():
        for position, status in enumerate(frame.statuses):
            if status.is_settled or frame.layout.nodes[position].watches:
                continue
            if status is Status.ACTIVE:
                inner = frame.blocks.get(position)
                if inner is not None and not inner.is_stopped:
                    _forgo(inner)
            elif position in frame.doubtful or frame.requirements[position] is None:
                frame.requirements[position] = False


def _stop(run: RunState, block: BlockState) -> None:
    if block.is_stopped:
        return
    block.is_stopped = True
    for frame in block.frames.values():
        _stop_frame(run, frame)
    run.advances.append(block)


def _stop_frame(run: RunState, frame: Frame) -> None:
    for position, status in enumerate(frame.statuses):
        if status.is_settled or frame.layout.nodes[position].watches:
            continue
        if status is Status.ACTIVE:
            inner = frame.blocks.get(position)
            if inner is not None:
                _stop(run, inner)
            else:
                ask_back(run, frame, position)
        elif position in frame.doubtful:
            # It does not run again.
            keep(run, frame, position)
        else:
            settle_unstarted(run, frame, position, Status.CANCELLED)
