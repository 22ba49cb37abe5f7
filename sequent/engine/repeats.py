"""Iterations: they begin as items come, and their container settles once there are no more items."""

from __future__ import annotations

from collections import deque

from sequent.engine.apply_directives import everything_in
from sequent.engine.conditions import look_away, look_outside, tell_reached
from sequent.engine.frames import HAS_BEEN_ACTIVE, BlockState, Frame, Machine
from sequent.engine.held_places import forget, holds_back
from sequent.engine.kept_successes import is_of_now, restore
from sequent.engine.machines import machine_of
from sequent.engine.marks import take_marks
from sequent.engine.pools import give_back, release
from sequent.engine.run_state import RunState
from sequent.engine.task_lifecycle import settle
from sequent.model.effects import CloseFrame, CloseRepeat, DrawItem, FailContainer, OpenFrame, OpenRepeat, Revise
from sequent.model.facts import DrawFailed, ItemDrawn, ItemsEnded, RepeatOpened
from sequent.model.plan import ContainerPlan
from sequent.model.saved_state import SavedBlock, SavedFrame
from sequent.model.scope import Scope
from sequent.model.status import Status, Verdict

MAX_UNDER_WAY = 1000
"""The number of iterations of a repeat without a limit that are under way at once."""


def begin_block(run: RunState, frame: Frame, position: int, node: ContainerPlan) -> None:
    """Start a container within a frame."""
    frame.statuses[position] = Status.ACTIVE
    block = frame.blocks.get(position)
    if block is not None and block.saved is not None and block.is_fresh and not frame.block.is_fresh:
        revision = everything_in(run.plan, block.saved, node, frame.scope.id, frame.scope.sequence)
        run.effects.append(Revise(revision))
    if block is None:
        block = frame.blocks[position] = make_block(run, frame, position, node, None)
    if run.announces:
        tell_reached(run, frame, position, HAS_BEEN_ACTIVE)
    open_block(run, block)


def make_block(
    run: RunState,
    parent: Frame | None,
    position: int,
    node: ContainerPlan,
    saved: SavedBlock | None,
    *,
    is_fresh: bool = False,
) -> BlockState:
    """Make a block with its state of an earlier recovery; a kept block that begins all the same runs afresh."""
    block = BlockState(parent, position, run.layouts.of(node), saved)
    if saved is not None:
        block.is_fresh = is_fresh or saved.status is Status.SUCCESS
        if not block.is_fresh:
            block.drawn = saved.drawn
            block.until_met = saved.until_met
            block.reopen.extend(sorted(saved.frames))
            if run.resumes:
                _leave_ended(run, block, saved)
    return block


def _leave_ended(run: RunState, block: BlockState, saved: SavedBlock) -> None:
    """Do not open iterations again that have failed or were cancelled, in a continued run."""
    ended = {
        number: frame.status
        for number, frame in saved.frames.items()
        if frame.status in (Status.FAILURE, Status.CANCELLED) and is_of_now(run, frame.recovery)
    }
    block.reopen = deque(number for number in block.reopen if number not in ended)
    if Status.FAILURE in ended.values():
        block.state = Status.FAILURE
        block.is_stopped = all(node.stops for node in block.layout.nodes)
    elif ended:
        block.state = Status.CANCELLED


def open_block(run: RunState, block: BlockState) -> None:
    """Find a block's items, or begin its only iteration."""
    if block.parent is None and run.revision:
        run.effects.append(Revise(run.revision))
    if block.layout.plan.repeats is None:
        block.is_open = True
        block.count = 1
    else:
        _await(run, block)
        run.effects.append(OpenRepeat(_around(block), block.layout.plan.index, block.drawn))
    run.advances.append(block)


def advance(run: RunState, block: BlockState) -> None:
    """Begin iterations as far as there are items and room, and settle the block once it is done."""
    if block.is_open and not block.is_stopped and not run.is_stopping:
        while _has_room(block) and not block.is_drawing and block.has_more:
            if run.held.places and holds_back(run, block):
                return
            if run.closings:
                # The iteration just begun had nothing left to do; its end may be the end of the repeat.
                run.advances.append(block)
                return
            if block.reopen:
                begin_frame(run, block, block.reopen.popleft())
            elif block.count is not None:
                block.drawn += 1
                begin_frame(run, block, block.drawn)
            else:
                _draw(run, block)
    if block.is_done:
        _settle_block(run, block)


def take_count(run: RunState, block: BlockState, fact: RepeatOpened) -> None:
    """Note the number of items, or that they may be drawn."""
    run.awaited.discard((fact.frame, fact.node))
    block.is_open = True
    block.count = fact.count
    block.hosts = fact.hosts
    if fact.parallel is not None:
        block.parallel = fact.parallel
    run.advances.append(block)


def take_item(run: RunState, block: BlockState, fact: ItemDrawn | ItemsEnded | DrawFailed) -> None:
    """Note that the next item has been drawn, that there is none, or that drawing failed."""
    run.awaited.discard((fact.frame, fact.node))
    block.is_drawing = False
    if isinstance(fact, ItemDrawn):
        if not (block.is_stopped or block.until_met or run.is_stopping):
            block.drawn = fact.number
            block.reopen.append(fact.number)
    else:
        if not block.is_open:
            # Without the items, no iteration of an earlier recovery can go on.
            block.reopen.clear()
        block.is_open = True
        block.is_cut = True
        if isinstance(fact, DrawFailed):
            block.state = Status.FAILURE
    run.advances.append(block)


