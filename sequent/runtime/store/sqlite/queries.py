"""What is read, built with SQLAlchemy Core and compiled to text once."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import bindparam, exists, func, literal_column, null, select
from sqlalchemy.sql import ColumnElement

from sequent.runtime.store.sqlite.compiled import is_given, is_row, key_of, text_of
from sequent.runtime.store.sqlite.schema import attempt, definition, frame, hold, node, repeat, wait

_A, _F, _R, _W, _H = attempt.c, frame.c, repeat.c, wait.c, hold.c
SUCCESS: ColumnElement[Any] = literal_column("'success'")
_FAILURE: ColumnElement[Any] = literal_column("'failure'")
ONE: ColumnElement[Any] = literal_column("1")
NONE: ColumnElement[Any] = literal_column("0")
"""Said, since SQLAlchemy would give it as a value where a limit stands alone."""
LOCAL = _A.host == literal_column("''")
STEP = (is_given(_A.run), is_given(_A.frame), is_given(_A.node), LOCAL)
STEP_NAMES = "the_run the_frame the_node"
BLOCK = (is_given(_F.run), is_given(_F.parent), is_given(_F.node))
BLOCK_NAMES = "the_run the_parent the_node"
LAST = func.max(_A.number)
"""Beside it, SQLite takes the other columns of a group from the row that has the highest number."""

# -- definitions -----------------------------------------------------------------------------------


@cache
def definition_with_digest() -> str:
    """The number of a definition."""
    return text_of(select(definition.c.number).where(is_given(definition.c.digest)), "the_digest")


@cache
def definition_row() -> str:
    """All that a definition says, behind its digest."""
    columns = (definition.c.digest, definition.c.structure, definition.c.fingerprints, definition.c.picture)
    return text_of(select(*columns).where(is_given(definition.c.number)), "the_number")


@cache
def definition_texts() -> str:
    """What a definition says of structure and code."""
    columns = (definition.c.structure, definition.c.fingerprints)
    return text_of(select(*columns).where(is_given(definition.c.number)), "the_number")


@cache
def definition_picture() -> str:
    """The picture of a definition."""
    return text_of(select(definition.c.picture).where(is_given(definition.c.number)), "the_number")


@cache
def nodes() -> str:
    """The nodes of a definition."""
    statement = select(node.c.id, node.c.path, node.c.kind).where(is_given(node.c.definition))
    return text_of(statement.order_by(node.c.id), "the_definition")


# -- values that steps ask for --------------------------------------------------------------------


@cache
def result() -> str:
    """The last attempt of a task."""
    statement = select(_A.state, _A.result).where(*STEP, is_given(_A.iteration))
    return text_of(_latest(statement), f"{STEP_NAMES} the_iteration")


def _latest(statement: Any) -> Any:
    return statement.order_by(_A.number.desc()).limit(ONE).offset(NONE)


@cache
def results() -> str:
    """The last attempts of a repeated step's iterations that succeeded, after an iteration."""
    statement = select(_A.iteration, _A.result, _A.state, LAST).where(*STEP, _after(_A.iteration))
    statement = statement.group_by(_A.iteration).having(_A.state == SUCCESS)
    return text_of(_page(statement, _A.iteration), f"{STEP_NAMES} after rows")


@cache
def drawn_by_steps() -> str:
    """The items of a repeated step's iterations, after an iteration."""
    statement = select(_A.iteration, func.max(_A.item)).where(*STEP, _after(_A.iteration))
    return text_of(_page(statement.group_by(_A.iteration), _A.iteration), f"{STEP_NAMES} after rows")


@cache
def drawn_by_frames() -> str:
    """The items of a container's iterations, after an iteration."""
    statement = select(_F.number, _F.item).where(*BLOCK, _after(_F.number))
    return text_of(_page(statement, _F.number), f"{BLOCK_NAMES} after rows")


@cache
def frames() -> str:
    """The iterations of a container, after an iteration."""
    statement = select(_F.number, _F.id, _F.status).where(*BLOCK, _after(_F.number))
    return text_of(_page(statement, _F.number), f"{BLOCK_NAMES} after rows")


def _after(column: ColumnElement[Any]) -> ColumnElement[bool]:
    return column > bindparam("after")


def _page(statement: Any, column: ColumnElement[Any]) -> Any:
    return statement.order_by(column).limit(bindparam("rows")).offset(NONE)


@cache
def frame_item() -> str:
    """The item of an iteration."""
    return text_of(select(_F.item).where(*is_row(frame)), key_of(frame))


@cache
def repeat_row() -> str:
    """What a repeat repeats over, and what it is in."""
    return text_of(select(_R["items"], _R.status).where(*is_row(repeat)), key_of(repeat))


@cache
def last_id() -> str:
    """The highest id of an iteration."""
    return text_of(select(func.max(_F.id)).where(is_given(_F.run)), "the_run")


@cache
def frame_with_id() -> str:
    """Where an iteration is."""
    statement = select(_F.parent, _F.number).where(is_given(_F.run), is_given(_F.id))
    return text_of(statement, "the_run the_id")


