"""The engine holds the active part of a run, however long the run is."""

from __future__ import annotations

import tracemalloc
from collections import deque

import pytest

from sequent.compiler import compile_flow
from sequent.engine import Scheduler
from sequent.model import facts
from sequent.model.effects import DrawItem, Effect, EndRun, OpenRepeat, StartTask
from sequent.model.spec import FlowSpec, ItemsCall, ItemsLiteral
from sequent.model.status import RunStatus, Status
from tests.small_flows import DRAWN, block, flow, items, on, step


class Growing:
    """A world that forgets what it was told, so that only the engine can hold on to anything."""

    def __init__(self, spec: FlowSpec, slots: int) -> None:
        self.scheduler = Scheduler(compile_flow(spec), slots=slots)
        self.most = 0

    def run(self, count: int | None) -> EndRun:
        """Run a flow of one container whose tasks all succeed; items that are drawn end after a thousand."""
        pending: deque[Effect] = deque(self.scheduler.handle(facts.RunStarted()))
        while True:
            effect = pending.popleft()
            self.most = max(self.most, self.scheduler.active_frames)
            match effect:
                case StartTask(scope, node, attempt):
                    pending.extend(self.scheduler.handle(facts.TaskSucceeded(scope.id, node, attempt)))
                case OpenRepeat(scope, node):
                    pending.extend(self.scheduler.handle(facts.RepeatOpened(scope.id, node, count)))
                case DrawItem(scope, node, number):
                    has_item = number <= 1_000
                    drawn = facts.ItemDrawn(scope.id, node, number) if has_item else facts.ItemsEnded(scope.id, node)
                    pending.extend(self.scheduler.handle(drawn))
                case EndRun():
                    return effect


def loop(parallel: int, repeats: ItemsLiteral | ItemsCall) -> FlowSpec:
    return flow(block("loop", step("a"), step("b", on("loop.a")), repeats=repeats, parallel=parallel))


def peak_of(count: int) -> int:
    """The most bytes that the engine ever holds while it runs so many iterations."""
    world = Growing(loop(1, items(0)), slots=4)
    tracemalloc.start()
    end = world.run(count)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert end.counts == {Status.SUCCESS: 2 * count}
    assert world.most == 2
    return peak


def test_memory_follows_what_is_active_and_not_how_often_it_runs() -> None:
    assert peak_of(10_000) < peak_of(500) + 10_000


@pytest.mark.parametrize("repeats", [items(0), DRAWN])
def test_iterations_without_a_limit_are_bounded_all_the_same(repeats: ItemsLiteral | ItemsCall) -> None:
    world = Growing(loop(0, repeats), slots=4)
    end = world.run(5_000 if isinstance(repeats, ItemsLiteral) else None)
    assert end.status is RunStatus.SUCCESS
    assert world.most <= 1_001
