"""A plan of everything that can have a result, and short ways to write results of it."""

from __future__ import annotations

from sequent.model.inputs import ItemsLiteralPlan, ResultInput, ResultOrInput
from sequent.model.plan import ContainerPlan, NodePlan, Plan, StepPlan
from sequent.model.scope import Scope
from sequent.model.status import Construct, Status
from sequent.runtime.ports import DrivenRun
from sequent.runtime.rows import TaskKey
from tests.contracts.plans import attempted, iterated

ROOT, ONE, EACH, LEAF, MANY, STEP, OUTER, INNER, DEEP, BLOCK, WITHIN, CELL = range(12)
"""A step; a repeated container of a step; a repeated step; a repeat in a repeat; a container around a repeat."""
_ITEMS = ItemsLiteralPlan("[1,2,3]")


def _step(index: int, path: str, parent: int) -> StepPlan:
    return StepPlan(index=index, path=tuple(path.split(".")), parent=parent, position=0, construct=Construct.PROCESS)


def _container(
    index: int, path: str, parent: int, child: int, *, wraps: bool = False, repeats: bool = True
) -> NodePlan:
    return ContainerPlan(
        index=index,
        path=tuple(path.split(".")),
        parent=parent,
        children=(child,),
        result=0,
        wraps=wraps,
        repeats=_ITEMS if repeats else None,
    )


PLAN = Plan(
    name="values",
    params={"day": '"monday"'},
    nodes=(
        ContainerPlan(index=ROOT, path=(), parent=-1, children=(ONE, EACH, MANY, OUTER, BLOCK)),
        _step(ONE, "one", ROOT),
        _container(EACH, "each", ROOT, LEAF),
        _step(LEAF, "each.leaf", EACH),
        _container(MANY, "many", ROOT, STEP, wraps=True),
        _step(STEP, "many", MANY),
        _container(OUTER, "outer", ROOT, INNER),
        _container(INNER, "outer.inner", OUTER, DEEP),
        _step(DEEP, "outer.inner.deep", INNER),
        _container(BLOCK, "block", ROOT, WITHIN, repeats=False),
        _container(WITHIN, "block.within", BLOCK, CELL),
        _step(CELL, "block.within.cell", WITHIN),
    ),
)
HERE = Scope(1, ROOT, 1, (1,))


def each(run: DrivenRun, number: int, result: str | None, status: Status = Status.SUCCESS) -> None:
    """An iteration of the repeated container, whose step gave that, or did not succeed."""
    iterated(run, 1, EACH, number, 10 + number, status)
    if result is not None:
        attempted(run, TaskKey(10 + number, LEAF, 0), result=result)


def many(run: DrivenRun, number: int, result: str | None) -> None:
    """An iteration of the repeated step."""
    status = Status.FAILURE if result is None else Status.SUCCESS
    attempted(run, TaskKey(1, STEP, number), status, result=result)


def result(node: int) -> ResultInput:
    return ResultInput(node, ("maker",))


def result_or(node: int, default: str = "0") -> ResultOrInput:
    return ResultOrInput(node, ("maker",), default)