# -- what is waited for, and held ------------------------------------------------------------------


@cache
def wait_row() -> str:
    """Until when is to be waited before an attempt."""
    return text_of(select(_W.boot, _W.due_boot, _W.due, _W.length).where(*is_row(wait)), key_of(wait))


@cache
def pending() -> str:
    """The waits after which nothing has begun yet, the soonest first."""
    later = (_A.run == _W.run, _A.frame == _W.frame, _A.node == _W.node, _A.iteration == _W.iteration)
    has_begun = exists(select(ONE).where(*later, _A.number >= _W.attempt))
    is_open = exists(select(ONE).where(frame.c.run == _W.run, _F.parent == _W.frame, _F.node == _W.node))
    has_items = exists(select(ONE).where(_R.run == _W.run, _R.frame == _W.frame, _R.node == _W.node))
    columns = (_W.frame, _W.node, _W.iteration, _W.attempt, _W.due)
    waiting = select(*columns).where(is_given(_W.run), ~has_begun, ~is_open, ~has_items)
    return text_of(waiting.order_by(_W.due, _W.frame, _W.node, _W.iteration), "the_run")


@cache
def kept() -> str:
    """How much of each pool of its own a run keeps."""
    mine = (is_given(_H.run), _H.frame == NONE, _H.shared == NONE)
    return text_of(select(_H.pool, _H.amount).where(*mine).order_by(_H.pool), "the_run")


# -- attempts, for people -------------------------------------------------------------------------

_PASSED = (func.length(_A.token) == NONE) & _A.result.is_(null())
"""Whether nobody executed it, and it gave nothing; one that stands for an earlier attempt has its result."""
_TOLD = (_A.frame, _A.node, _A.iteration, _A.number, _A.state, _A.started, _A.ended, _A.problem, _A.log, _PASSED)
_NEXT = attempt.alias("next")
IS_LAST = ~exists(
    select(ONE).where(
        _NEXT.c.run == _A.run,
        _NEXT.c.frame == _A.frame,
        _NEXT.c.node == _A.node,
        _NEXT.c.host == _A.host,
        _NEXT.c.iteration == _A.iteration,
        _NEXT.c.number > _A.number,
    )
)
_IS_FAILED = (is_given(_A.run), _A.state == _FAILURE, IS_LAST)
_BY_START = (_A.started, _A.frame, _A.node, _A.iteration, _A.number)


@cache
def attempts() -> str:
    """All attempts of a run, by time of start."""
    return text_of(select(*_TOLD).where(is_given(_A.run)).order_by(*_BY_START), "the_run")


@cache
def attempts_of_node() -> str:
    """The attempts of one step, by time of start."""
    statement = select(*_TOLD).where(is_given(_A.run), is_given(_A.node))
    return text_of(statement.order_by(*_BY_START), "the_run the_node")


@cache
def success_count() -> str:
    """How many tasks have succeeded; one that has done so again counts once."""
    tasks = select(_A.frame, _A.node, _A.host, _A.iteration).where(is_given(_A.run), _A.state == SUCCESS).distinct()
    return text_of(select(func.count()).select_from(tasks.subquery()), "the_run")


@cache
def failure_count() -> str:
    """How many tasks' last attempts are failures."""
    return text_of(select(func.count()).select_from(attempt).where(*_IS_FAILED), "the_run")


@cache
def failures() -> str:
    """The tasks whose last attempt is a failure, by time of its start."""
    statement = select(*_TOLD).where(*_IS_FAILED).order_by(*_BY_START).limit(bindparam("rows")).offset(NONE)
    return text_of(statement, "the_run rows")


@cache
def failures_of_step() -> str:
    """The same, of the tasks of one step within a frame."""
    statement = select(*_TOLD).where(*STEP, _A.state == _FAILURE, IS_LAST).order_by(*_BY_START)
    return text_of(statement, STEP_NAMES)


@cache
def failures_inside() -> str:
    """The same, of all that is in the iterations of one container within a frame."""
    inside = select(_F.run, _F.id).where(*BLOCK).cte("inside", recursive=True)
    further = frame.alias("further")
    below = select(further.c.run, further.c.id).where(further.c.run == inside.c.run, further.c.parent == inside.c.id)
    inside = inside.union_all(below)
    is_inside = (_A.run == inside.c.run, _A.frame == inside.c.id)
    statement = select(*_TOLD).where(*is_inside, _A.state == _FAILURE, IS_LAST).order_by(*_BY_START)
    return text_of(statement, BLOCK_NAMES)


@cache
def container_problems() -> str:
    """Why containers failed where no attempt tells; a limit of -1 is none."""
    statement = select(_R.frame, _R.node, _R.problem).where(is_given(_R.run), _R.problem.is_not(null()))
    return text_of(statement.order_by(_R.frame, _R.node).limit(bindparam("rows")).offset(NONE), "the_run rows")
