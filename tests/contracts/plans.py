"""A small plan with one of everything that a store tells apart, and short ways to write rows of it."""

from __future__ import annotations

import itertools
from typing import Any

from sequent.model.description import Part, PartKind
from sequent.model.inputs import ItemsLiteralPlan
from sequent.model.plan import ContainerPlan, NodePlan, Plan, Reaction, StepPlan
from sequent.model.run_target import Target
from sequent.model.status import Construct, RunStatus, Status
from sequent.runtime.ports import DrivenRun, Store
from sequent.runtime.rows import Batch, Ending, FrameKey, FrameOpening, Intent, RepeatOpening, RunEnd, TaskKey

ROOT, A, GRID, CELL, INNER, DEEP, MANY, EACH, BLOCK, B = range(10)
"""The indexes of the plan: a step, a repeated container that holds a step and a container, a repeated step,
and a container that holds a step."""
TASK_A = TaskKey(1, A, 0)
_ITEMS = ItemsLiteralPlan("[1,2,3]")
_TOKENS = itertools.count(1)


def plan(*, until: bool = False, reactions: dict[int, Reaction] | None = None) -> Plan:
    """The plan."""
    nodes: tuple[NodePlan, ...] = (
        ContainerPlan(index=ROOT, path=(), parent=-1, children=(A, GRID, MANY, BLOCK)),
        _step(A, "a", ROOT, 0),
        ContainerPlan(
            index=GRID,
            path=("grid",),
            parent=ROOT,
            position=1,
            children=(CELL, INNER),
            repeats=_ITEMS,
            until=0 if until else None,
        ),
        _step(CELL, "grid.cell", GRID, 0),
        ContainerPlan(index=INNER, path=("grid", "inner"), parent=GRID, position=1, children=(DEEP,)),
        _step(DEEP, "grid.inner.deep", INNER, 0),
        ContainerPlan(
            index=MANY,
            path=("many",),
            parent=ROOT,
            position=2,
            children=(EACH,),
            repeats=_ITEMS,
            wraps=True,
            until=0 if until else None,
        ),
        _step(EACH, "many", MANY, 0),
        ContainerPlan(index=BLOCK, path=("block",), parent=ROOT, position=3, children=(B,)),
        _step(B, "block.b", BLOCK, 0),
    )
    kinds = {StepPlan: PartKind.STEP, ContainerPlan: PartKind.CONTAINER}
    description = {".".join(node.path): Part(kind=kinds[type(node)]) for node in nodes}
    return Plan(
        name="small", nodes=nodes, params={"day": '"monday"'}, description=description, reactions=reactions or {}
    )


def _step(index: int, path: str, parent: int, position: int) -> StepPlan:
    return StepPlan(
        index=index, path=tuple(path.split(".")), parent=parent, position=position, construct=Construct.PROCESS
    )


def reordered() -> tuple[Plan, dict[int, int]]:
    """The same plan with ``block`` defined first, and where each index of the other one is in it."""
    order = [ROOT, BLOCK, B, A, GRID, CELL, INNER, DEEP, MANY, EACH]
    place = {old: new for new, old in enumerate(order)}
    nodes = []
    for old in order:
        node = plan().nodes[old]
        common = {"index": place[old], "parent": place.get(node.parent, -1)}
        if isinstance(node, StepPlan):
            nodes.append(StepPlan(path=node.path, position=node.position, construct=node.construct, **common))
        else:
            children = tuple(sorted(place[child] for child in node.children))
            nodes.append(
                ContainerPlan(path=node.path, children=children, repeats=node.repeats, wraps=node.wraps, **common)
            )
    return Plan(name="small", nodes=tuple(nodes), description=plan().description), place


def create(store: Store, run_id: str | None = None, flow: str = "small") -> DrivenRun:
    """A run of the plan, whose root has begun as frame 1."""
    run = store.create(Target(flow=flow, file="/flows/small.py"), plan(), run_id, {"a": "f1"})
    run.commit(Batch(frames=[FrameOpening(FrameKey(0, ROOT, 1), 1)]))
    return run


def ended(store: Store, run_id: str, status: RunStatus, flow: str = "small") -> None:
    """Write a run that has ended."""
    run = create(store, run_id, flow)
    run.commit(Batch(end=RunEnd(status, {}, "", {})))
    run.close()


def intent(key: TaskKey, attempt: int = 1, at: float = 10.0, item: str | None = None) -> Intent:
    """An attempt about to start, with a token of its own."""
    return Intent(key, attempt, next(_TOKENS).to_bytes(16, "big"), at, item)


def attempted(
    run: DrivenRun,
    key: TaskKey,
    status: Status = Status.SUCCESS,
    *,
    attempt: int = 1,
    at: float = 10.0,
    item: str | None = None,
    **outcome: Any,
) -> None:
    """Write an attempt, and its outcome (``result``, ``verdict``, ``problem``, ``log``) if it has one."""
    run.commit(Batch(intents=[intent(key, attempt, at, item)]))
    if status is not Status.ACTIVE:
        run.commit(Batch(endings=[Ending(key, attempt, status, at + 1, **outcome)]))


def iterated(
    run: DrivenRun,
    parent: int,
    node: int,
    number: int,
    id_: int,
    status: Status = Status.ACTIVE,
    item: str | None = None,
) -> None:
    """Write an iteration of a container."""
    key = FrameKey(parent, node, number)
    run.commit(Batch(frames=[FrameOpening(key, id_, item)], closed_frames=[(key, status)]))


def repeated(run: DrivenRun, frame: int, node: int, items: str | None = "[1,2,3]") -> None:
    """Write the items of a repeat."""
    run.commit(Batch(repeats=[RepeatOpening(frame, node, items)]))


def each(iteration: int) -> TaskKey:
    """Where an iteration of the repeated step is kept."""
    return TaskKey(1, EACH, iteration)
