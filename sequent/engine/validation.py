"""Whether the engine's state agrees with itself; for tests, after every fact."""

from __future__ import annotations

from sequent.engine.board import Block, Board, Frame, is_step
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
    assert board.running <= board.slots, "more tasks run than there are slots"


def _check_block(board: Board, block: Block) -> set[int]:
    seen: set[int] = set()
    for number, frame in block.frames.items():
        assert frame.scope.number == number
        assert frame.block is block
        assert board.frames.get(frame.scope.id) is frame
        seen.add(frame.scope.id)
        _check_frame(frame)
        for inner in frame.blocks.values():
            seen |= _check_block(board, inner)
    limit = block.layout.plan.parallel
    assert not limit or len(block.frames) <= limit, "more iterations are under way than may be"
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
