"""The statements that write, built with SQLAlchemy Core and compiled to text once."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Column, Insert, Table, bindparam, delete, insert, literal_column, null, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.sql import ColumnElement

from sequent.runtime.store.sql.records import OUTDATED, SUPERSEDED
from sequent.runtime.store.sql.statement_sources.naming import Built, Chapter, given, is_given, is_row, key_of, put
from sequent.runtime.store.sql.statement_sources.tables import (
    attempt,
    definition,
    frame,
    node,
    repeat,
    request,
    run,
    wait,
)

CHAPTER = Chapter("Writes of a run's driver")

_A, _F = attempt.c, frame.c
_SUCCEEDED: ColumnElement[Any] = literal_column("'success'")
_SUPERSEDED: ColumnElement[Any] = literal_column(f"'{SUPERSEDED}'")
_OUTDATED: ColumnElement[Any] = literal_column(f"'{OUTDATED}'")
_WAITING: ColumnElement[Any] = literal_column("'waiting'")
_ACTIVE: ColumnElement[Any] = literal_column("'active'")


def _same(statement: Any, table: Table, column: Column[Any], value: ColumnElement[Any]) -> Any:
    """Return an insert that may be repeated: if the row exists, it matches only if this column agrees."""
    keys = list(table.primary_key)
    return statement.on_conflict_do_update(index_elements=keys, set_={column.name: value}, where=column == value)


# -- by a run's driver ----------------------------------------------------------------------------


@CHAPTER.named
def guard() -> Built:
    """Write the tally of a run's rows; matches one row as long as this driver has the run, and none after that."""
    keys = (is_given(run.c.number), is_given(run.c.epoch), is_given(run.c.owner))
    statement = update(run).values(touched=run.c.touched + literal_column("1"), **given("tally")).where(*keys)
    return statement, "tally the_number the_epoch the_owner"


_INTENT = "run frame node host iteration number token state started item recovery"
_OUTCOME = "state ended result verdict problem log"
_OPENING = "run parent node number id status item"


@CHAPTER.named
def insert_attempt() -> Built:
    """Insert a new attempt; a second one of its number matches no row."""
    return upsert(attempt).values(given(_INTENT)).on_conflict_do_nothing(), _INTENT


@CHAPTER.named
def put_attempt() -> Built:
    """Insert an attempt: repeated, it changes nothing; with another token it matches no row."""
    statement = upsert(attempt).values(given(_INTENT))
    return _same(statement, attempt, _A.token, statement.excluded.token), _INTENT


@CHAPTER.named
def end_attempt() -> Built:
    """Write the outcome of one attempt that has none."""
    keys = (*is_row(attempt), _A.state == _ACTIVE)
    return update(attempt).values(given(_OUTCOME)).where(*keys), f"{_OUTCOME} {key_of(attempt)}"


@CHAPTER.named
def lose_attempts() -> Built:
    """End earlier attempts of a task without an outcome: they died with the run's driver."""
    place = is_row(attempt)[:-1]
    *names, last = key_of(attempt).split()
    earlier = _A.number < bindparam(last)
    values = {"state": _WAITING, **given("ended")}
    lost = update(attempt).values(values).where(*place, earlier, _A.state == _ACTIVE)
    return lost, " ".join(("ended", *names, last))


@CHAPTER.named
def put_outcome() -> Built:
    """Write the outcome of one attempt, whatever its state."""
    return update(attempt).values(given(_OUTCOME)).where(*is_row(attempt)), f"{_OUTCOME} {key_of(attempt)}"


_PASSING = "run frame node host iteration number token started ended item verdict recovery"


@CHAPTER.named
def pass_attempt() -> Built:
    """Insert an attempt that is not executed and counts as a success; repeated, it changes nothing."""
    statement = upsert(attempt).values({**given(_PASSING), "state": _SUCCEEDED})
    return _same(statement, attempt, _A.token, statement.excluded.token), _PASSING


@CHAPTER.named
def outdate_attempt() -> Built:
    """Mark a success that no longer counts; its result stays in its row."""
    succeeded = (_A.state == _SUCCEEDED) | (_A.state == _OUTDATED)
    return update(attempt).values(state=_OUTDATED).where(*is_row(attempt), succeeded), key_of(attempt)


@CHAPTER.named
def supersede_attempt() -> Built:
    """Mark an attempt that no longer counts, however it ended."""
    return update(attempt).values(state=_SUPERSEDED).where(*is_row(attempt)), key_of(attempt)


@CHAPTER.named
def restore_attempt() -> Built:
    """Insert an attempt with the outcome of an earlier one of its task."""
    columns = [column for column in attempt.columns if column.name not in ("problem", "log", "begun")]
    given_here = ("number", "token", "started", "ended", "recovery")
    values = [_value(column, given_here) for column in columns]
    earlier = select(*values).where(*is_row(attempt))
    statement = upsert(attempt).from_select([column.name for column in columns], earlier)
    keys_and_token = _same(statement, attempt, _A.token, statement.excluded.token)
    return keys_and_token, f"{' '.join(given_here)} {key_of(attempt)}"


def _value(column: Column[Any], given_here: Collection[str]) -> ColumnElement[Any]:
    if column.name == "state":
        return _SUCCEEDED
    return bindparam(column.name, type_=column.type) if column.name in given_here else column


@CHAPTER.named
def begin_attempt() -> Built:
    """Write when the code of one attempt began."""
    return update(attempt).values(given("begun")).where(*is_row(attempt)), f"begun {key_of(attempt)}"


