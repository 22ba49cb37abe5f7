"""Finds the tasks and containers that hold amounts for attempts on hosts, which go on without a driver."""

from __future__ import annotations

from sequent.model.hosts import LOOPBACK
from sequent.runtime.rows import FLOW
from sequent.runtime.store.sql.session import Session

RowPlace = tuple[int, int, int]
"""Frame, node and iteration of a task or container, as rows have them."""


_HERE = tuple(f'"{name}"' for name in LOOPBACK)
"""The ends of texts with names by which every machine knows itself: attempts there end with their driver."""


def holders_on_hosts(session: Session, run: int) -> dict[RowPlace, set[RowPlace]]:
    """Return the attempts that hosts may know, by task; for each, the task, the containers around it, and the flow.

    They hold their amounts until the end of the attempt is known, whichever process drives the run meanwhile.
    """
    holders: dict[RowPlace, set[RowPlace]] = {}
    on_hosts: set[RowPlace] = set()
    for frame, node, iteration, parent, container, host in session.rows("around_handed_over", run):
        task = (frame, node, iteration)
        around = (parent, container, 0) if parent else (FLOW.frame, FLOW.node, FLOW.iteration)
        holders.setdefault(task, {task}).add(around)
        if host and not host.endswith(_HERE):
            on_hosts.add(task)
    return {task: holders[task] for task in holders if task in on_hosts}


def places_held(session: Session, run: int) -> set[RowPlace]:
    """Return the tasks and containers of a run that hold amounts for attempts on hosts."""
    places: set[RowPlace] = set()
    return places.union(*holders_on_hosts(session, run).values())


def drop_other_holds(session: Session, run: int) -> None:
    """Remove the holds of a run's tasks and containers, except those for attempts that hosts may know."""
    holds = session.rows("task_holds", run)
    if not holds:
        return
    kept = places_held(session, run)
    for frame, node, iteration, pool, _, _ in holds:
        if (frame, node, iteration) not in kept:
            session.execute("drop_hold", run, frame, node, "", iteration, pool)
