"""What removes runs, built with SQLAlchemy Core and compiled to text once."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import String, Table, bindparam, delete, func, literal_column, select, tuple_, update
from sqlalchemy.sql import ColumnElement

from sequent.runtime.store.sqlite.compiled import is_given, text_of
from sequent.runtime.store.sqlite.schema import (
    PRUNED,
    attempt,
    definition,
    frame,
    hold,
    node,
    pool,
    repeat,
    request,
    run,
    ticket,
    wait,
)

_PRUNED: ColumnElement[Any] = literal_column(f"'{PRUNED}'")


@cache
def mark_pruned() -> str:
    """A run is to go, if it still is what it was."""
    keys = (is_given(run.c.number), is_given(run.c.status))
    return text_of(update(run).values(status=_PRUNED).where(*keys), "the_number the_status")


@cache
def drop_rows() -> tuple[str, ...]:
    """Removes so many of a run's rows, of each table that has any."""
    return tuple(_drop_some(table) for table in (attempt, frame, repeat, wait, hold, ticket, pool))


def _drop_some(table: Table) -> str:
    keys = tuple_(*table.primary_key)
    some = select(*table.primary_key).where(is_given(table.c.run)).limit(bindparam("rows")).offset(literal_column("0"))
    return text_of(delete(table).where(keys.in_(some)), "the_run rows")


@cache
def drop_request() -> str:
    """Removes what a run was asked to do."""
    return text_of(delete(request).where(is_given(request.c.run)), "the_run")


@cache
def drop_runs() -> str:
    """Removes the rows of the runs that are gone, but for that of the highest number."""
    highest = select(func.max(run.c.number)).scalar_subquery()
    return text_of(delete(run).where(run.c.status == _PRUNED, run.c.number < highest), "")


@cache
def free_ids() -> str:
    """Has the row of a run that is gone bear an id that no run can have."""
    nobody: ColumnElement[str] = literal_column("'-' || number", String())
    return text_of(update(run).values(id=nobody).where(is_given(run.c.number)), "the_number")


@cache
def drop_unused_definitions() -> tuple[str, ...]:
    """Removes what no run is of any more."""
    used = select(run.c.definition)
    nodes = delete(node).where(node.c.definition.not_in(used))
    return text_of(nodes, ""), text_of(delete(definition).where(definition.c.number.not_in(used)), "")