@CHAPTER.named
def drop_attempt() -> Built:
    """Remove an attempt that never began; one that has an outcome matches no row."""
    return delete(attempt).where(*is_row(attempt), _A.ended.is_(null())), key_of(attempt)


for _table in (attempt, wait, repeat):
    CHAPTER.add(
        f"drop_{_table.name}s_of_frame",
        "Remove the rows in an iteration of a container.",
        delete(_table).where(is_given(_table.c.run), is_given(_table.c.frame)),
        "the_run the_frame",
    )


@CHAPTER.named
def drop_frame() -> Built:
    """Remove an iteration of a container, after the rows in it."""
    return delete(frame).where(is_given(_F.run), is_given(_F.id)), "the_run the_id"


for _table in (attempt, wait):
    _places = (is_given(_table.c.run), is_given(_table.c.frame), is_given(_table.c.node))
    CHAPTER.add(
        f"drop_{_table.name}s_of_step",
        "Remove the iterations of a repeated step.",
        delete(_table).where(*_places, _table.c.iteration > literal_column("0")),
        "the_run the_frame the_node",
    )


@CHAPTER.named
def drop_repeat() -> Built:
    """Remove a repeat."""
    return delete(repeat).where(*is_row(repeat)), key_of(repeat)


@CHAPTER.named
def insert_frame() -> Built:
    """Insert a new iteration; a second one of its number matches no row."""
    return upsert(frame).values(given(_OPENING)).on_conflict_do_nothing(), _OPENING


@CHAPTER.named
def put_frame() -> Built:
    """Insert an iteration: repeated, it changes nothing; with another id it matches no row."""
    statement = upsert(frame).values(given(_OPENING))
    return _same(statement, frame, _F.id, statement.excluded.id), _OPENING


@CHAPTER.named
def close_frame() -> Built:
    """Write the status of an iteration that is under way."""
    keys = (*is_row(frame), _F.status == _ACTIVE)
    return update(frame).values(given("status")).where(*keys), f"status {key_of(frame)}"


@CHAPTER.named
def put_status() -> Built:
    """Write the status of an iteration, whatever its status was."""
    return update(frame).values(given("status")).where(*is_row(frame)), f"status {key_of(frame)}"


@CHAPTER.named
def open_repeat() -> Built:
    """Write the items of a repeat that begins, for the first time or anew."""
    statement = upsert(repeat).values(given("run frame node items"))
    changes = {"items": statement.excluded["items"], "status": null(), "problem": null()}
    keys = list(repeat.primary_key)
    return statement.on_conflict_do_update(index_elements=keys, set_=changes), "run frame node items"


@CHAPTER.named
def close_repeat() -> Built:
    """Write the status of a container that repeats; it may have failed before it opened."""
    return put(repeat, "status")


@CHAPTER.named
def put_problem() -> Built:
    """Write the problem of a container that failed without a failed attempt."""
    return put(repeat, "problem")


@CHAPTER.named
def put_wait() -> Built:
    """Write the due times of a wait."""
    return put(wait, "boot due_boot due length")


def _change_run(names: str) -> Built:
    return update(run).values(given(names)).where(is_given(run.c.number)), f"{names} the_number"


CHAPTER.add("seal_run", "Write the seal of a run's own row.", *_change_run("seal"))
CHAPTER.add("put_tally", "Write the tally of a run's rows.", *_change_run("tally"))
CHAPTER.add("put_unrun", "Write the numbers of tasks that were not executed.", *_change_run("unrun"))
CHAPTER.add("put_reason", "Write why tasks of a run wait.", *_change_run("reason"))
CHAPTER.add("put_end", "Write how a run ended.", *_change_run("status ended counts reason unrun"))
CHAPTER.add("put_definition", "Give a run another definition.", *_change_run("definition"))


# -- making and taking runs -----------------------------------------------------------------------


@CHAPTER.named
def insert_definition() -> Built:
    """Insert a definition that no run had; return its number."""
    statement, values = _insert(definition, "digest structure fingerprints")
    return statement.returning(definition.c.number), values


@CHAPTER.named
def insert_node() -> Built:
    """Insert a node of a definition."""
    return _insert(node, "definition id path kind")


@CHAPTER.named
def insert_run() -> Built:
    """Insert a new run."""
    return _insert(run, "number id epoch owner touched status recovery created counts flow definition tally")


@CHAPTER.named
def insert_request() -> Built:
    """Insert the request of a new run."""
    return _insert(request, "run target params origin")


def _insert(table: Table, names: str) -> tuple[Insert, str]:
    return insert(table).values(given(names)), names


@CHAPTER.named
def take_run() -> Built:
    """Take a run; matches one row unless another process took the run since its epoch was read."""
    names = "epoch owner status recovery ended reason unrun"
    keys = (is_given(run.c.number), is_given(run.c.epoch))
    return update(run).values(given(names)).where(*keys), f"{names} the_number the_epoch"


@CHAPTER.named
def fence_run() -> Built:
    """Take a run from its driver, which writes nothing more; matches one row unless another process was quicker."""
    keys = (is_given(run.c.number), is_given(run.c.epoch))
    return update(run).values(given("epoch owner")).where(*keys), "epoch owner the_number the_epoch"


@CHAPTER.named
def drop_problems() -> Built:
    """Remove the problems of containers that do not repeat; that of a repeat stays until it is opened again."""
    told = (is_given(repeat.c.run), repeat.c.problem.is_not(null()), repeat.c.status.is_(null()))
    return update(repeat).values(problem=null()).where(*told), "the_run"
