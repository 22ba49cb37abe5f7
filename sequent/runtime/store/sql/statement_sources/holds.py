"""The queries and changes of the amounts that tasks and containers hold, compiled to text once."""

from __future__ import annotations

from sqlalchemy import delete, literal_column, select, update
from sqlalchemy.sql import ColumnElement

from sequent.runtime.store.sql.statement_sources.naming import Built, Chapter, given, is_given, put
from sequent.runtime.store.sql.statement_sources.tables import hold, run

CHAPTER = Chapter("Amounts that tasks and containers hold")

_H = hold.c
_NONE: ColumnElement[int] = literal_column("0")
"""The frame of the amounts that a run keeps; those for orphans have lower numbers."""
_SUCCESS: ColumnElement[str] = literal_column("'success'")
_PLACE = (_H.run, _H.frame, _H.node, _H.iteration)
_KEYS = " ".join(f"the_{column.name}" for column in _PLACE)


@CHAPTER.named
def put_hold() -> Built:
    """Write the amount of a pool that a task, a container or the run holds."""
    return put(hold, "amount shared")


@CHAPTER.named
def drop_hold() -> Built:
    """Remove a hold, also one for attempts that have lost their task."""
    place = (hold.c.run, hold.c.frame, hold.c.node, hold.c.iteration, hold.c.pool)
    return delete(hold).where(*map(is_given, place)), " ".join(f"the_{column.name}" for column in place)


@CHAPTER.named
def give_to_orphans() -> Built:
    """Keep the amounts of a task or container for attempts that have lost it, in a frame of their own."""
    return update(hold).values(given("frame host")).where(*map(is_given, _PLACE)), f"frame host {_KEYS}"


@CHAPTER.named
def put_orphans() -> Built:
    """Write the attempts for which amounts are still kept that have lost their task or container."""
    place = (hold.c.run, hold.c.frame)
    return update(hold).values(given("host")).where(*map(is_given, place)), "host the_run the_frame"


@CHAPTER.named
def task_holds() -> Built:
    """The amounts that a run's tasks and containers hold."""
    columns = (_H.frame, _H.node, _H.iteration, _H.pool, _H.amount, _H.shared)
    return select(*columns).where(is_given(_H.run), _H.frame != _NONE).order_by(_H.frame, _H.node, _H.pool), "the_run"


@CHAPTER.named
def orphan_holds() -> Built:
    """The amounts that are kept for attempts on hosts that have lost their tasks, in a run that has not succeeded."""
    columns = (_H.frame, _H.node, _H.iteration, _H.host, _H.pool, _H.amount, _H.shared)
    statement = select(*columns).join(run, run.c.number == _H.run)
    mine = (is_given(_H.run), _H.frame < _NONE, run.c.status != _SUCCESS)
    return statement.where(*mine).order_by(_H.frame.desc(), _H.pool), "the_run"
