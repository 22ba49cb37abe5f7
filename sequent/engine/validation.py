"""Whether the engine's state agrees with itself; for tests, after every fact."""

from __future__ import annotations

from sequent.engine.board import Block, Board, Frame
from sequent.engine.layout import is_step
from sequent.engine.pools import FLOW, RUN
from sequent.engine.waits import sleeps
from sequent.model.effects import AHEAD
from sequent.model.status import Status


def validate(board: Board, root: Block) -> None:
    """Check every frame and every block, and that the run is not waiting for nothing.

    Raises:
        AssertionError: something does not agree.
    """
    for queue in (board.decisions, board.doubts, board.judgements, board.closings, board.advances):
        assert not queue, "something was not worked out"
    seen = _check_block(board, root)
    assert seen == set(board.frames), "frames that no block has, or that the board lacks"
    running = sum(
        status is Status.ACTIVE and is_step(frame.layout.nodes[position])
        for frame in board.frames.values()
        for position, status in enumerate(frame.statuses)
    )
    assert running == board.running, f"{running} tasks are active, {board.running} are counted"
    in_turn = sum(
        status is Status.ACTIVE and is_step(frame.layout.nodes[position]) and not frame.layout.goes_ahead[position]
        for frame in board.frames.values()
        for position, status in enumerate(frame.statuses)
    )
    assert in_turn <= board.slots, "more tasks run than there are slots"
    assert board.running <= board.slots * AHEAD, "more tasks are handed over than workers may hold"
    assert not any(board.executing.values()) or running, "a limit counts what does not run"
    for frame_id, position in board.timers:
        assert board.frames[frame_id].statuses[position] is Status.READY, "what waits for a time is not ready"
    _check_limits(board)
    _check_pools(board)


def _check_block(board: Board, block: Block) -> set[int]:
    seen: set[int] = set()
    for number, frame in block.frames.items():
        assert frame.scope.number == number
        assert frame.block is block
        assert board.frames.get(frame.scope.id) is frame
        seen.add(frame.scope.id)
        _check_frame(frame)
        assert frame.is_asleep == (not block.parallel and sleeps(board, frame)), "it is not known who sleeps"
        for inner in frame.blocks.values():
            seen |= _check_block(board, inner)
    assert not block.parallel or len(block.frames) <= block.parallel, "more iterations are under way than may be"
    assert block.asleep == sum(frame.is_asleep for frame in block.frames.values()), "sleeping iterations are miscounted"
    return seen


def _check_frame(frame: Frame) -> None:
    unsettled = [position for position, status in enumerate(frame.statuses) if not status.is_settled]
    assert frame.open == len(unsettled), "the count of open children is wrong"
    assert unsettled, "a frame without open children was not closed"
    for position in unsettled:
        node = frame.layout.nodes[position]
        if frame.statuses[position] is Status.ACTIVE and not is_step(node):
            assert position in frame.blocks, f"{node.path} is active without a block"
        if frame.block.is_stopped and not node.watches:
            assert frame.statuses[position] is Status.ACTIVE, f"{node.path} waits in what has stopped"
    for position in frame.doubtful:
        assert frame.statuses[position] is Status.WAITING
    for position in frame.pending:
        assert any(frame.requirements[handler] is None for handler in frame.layout.plan.handlers[position]), (
            "a failure waits for a handler that is decided"
        )


def _check_limits(board: Board) -> None:
    for limiter, count in board.executing.items():
        node = board.plan.nodes[limiter]
        within = sum(
            status is Status.ACTIVE
            and is_step(frame.layout.nodes[position])
            and limiter in frame.layout.limiters[position]
            for frame in board.frames.values()
            for position, status in enumerate(frame.statuses)
        )
        assert within == count, f"{within} tasks of {node.path} are active, {count} are counted"
        assert count <= node.limit, f"more tasks of {node.path} run than may"


def _check_pools(board: Board) -> None:
    for pool in board.plan.pools:
        held = board.line.pools.held_of(pool.name)
        free = board.line.pools.free_of(pool.name)
        assert sum(held.values()) + free == pool.capacity, f"what is held and free of '{pool.name}' is not its capacity"
        assert free >= 0, f"more of '{pool.name}' is held than there is"
        for frame_id, position in held.keys() - {FLOW, RUN}:
            status = board.frames[frame_id].statuses[position]
            assert status in (Status.READY, Status.ACTIVE), "what has settled still holds"
