"""Small plans and records, made by hand."""

from __future__ import annotations

from sequent.model.inputs import ItemsLiteralPlan
from sequent.model.plan import AtomPlan, ContainerPlan, Gate, OuterAtom, Plan, StepPlan, start_of
from sequent.model.scope import Scope
from sequent.model.status import Claim, Construct, RunStatus
from sequent.runtime.rows import RunRecord
from sequent.runtime.target import Target

ROOT = Scope(1, 0, 1, (1,))


def a_step(index, path, parent, position):
    return StepPlan(index=index, path=path, parent=parent, position=position, construct=Construct.PROCESS)


def wide_plan(names):
    """A root with steps that wait for nothing."""
    steps = tuple(a_step(at + 1, (name,), 0, at) for at, name in enumerate(names))
    root = ContainerPlan(index=0, path=(), parent=-1, children=tuple(step.index for step in steps))
    return Plan(name="wide", nodes=(root, *steps))


def nested_plan():
    """``last`` (written first) waits for ``first`` and for the failure or the end of ``block``.

    ``block`` repeats over two items, with a step that waits for ``first`` further out.
    """
    root = ContainerPlan(
        index=0,
        path=(),
        parent=-1,
        children=(1, 2, 3),
        gates=(Gate(is_all=True, size=2, target=start_of(0)), Gate(is_all=False, size=2, target=0)),
        atoms=(
            (),
            (AtomPlan(Claim.SUCCESS, 0),),
            (AtomPlan(Claim.FAILURE, 1), AtomPlan(Claim.DONE, 1)),
        ),
        free=(1, 2),
    )
    block = ContainerPlan(
        index=3,
        path=("block",),
        parent=0,
        position=2,
        children=(4,),
        outer_atoms=(OuterAtom(2, Claim.SUCCESS, start_of(0)),),
        atoms=((),),
        repeats=ItemsLiteralPlan('["eu","us"]'),
        parallel=2,
    )
    inner = a_step(4, ("block", "send"), 3, 0)
    return Plan(name="nested", nodes=(root, a_step(1, ("last",), 0, 0), a_step(2, ("first",), 0, 1), block, inner))


def a_record(**changes):
    return RunRecord(
        **{
            "number": 412,
            "id": "r00412",
            "target": Target(flow="nightly", module="flows", attribute="nightly"),
            "status": RunStatus.FAILURE,
            "recovery": 0,
            "params": {},
            "created": 1_700_000_000.0,
            "ended": 1_700_000_012.0,
            "owner": None,
            "counts": {},
            "structure": {},
            "fingerprints": {},
            **changes,
        }
    )


class OneRun:
    """A store of one run."""

    def __init__(self, record, name=":memory:"):
        self.record, self.name = record, name

    def find(self, run_id, flow=None):
        return self.record
