"""The statements that remove runs, built with SQLAlchemy Core and compiled to text once."""

from __future__ import annotations

from typing import Any

from sqlalchemy import String, Table, bindparam, delete, func, literal_column, select, tuple_, update
from sqlalchemy.sql import ColumnElement

from sequent.runtime.store.sql.records import PRUNED
from sequent.runtime.store.sql.statement_sources.naming import Built, Chapter, is_given
from sequent.runtime.store.sql.statement_sources.tables import (
    attempt,
    definition,
    frame,
    hold,
    intervention,
    node,
    note,
    pool,
    repeat,
    request,
    run,
    ticket,
    wait,
)

CHAPTER = Chapter("Removing runs")

_PRUNED: ColumnElement[Any] = literal_column(f"'{PRUNED}'")


@CHAPTER.named
def mark_pruned() -> Built:
    """Mark a run as removed, if its status has not changed."""
    keys = (is_given(run.c.number), is_given(run.c.status))
    return update(run).values(status=_PRUNED).where(*keys), "the_number the_status"


def drop_some(table: Table) -> Built:
    """Return the statement that removes a number of a run's rows."""
    keys = tuple_(*table.primary_key)
    some = select(*table.primary_key).where(is_given(table.c.run)).limit(bindparam("rows")).offset(literal_column("0"))
    return delete(table).where(keys.in_(some)), "the_run rows"


for _table in (attempt, frame, repeat, wait, hold, ticket, pool, intervention, note):
    CHAPTER.add(f"prune_{_table.name}", "Remove a number of a run's rows.", *drop_some(_table))


@CHAPTER.named
def drop_request() -> Built:
    """Remove a run's request."""
    return delete(request).where(is_given(request.c.run)), "the_run"


@CHAPTER.named
def drop_runs() -> Built:
    """Remove the rows of removed runs, except that of the highest number."""
    highest = select(func.max(run.c.number)).scalar_subquery()
    return delete(run).where(run.c.status == _PRUNED, run.c.number < highest), ""


@CHAPTER.named
def free_ids() -> Built:
    """Give the row of a removed run an id that no run can have."""
    nobody: ColumnElement[str] = literal_column("'-' || number", String())
    return update(run).values(id=nobody).where(is_given(run.c.number)), "the_number"


_USED = select(run.c.definition)


@CHAPTER.named
def drop_unused_nodes() -> Built:
    """Remove the nodes of definitions that no run has any more."""
    return delete(node).where(node.c.definition.not_in(_USED)), ""


@CHAPTER.named
def drop_unused_definitions() -> Built:
    """Remove definitions that no run has any more."""
    return delete(definition).where(definition.c.number.not_in(_USED)), ""
