"""Small plans and records, made by hand."""

from __future__ import annotations

from sequent.model.description import Part, PartKind
from sequent.model.plan import ContainerPlan, Plan, StepPlan
from sequent.model.run_target import Target
from sequent.model.scope import Scope
from sequent.model.status import Construct, RunStatus, Status
from sequent.runtime.records import RunRecord

ROOT = Scope(1, 0, 1, (1,))
STEP = Part(kind=PartKind.STEP)
BLOCK = Part(kind=PartKind.CONTAINER)
FLOW = Part(kind=PartKind.FLOW)
STEPS = {"": FLOW, "load": STEP, "block": BLOCK, "block.send": STEP, "last": STEP, "never": STEP}
"""The description of a flow."""
UNRUN = {"last": {Status.READY: 1}, "block.send": {Status.READY: 3, Status.CANCELLED: 2}, "never": {Status.SKIPPED: 1}}
"""What has not run of it."""
NOW = 1_700_000_100.0


def a_step(index, path, parent, position):
    return StepPlan(index=index, path=path, parent=parent, position=position, construct=Construct.PROCESS)


def wide_plan(names):
    """A root with steps that wait for nothing."""
    steps = tuple(a_step(at + 1, (name,), 0, at) for at, name in enumerate(names))
    root = ContainerPlan(index=0, path=(), parent=-1, children=tuple(step.index for step in steps))
    return Plan(name="wide", nodes=(root, *steps))


def a_record(**changes):
    outline = {path: part.kind.value for path, part in changes.get("description", {}).items()}
    return RunRecord(
        **{
            "outline": outline,
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
            "description": {},
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
