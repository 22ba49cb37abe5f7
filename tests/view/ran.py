"""Attempts and runs, made by hand: a flow of a step, a container that repeats, and a step after it."""

from __future__ import annotations

from sequent.model.description import Part, PartKind, SourceKind, ValueSource
from sequent.model.outcome import Problem
from sequent.model.requirements import Atom
from sequent.model.run_target import Target
from sequent.model.status import Claim, RunStatus, Status
from sequent.runtime.records import AttemptRecord, RunRecord

DONE, FAILED, ACTIVE, LOST = Status.SUCCESS, Status.FAILURE, Status.ACTIVE, Status.WAITING
ITEMS = ValueSource(kind=SourceKind.ITEMS, text="[1,2,3]")


def after(*names, claim=Claim.SUCCESS):
    return Atom(names, claim)


def a_step(**changes):
    return Part(**{"kind": PartKind.STEP, **changes})


FLOW = {
    "": Part(kind=PartKind.FLOW),
    "load": a_step(),
    "each": Part(kind=PartKind.CONTAINER, requires=after("load"), repeats=ITEMS, count=3),
    "each.one": a_step(),
    "each.two": a_step(requires=after("each", "one")),
    "last": a_step(requires=after("each")),
}


def ran(task, started, ended=None, status=DONE, **changes):
    """An attempt of a task: ``each.one/1.2``."""
    path, _, sequence = task.partition("/")
    return AttemptRecord(
        **{
            "path": path,
            "sequence": sequence or "1",
            "attempt": 1,
            "status": status,
            "started": float(started),
            "ended": None if ended is None else float(ended),
            "problem": Problem(type="ValueError", message="no") if status is FAILED else None,
            "log": None,
            **changes,
        }
    )


def a_run(**changes):
    parts = changes.setdefault("description", FLOW)
    return RunRecord(
        **{
            "number": 7,
            "id": "r00007",
            "target": Target(flow="nightly", module="flows", attribute="nightly"),
            "status": RunStatus.SUCCESS,
            "recovery": 0,
            "params": {},
            "created": 0.0,
            "ended": 100.0,
            "owner": None,
            "counts": {},
            "fingerprints": {},
            "outline": {path: part.kind.value for path, part in parts.items()},
            **changes,
        }
    )