def _has_room(block: BlockState) -> bool:
    """Return whether one more iteration may begin; without a limit, those that only wait for a time do not count."""
    if block.parallel:
        return len(block.frames) < block.parallel
    return len(block.frames) - block.asleep < MAX_UNDER_WAY


def _await(run: RunState, block: BlockState) -> None:
    run.awaited.add((_around(block).id, block.layout.plan.index))


def _draw(run: RunState, block: BlockState) -> None:
    block.is_drawing = True
    _await(run, block)
    run.effects.append(DrawItem(_around(block), block.layout.plan.index, block.drawn + 1))


def _around(block: BlockState) -> Scope:
    if block.parent is None:
        raise AssertionError("the root does not repeat")
    return block.parent.scope


def begin_frame(run: RunState, block: BlockState, number: int) -> None:
    """Begin an iteration, or open it again: children without a requirement are ready at once."""
    saved = block.saved.frames.get(number) if block.saved is not None else None
    layout = block.layout
    frame_id = saved.id if saved is not None else 0
    if not frame_id:
        run.last_id += 1
        frame_id = run.last_id
    around = block.parent.scope if block.parent is not None else None
    sequence = (number,) if around is None else layout.plan.sequence_within(around.sequence, number, block.hosts)
    frame = Frame(block, layout, Scope(frame_id, layout.plan.index, number, sequence, around))
    frame.machine = _machine(run, block, number)
    block.frames[number] = run.frames[frame_id] = frame
    if run.on_frame is not None:
        run.on_frame(frame)
    if not layout.plan.wraps:
        run.effects.append(OpenFrame(frame.scope, is_new=saved is None or not saved.id))
    if saved is not None:
        _adopt(run, frame, saved, is_fresh=block.is_fresh)
    if layout.outer:
        look_outside(run, frame)
    if run.marks:
        take_marks(run, frame)
    for position in layout.plan.free:
        if frame.requirements[position] is None:
            frame.requirements[position] = True
            run.decisions.append((frame, position, True))
    if not layout.size:
        run.closings.append(frame)


def _machine(run: RunState, block: BlockState, number: int) -> Machine:
    """Return the machine on which the steps of an iteration execute."""
    if block.layout.plan.is_copied:
        return machine_of(run, block.hosts[number - 1])
    return run.here if block.parent is None else block.parent.machine


def _adopt(run: RunState, frame: Frame, saved: SavedFrame, *, is_fresh: bool) -> None:
    for position, node in enumerate(frame.layout.nodes):
        saved_block = saved.blocks.get(node.index)
        if saved_block is not None and isinstance(node, ContainerPlan):
            block = make_block(run, frame, position, node, saved_block, is_fresh=is_fresh)
            frame.blocks[position] = block
    restore(run, frame, saved, is_fresh=is_fresh)


def close_frame(run: RunState, frame: Frame) -> None:
    """Close an iteration whose children have all settled: note how it ended, and forget it."""
    block, plan, scope = frame.block, frame.layout.plan, frame.scope
    status = Status.FAILURE if frame.has_failed else Status.CANCELLED if frame.was_cancelled else Status.SUCCESS
    if status is Status.FAILURE or block.state is Status.SUCCESS:
        block.state = status
    if frame.verdict is Verdict.TRUTHY:
        block.until_met = True
    if plan.result is not None:
        block.answers = frame.answers.get(plan.result, ())
    if frame.watching:
        look_away(frame)
    del block.frames[scope.number]
    del run.frames[scope.id]
    if not plan.wraps:
        run.effects.append(CloseFrame(scope, status))
    run.advances.append(block)


def _settle_block(run: RunState, block: BlockState) -> None:
    status = block.state
    if status is Status.SUCCESS and block.is_stopped and block.has_more:
        status = Status.CANCELLED
    if block.parent is None:
        run.has_ended = True
        return
    if block.parent.statuses[block.position].is_settled:
        return
    if block.layout.plan.acquires or block.layout.plan.releases:
        status = _give_back(run, block, block.parent, status)
    if block.layout.plan.repeats is not None:
        run.awaited.discard((block.parent.scope.id, block.layout.plan.index))
        run.effects.append(CloseRepeat(block.parent.scope, block.layout.plan.index, status))
    forget(run, block.parent, block.position)
    block.parent.blocks.pop(block.position, None)
    if block.answers:
        block.parent.answers[block.position] = block.answers
    settle(run, block.parent, block.position, status)


def _give_back(run: RunState, block: BlockState, parent: Frame, status: Status) -> Status:
    """Return the amounts of a container that has settled; releasing more than is held makes it a failure."""
    if status is not Status.SUCCESS:
        give_back(run, parent, block.position)
        return status
    reason = release(run, parent, block.position, block.layout.plan)
    if not reason:
        return status
    give_back(run, parent, block.position)
    run.effects.append(FailContainer(parent.scope, block.layout.plan.index, reason))
    return Status.FAILURE
