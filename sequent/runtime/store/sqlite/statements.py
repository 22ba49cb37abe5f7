"""What is written, built with SQLAlchemy Core and compiled to text once."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Any

from sqlalchemy import Column, Table, bindparam, delete, insert, literal_column, null, select, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql import ColumnElement

from sequent.runtime.store.sqlite.compiled import given, is_given, is_row, key_of, text_of
from sequent.runtime.store.sqlite.schema import (
    OUTDATED,
    SUPERSEDED,
    attempt,
    definition,
    frame,
    hold,
    node,
    repeat,
    request,
    run,
    wait,
)

_A, _F = attempt.c, frame.c
_SUCCEEDED: ColumnElement[Any] = literal_column("'success'")
_SUPERSEDED: ColumnElement[Any] = literal_column(f"'{SUPERSEDED}'")
_OUTDATED: ColumnElement[Any] = literal_column(f"'{OUTDATED}'")
_WAITING: ColumnElement[Any] = literal_column("'waiting'")
_ACTIVE: ColumnElement[Any] = literal_column("'active'")


def _same(statement: Any, table: Table, column: Column[Any], value: ColumnElement[Any]) -> Any:
    """An insert that may be repeated: where the row is there already, it matches only if this column agrees."""
    keys = list(table.primary_key)
    return statement.on_conflict_do_update(index_elements=keys, set_={column.name: value}, where=column == value)


# -- by a run's driver ----------------------------------------------------------------------------


@cache
def guard() -> str:
    """Writes the tally of a run's rows; matches one row as long as this driver has the run, and none after."""
    keys = (is_given(run.c.number), is_given(run.c.epoch), is_given(run.c.owner))
    statement = update(run).values(touched=run.c.touched + literal_column("1"), **given("tally")).where(*keys)
    return text_of(statement, "tally the_number the_epoch the_owner")


_INTENT = "run frame node host iteration number token state started item recovery"
_OUTCOME = "state ended result verdict problem log"
_OPENING = "run parent node number id status item"


@cache
def insert_attempt() -> str:
    """A new attempt; a second one of its number is an error."""
    return text_of(insert(attempt).values(given(_INTENT)), _INTENT)


@cache
def put_attempt() -> str:
    """Written again, it changes nothing; with another token it matches no row."""
    statement = sqlite.insert(attempt).values(given(_INTENT))
    return text_of(_same(statement, attempt, _A.token, statement.excluded.token), _INTENT)


@cache
def end_attempt() -> str:
    """Writes the outcome of one attempt that has none."""
    keys = (*is_row(attempt), _A.state == _ACTIVE)
    return text_of(update(attempt).values(given(_OUTCOME)).where(*keys), f"{_OUTCOME} {key_of(attempt)}")


@cache
def lose_attempts() -> str:
    """Earlier attempts of a task that have no outcome died with whoever drove the run."""
    place = is_row(attempt)[:-1]
    *names, last = key_of(attempt).split()
    earlier = _A.number < bindparam(last)
    values = {"state": _WAITING, **given("ended")}
    return text_of(
        update(attempt).values(values).where(*place, earlier, _A.state == _ACTIVE), " ".join(("ended", *names, last))
    )


@cache
def put_outcome() -> str:
    """Writes the outcome of one attempt, whatever it was in."""
    return text_of(update(attempt).values(given(_OUTCOME)).where(*is_row(attempt)), f"{_OUTCOME} {key_of(attempt)}")


@cache
def outdate_attempt() -> str:
    """A success counts no more; what it gave stays in its row."""
    succeeded = (_A.state == _SUCCEEDED) | (_A.state == _OUTDATED)
    return text_of(update(attempt).values(state=_OUTDATED).where(*is_row(attempt), succeeded), key_of(attempt))


@cache
def supersede_attempt() -> str:
    """An attempt counts no more, however it ended."""
    return text_of(update(attempt).values(state=_SUPERSEDED).where(*is_row(attempt)), key_of(attempt))


@cache
def restore_attempt() -> str:
    """An attempt with the outcome of an earlier one of its task."""
    columns = [column for column in attempt.columns if column.name not in ("problem", "log", "begun")]
    given_here = ("number", "token", "started", "ended", "recovery")
    values = [_value(column, given_here) for column in columns]
    earlier = select(*values).where(*is_row(attempt))
    statement = sqlite.insert(attempt).from_select([column.name for column in columns], earlier)
    keys_and_token = _same(statement, attempt, _A.token, statement.excluded.token)
    return text_of(keys_and_token, f"{' '.join(given_here)} {key_of(attempt)}")


def _value(column: Column[Any], given_here: Collection[str]) -> ColumnElement[Any]:
    if column.name == "state":
        return _SUCCEEDED
    return bindparam(column.name, type_=column.type) if column.name in given_here else column


@cache
def begin_attempt() -> str:
    """Writes when the code of one attempt began."""
    return text_of(update(attempt).values(given("begun")).where(*is_row(attempt)), f"begun {key_of(attempt)}")


