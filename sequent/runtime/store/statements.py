"""What is written, built with SQLAlchemy Core and compiled to text once."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Column, Table, insert, literal_column, null, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql import ColumnElement

from sequent.runtime.store.compiled import given, is_given, text_of
from sequent.runtime.store.schema import attempt, definition, frame, node, repeat, request, run

_A, _F = attempt.c, frame.c


def _same(statement: Any, table: Table, column: Column[Any], value: ColumnElement[Any]) -> Any:
    """An insert that may be repeated: where the row is there already, it matches only if this column agrees."""
    keys = list(table.primary_key)
    return statement.on_conflict_do_update(index_elements=keys, set_={column.name: value}, where=column == value)


# -- by a run's driver ----------------------------------------------------------------------------


@cache
def guard() -> str:
    """Matches one row as long as this driver has the run, and none after."""
    keys = (is_given(run.c.number), is_given(run.c.epoch), is_given(run.c.owner))
    statement = update(run).values(touched=run.c.touched + literal_column("1")).where(*keys)
    return text_of(statement, "the_number the_epoch the_owner")


@cache
def insert_attempt() -> str:
    """Written again, it changes nothing; with another token it matches no row."""
    names = "run frame node host iteration number token state started item"
    statement = sqlite.insert(attempt).values(given(names))
    return text_of(_same(statement, attempt, _A.token, statement.excluded.token), names)


@cache
def end_attempt() -> str:
    """Writes the outcome of one attempt."""
    names = "state ended result verdict problem log"
    keys = [is_given(column) for column in (_A.run, _A.frame, _A.node, _A.host, _A.iteration, _A.number)]
    return text_of(
        update(attempt).values(given(names)).where(*keys),
        f"{names} the_run the_frame the_node the_host the_iteration the_number",
    )


@cache
def insert_frame() -> str:
    """Written again, it changes nothing; with another id it matches no row."""
    names = "run parent node number id status item"
    statement = sqlite.insert(frame).values(given(names))
    return text_of(_same(statement, frame, _F.id, statement.excluded.id), names)


@cache
def close_frame() -> str:
    """Writes the status of an iteration."""
    keys = [is_given(column) for column in (_F.run, _F.parent, _F.node, _F.number)]
    return text_of(update(frame).values(given("status")).where(*keys), "status the_run the_parent the_node the_number")


@cache
def open_repeat() -> str:
    """Writes the items of a repeat that begins, for the first time or anew."""
    statement = sqlite.insert(repeat).values(given("run frame node items"))
    changes = {"items": statement.excluded["items"], "status": null()}
    keys = list(repeat.primary_key)
    return text_of(statement.on_conflict_do_update(index_elements=keys, set_=changes), "run frame node items")


@cache
def close_repeat() -> str:
    """Writes the status of a container that repeats; it may have failed before it opened."""
    statement = sqlite.insert(repeat).values(given("run frame node status"))
    changes = {"status": statement.excluded.status}
    keys = list(repeat.primary_key)
    return text_of(statement.on_conflict_do_update(index_elements=keys, set_=changes), "run frame node status")


@cache
def end_run() -> str:
    """Writes how a run ended."""
    names = "status ended counts"
    return text_of(update(run).values(given(names)).where(is_given(run.c.number)), f"{names} the_number")


# -- making and taking runs -----------------------------------------------------------------------


@cache
def insert_definition() -> str:
    """A definition that no run had."""
    return _insert(definition, "digest structure fingerprints")


@cache
def insert_node() -> str:
    """A node of a definition."""
    return _insert(node, "definition id path kind")


@cache
def insert_run() -> str:
    """A new run."""
    return _insert(run, "number id epoch owner touched status recovery created counts flow definition")


@cache
def insert_request() -> str:
    """What a new run was asked to do."""
    return _insert(request, "run target params")


def _insert(table: Table, names: str) -> str:
    return text_of(insert(table).values(given(names)), names)


@cache
def take_run() -> str:
    """Matches one row unless somebody took the run since its epoch was read."""
    names = "epoch owner status recovery ended"
    keys = (is_given(run.c.number), is_given(run.c.epoch))
    return text_of(update(run).values(given(names)).where(*keys), f"{names} the_number the_epoch")
