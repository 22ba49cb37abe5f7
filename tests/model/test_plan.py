"""Nodes are found by their paths."""

from __future__ import annotations

from sequent.model.plan import ContainerPlan, Plan, StepPlan
from sequent.model.status import Construct

STEP = StepPlan(index=2, path=("load",), parent=1, position=0, construct=Construct.PROCESS)
WRAPPING = ContainerPlan(index=1, path=("load",), parent=0, children=(2,), wraps=True)
ROOT = ContainerPlan(index=0, path=(), parent=-1, children=(1,))
PLAN = Plan(name="flow", nodes=(ROOT, WRAPPING, STEP))


def test_a_repeated_step_is_found_as_its_container() -> None:
    assert PLAN.node_at(("load",)) is WRAPPING


def test_what_the_plan_does_not_have_is_not_found() -> None:
    assert PLAN.node_at(("save",)) is None