@cache
def drop_attempt() -> str:
    """An attempt that never began is as if it had not been ordered; one that has an outcome matches no row."""
    return text_of(delete(attempt).where(*is_row(attempt), _A.ended.is_(null())), key_of(attempt))


@cache
def drop_frame_with_all_in_it() -> tuple[str, ...]:
    """An iteration of a container is as if it had never begun; what is in it goes first."""
    inside = (delete(table).where(is_given(table.c.run), is_given(table.c.frame)) for table in (attempt, wait, repeat))
    itself = text_of(delete(frame).where(is_given(_F.run), is_given(_F.id)), "the_run the_id")
    return (*(text_of(statement, "the_run the_frame") for statement in inside), itself)


@cache
def drop_iterations() -> tuple[str, ...]:
    """The iterations of a repeated step are as if they had never begun."""
    return tuple(
        text_of(
            delete(table).where(
                is_given(table.c.run),
                is_given(table.c.frame),
                is_given(table.c.node),
                table.c.iteration > literal_column("0"),
            ),
            "the_run the_frame the_node",
        )
        for table in (attempt, wait)
    )


@cache
def drop_repeat() -> str:
    """A repeat has no items."""
    return text_of(delete(repeat).where(*is_row(repeat)), key_of(repeat))


@cache
def insert_frame() -> str:
    """A new iteration; a second one of its number is an error."""
    return text_of(insert(frame).values(given(_OPENING)), _OPENING)


@cache
def put_frame() -> str:
    """Written again, it changes nothing; with another id it matches no row."""
    statement = sqlite.insert(frame).values(given(_OPENING))
    return text_of(_same(statement, frame, _F.id, statement.excluded.id), _OPENING)


@cache
def close_frame() -> str:
    """Writes the status of an iteration that is under way."""
    keys = (*is_row(frame), _F.status == _ACTIVE)
    return text_of(update(frame).values(given("status")).where(*keys), f"status {key_of(frame)}")


@cache
def put_status() -> str:
    """Writes the status of an iteration, whatever it was in."""
    return text_of(update(frame).values(given("status")).where(*is_row(frame)), f"status {key_of(frame)}")


@cache
def open_repeat() -> str:
    """Writes the items of a repeat that begins, for the first time or anew."""
    statement = sqlite.insert(repeat).values(given("run frame node items"))
    changes = {"items": statement.excluded["items"], "status": null(), "problem": null()}
    keys = list(repeat.primary_key)
    return text_of(statement.on_conflict_do_update(index_elements=keys, set_=changes), "run frame node items")


@cache
def close_repeat() -> str:
    """Writes the status of a container that repeats; it may have failed before it opened."""
    return _put(repeat, "status")


@cache
def put_problem() -> str:
    """Writes why a container failed where no attempt tells."""
    return _put(repeat, "problem")


@cache
def put_wait() -> str:
    """Writes until when is to be waited."""
    return _put(wait, "boot due_boot due length")


@cache
def put_hold() -> str:
    """Writes how much of a pool is held by somebody."""
    return _put(hold, "amount shared")


@cache
def drop_hold() -> str:
    """Somebody holds nothing of a pool any more."""
    return text_of(delete(hold).where(*is_row(hold)), key_of(hold))


def _put(table: Table, names: str) -> str:
    """A row, or these of its values where it is there already."""
    keys = " ".join(column.name for column in table.primary_key)
    statement = sqlite.insert(table).values(given(f"{keys} {names}"))
    changes = {name: statement.excluded[name] for name in names.split()}
    put = statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=changes)
    return text_of(put, f"{keys} {names}")


@cache
def change_run(names: str) -> str:
    """Writes some columns of a run's own row."""
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
    return _insert(run, "number id epoch owner touched status recovery created counts flow definition tally")


@cache
def insert_request() -> str:
    """What a new run was asked to do."""
    return _insert(request, "run target params origin")


def _insert(table: Table, names: str) -> str:
    return text_of(insert(table).values(given(names)), names)


@cache
def take_run() -> str:
    """Matches one row unless somebody took the run since its epoch was read."""
    names = "epoch owner status recovery ended reason unrun"
    keys = (is_given(run.c.number), is_given(run.c.epoch))
    return text_of(update(run).values(given(names)).where(*keys), f"{names} the_number the_epoch")


@cache
def drop_holds() -> str:
    """What tasks and containers of a run held is held no more; what the run keeps is."""
    held = (is_given(hold.c.run), hold.c.frame != literal_column("0"))
    return text_of(delete(hold).where(*held), "the_run")


@cache
def drop_problems() -> str:
    """Why containers failed that do not repeat is of the past; of a repeat it stands until that is opened again."""
    told = (is_given(repeat.c.run), repeat.c.problem.is_not(null()), repeat.c.status.is_(null()))
    return text_of(update(repeat).values(problem=null()).where(*told), "the_run")
