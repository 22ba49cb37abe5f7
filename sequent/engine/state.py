"""What is told of a scheduler's state, for people who watch: it decides nothing by it."""

from __future__ import annotations

from collections.abc import Mapping

from sequent.engine.board import Board


class State:
    """How things stand between two facts."""

    def __init__(self, board: Board) -> None:
        self._board = board

    @property
    def queued(self) -> Mapping[int, int]:
        """How many tasks of each step, and how many of each container, wait for resources."""
        board = self._board
        numbers = {node: number for node, number in board.line.pools.queued.items() if number}
        for frame, position in board.asked:
            if frame in board.frames:
                node = board.frames[frame].layout.plan.children[position]
                numbers[node] = numbers.get(node, 0) + 1
        return numbers

    def has_settled(self, frame: int, node: int) -> bool:
        """Whether a step has settled in an iteration."""
        found = self._board.frames.get(frame)
        return found is None or found.statuses[self._board.plan.nodes[node].position].is_settled
