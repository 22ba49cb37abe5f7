"""Finds the tasks and containers that hold amounts for attempts on hosts, which go on without a driver.

A recovery may forget the task of such an attempt: it goes back, or lets a repeat begin anew. The attempt is then an
orphan, and its amounts stay until its end is known, under a frame with a negative number that no task has.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from attrs import frozen

from sequent.by_fields import ByFields
from sequent.model.hosts import LOOPBACK
from sequent.model.record_text import text_of_record
from sequent.runtime.rows import FLOW
from sequent.runtime.store.sql.records import read_orphans
from sequent.runtime.store.sql.session import Session

RowPlace = tuple[int, int, int]
"""Frame, node and iteration of a task or container, as rows have them."""

_FLOW: RowPlace = (FLOW.frame, FLOW.node, FLOW.iteration)
_HERE = tuple(f'"{name}"' for name in LOOPBACK)
"""The ends of texts with names by which every machine knows itself: attempts there end with their driver."""


@frozen(eq=False, repr=False)
class AttemptThere(ByFields):
    """An attempt without an outcome that a host may know."""

    task: RowPlace
    token: bytes
    host: str
    """The host, as the row of its copy has it."""
    holders: set[RowPlace]
    """The task, the containers around it, and the flow."""


def attempts_there(session: Session, run: int) -> list[AttemptThere]:
    """Return the attempts that hosts may know, but no orphans.

    Their holders keep their amounts until the end of the attempt is known, whichever process drives the run meanwhile.
    """
    holders: dict[RowPlace, set[RowPlace]] = {}
    hosts: dict[RowPlace, str] = {}
    for frame, node, iteration, parent, container, host in session.rows("around_handed_over", run):
        task = (frame, node, iteration)
        holders.setdefault(task, {task}).add((parent, container, 0) if parent else _FLOW)
        if host and not host.endswith(_HERE):
            hosts[task] = host
    if not hosts:
        return []
    rows = session.rows("handed_over", run)
    tokens = {(frame, node, iteration): bytes(token) for frame, node, iteration, token in rows}
    return [AttemptThere(task, tokens[task], host, holders[task]) for task, host in hosts.items()]


def places_held(session: Session, run: int) -> set[RowPlace]:
    """Return the tasks and containers of a run that hold amounts for attempts on hosts, also for orphans."""
    orphans = {row[:3] for row in session.rows("orphan_holds", run)}
    return orphans.union(*(each.holders for each in attempts_there(session, run)))


def drop_other_holds(session: Session, run: int) -> None:
    """Remove the holds of a run's tasks and containers, except those for attempts that hosts may know."""
    holds = session.rows("task_holds", run)
    if not holds:
        return
    kept = places_held(session, run)
    for frame, node, iteration, pool, _, _ in holds:
        if (frame, node, iteration) not in kept:
            session.execute("drop_hold", run, frame, node, iteration, pool)


class Orphaning:
    """Keeps the amounts of attempts that lose their tasks by a change of the run's rows.

    Args:
        session: the session.
        run: the run, before the change.
        ended: the tasks whose attempts end by the same change, and so are no orphans.
    """

    def __init__(self, session: Session, run: int, ended: Collection[RowPlace]) -> None:
        self._session = session
        self._run = run
        self._before = [each for each in attempts_there(session, run) if each.task not in ended]

    def keep_amounts(self) -> None:
        """Give the amounts of the new orphans frames of their own."""
        if not self._before:
            return
        left = attempts_there(self._session, self._run)
        tokens = {each.token for each in left}
        in_use = {_FLOW}.union(*(each.holders for each in left))
        orphans: dict[RowPlace, list[AttemptThere]] = {}
        for each in self._before:
            for place in each.holders - in_use if each.token not in tokens else ():
                orphans.setdefault(place, []).append(each)
        frame = min((row[0] for row in self._session.rows("orphan_holds", self._run)), default=0)
        for number, (place, attempts) in enumerate(sorted(orphans.items()), 1):
            text = _text((each.token.hex(), each.host) for each in attempts)
            self._session.execute("give_to_orphans", frame - number, text, self._run, *place)


def end_orphan(session: Session, run: int, token: bytes, is_used: Callable[[int], bool]) -> None:
    """Remove the amounts of an attempt without a task, as far as no other one needs them: it is over.

    Args:
        session: the session.
        run: the run.
        token: the attempt.
        is_used: whether the plan has a node. An attempt of a step that the flow has no more is an orphan, too.
    """
    for frame, node, iteration, text, pool, _, _ in session.rows("orphan_holds", run):
        attempts = read_orphans(text)
        left = [each for each in attempts if each[0] != token.hex()]
        if not left:
            session.execute("drop_hold", run, frame, node, iteration, pool)
        elif len(left) < len(attempts):
            session.execute("put_orphans", _text(left), run, frame)
    attempts_left = attempts_there(session, run)
    places = set[RowPlace]().union(*(each.holders for each in attempts_left if each.token == token))
    places = places.difference(*(each.holders for each in attempts_left if each.token != token))
    for frame, node, iteration, pool, _, _ in session.rows("task_holds", run) if places else ():
        if (frame, node, iteration) in places and not is_used(node):
            session.execute("drop_hold", run, frame, node, iteration, pool)


def _text(attempts: Iterable[tuple[str, str]]) -> str:
    return text_of_record(tuple(attempts))
