"""Checks that the engine's state is consistent; for tests, after every fact."""

from __future__ import annotations

from collections.abc import Iterable
from typing import SupportsIndex

from sequent.engine.frames import BlockState, Frame, Machine
from sequent.engine.layout import is_step
from sequent.engine.pools import FLOW, RUN
from sequent.engine.run_state import RunState
from sequent.engine.transitions import TRANSITIONS
from sequent.engine.waits import sleeps
from sequent.model.effects import AHEAD
from sequent.model.scope import address_of
from sequent.model.status import Status


def validate(run: RunState, root: BlockState) -> None:
    """Check every frame and every block, and that the run is not waiting for nothing.

    Raises:
        AssertionError: the state is not consistent.
    """
    _watch_from_now_on(run)
    for queue in (run.decisions, run.doubts, run.judgements, run.closings, run.advances):
        assert not queue, "something was not worked out"
    seen = _check_block(run, root)
    assert seen == set(run.frames), "frames that no block has, or that the run lacks"
    running = sum(
        _is_running(run, frame, position) for frame in run.frames.values() for position in range(len(frame.statuses))
    )
    assert running == run.running, f"{running} tasks are active, {run.running} are counted"
    in_turn = sum(
        _is_running(run, frame, position) and not frame.layout.goes_ahead[position]
        for frame in run.frames.values()
        for position in range(len(frame.statuses))
    )
    assert in_turn <= sum(machine.slots for machine in set(run.machines.values())), (
        "more tasks run than there are slots"
    )
    for machine in run.machines.values():
        assert machine.running == _running_on(run, machine), "tasks of a machine are miscounted"
        assert machine.running <= machine.slots * AHEAD, "more tasks are handed over than workers may hold"
    assert not any(run.executing.values()) or running, "a limit counts a task that does not run"
    for frame_id, position in run.timers:
        assert run.frames[frame_id].statuses[position] is Status.READY, "a child that waits for a time is not ready"
    for frame_id, position in run.questions:
        assert run.frames[frame_id].statuses[position] is Status.READY, "a step that asks a question is not ready"
    _check_limits(run)
    _check_pools(run)


def _is_running(run: RunState, frame: Frame, position: int) -> bool:
    """Return whether a child is a task that was handed over, and whose end this driver will learn."""
    is_active = frame.statuses[position] is Status.ACTIVE and is_step(frame.layout.nodes[position])
    return is_active and (frame.scope.id, position) not in run.left


def _running_on(run: RunState, machine: Machine) -> int:
    return sum(
        _is_running(run, frame, position)
        for frame in run.frames.values()
        if frame.machine is machine
        for position in range(len(frame.statuses))
    )


class _Statuses(list[Status]):
    """The statuses of a frame's children; each may only change as the table allows."""

    def __init__(self, frame: Frame) -> None:
        super().__init__(frame.statuses)
        self._frame = frame

    def __setitem__(self, position: SupportsIndex | slice, status: Status | Iterable[Status]) -> None:
        assert isinstance(position, int)
        assert isinstance(status, Status)
        before, node = self[position], self._frame.layout.nodes[position]
        assert status in TRANSITIONS[before], (
            f"{address_of(node.path, self._frame.scope.sequence)} was {before} and became {status}"
        )
        super().__setitem__(position, status)


def _watch_from_now_on(run: RunState) -> None:
    if run.on_frame is None:
        run.on_frame = _watch
        for frame in run.frames.values():
            _watch(frame)


def _watch(frame: Frame) -> None:
    """Check each change of a status in a frame."""
    frame.statuses = _Statuses(frame)


def _check_block(run: RunState, block: BlockState) -> set[int]:
    seen: set[int] = set()
    for number, frame in block.frames.items():
        assert frame.scope.number == number
        assert frame.block is block
        assert run.frames.get(frame.scope.id) is frame
        seen.add(frame.scope.id)
        _check_frame(frame)
        assert frame.is_asleep == (not block.parallel and sleeps(run, frame)), "it is not known who sleeps"
        for inner in frame.blocks.values():
            seen |= _check_block(run, inner)
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
            assert frame.statuses[position] is Status.ACTIVE, f"{node.path} waits in a container that has stopped"
    for position in frame.doubtful:
        assert frame.statuses[position] is Status.WAITING
    for position in frame.pending:
        assert any(frame.requirements[handler] is None for handler in frame.layout.plan.handlers[position]), (
            "a failure waits for a handler that is decided"
        )


def _check_limits(run: RunState) -> None:
    for limiter, count in run.executing.items():
        node = run.plan.nodes[limiter]
        within = sum(
            _is_running(run, frame, position) and limiter in frame.layout.limiters[position]
            for frame in run.frames.values()
            for position in range(len(frame.statuses))
        )
        assert within == count, f"{within} tasks of {node.path} are active, {count} are counted"
        assert count <= node.limit, f"more tasks of {node.path} run than may"


def _check_pools(run: RunState) -> None:
    for pool in run.plan.pools:
        held = {holder: amounts[pool.name] for holder, amounts in run.pools.held.items() if pool.name in amounts}
        free = run.pools.free[pool.name]
        reserved = sum(amounts.get(pool.name, 0) for amounts in run.pools.reserved.values())
        assert sum(held.values()) + reserved + free == pool.capacity, (
            f"held and free amounts of '{pool.name}' do not add up to its capacity"
        )
        assert free >= 0, f"more of '{pool.name}' is held than there is"
        for frame_id, position in held.keys() - {FLOW, RUN}:
            status = run.frames[frame_id].statuses[position]
            assert status in (Status.READY, Status.ACTIVE), "a settled child still holds resources"
