"""The queries of pages about a run: a few rows of many, and numbers of many rows."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CTE, Integer, bindparam, case, cast, func, literal_column, select, tuple_
from sqlalchemy.sql import ColumnElement

from sequent.runtime.store.sql.statement_sources.naming import Built, Chapter, is_given
from sequent.runtime.store.sql.statement_sources.reading import (
    ACTIVE,
    BLOCK,
    IS_LAST,
    NONE,
    STEP,
    STEP_NAMES,
    SUCCESS,
    TOLD,
)
from sequent.runtime.store.sql.statement_sources.tables import attempt, frame

CHAPTER = Chapter("Pages about a run")

_A, _F = attempt.c, frame.c
_IS_STEP = _A.node + NONE == bindparam("the_node")
"""As an expression: SQLite would not order by the key if a column of it were known to be constant."""
_IS_MEANT = (
    _A.state >= bindparam("first_state"),
    _A.state <= bindparam("last_state"),
    _A.iteration >= bindparam("first"),
    _A.iteration <= bindparam("last"),
    tuple_(_A.frame, _A.iteration) > tuple_(bindparam("after_frame"), bindparam("after")),
    IS_LAST,
)
_MEANING = "first_state last_state first last after_frame after"


def _page(statement: Any) -> Any:
    return statement.order_by(_A.frame, _A.node, _A.host, _A.iteration).limit(bindparam("rows")).offset(NONE)


def _inside(*start: ColumnElement[bool]) -> CTE:
    """Return the iterations that begin like this and all in them, each with the number of the one that it is in."""
    inside = select(_F.run.label("run"), _F.id.label("id"), _F.number.label("number")).where(*start)
    found = inside.cte("inside", recursive=True)
    further = select(_F.run, _F.id, found.c.number).join(found, (_F.run == found.c.run) & (_F.parent == found.c.id))
    return found.union_all(further)


@CHAPTER.named
def task_page() -> Built:
    """Some of the tasks of a step that have begun, in the order in which their iterations began."""
    statement = select(*TOLD).where(is_given(_A.run), _IS_STEP, *_IS_MEANT)
    return _page(statement), f"the_run the_node {_MEANING} rows"


@CHAPTER.named
def task_page_inside() -> Built:
    """Some of the tasks of a step within an iteration of a container."""
    inside = _inside(is_given(_F.run), is_given(_F.id))
    joined = attempt.join(inside, (_A.run == inside.c.run) & (_A.frame == inside.c.id))
    statement = select(*TOLD).select_from(joined).where(_IS_STEP, *_IS_MEANT)
    return _page(statement), f"the_run the_id the_node {_MEANING} rows"


@CHAPTER.named
def unsuccessful_by_iteration() -> Built:
    """How many tasks of a step, in each iteration of a container, have each state but success."""
    inside = _inside(*BLOCK)
    joined = attempt.join(inside, (_A.run == inside.c.run) & (_A.frame == inside.c.id))
    meant = (_A.node == bindparam("step"), _A.state != SUCCESS, IS_LAST)
    statement = select(inside.c.number, _A.state, func.count()).select_from(joined).where(*meant)
    return statement.group_by(inside.c.number, _A.state), "the_run the_parent the_node step"


_NOW: ColumnElement[Any] = bindparam("now")
_END = func.coalesce(_A.ended, case((_A.state == ACTIVE, _NOW), else_=_A.started))
# A clock may have been set back.
_SECONDS = case((_A.ended > _A.started, _A.ended - _A.started), else_=NONE)
_SINCE = case((_A.started > bindparam("since"), _A.started - bindparam("since")), else_=NONE)
_PIECE = cast(_SINCE / bindparam("length"), Integer)


@CHAPTER.named
def attempts_by_time() -> Built:
    """By step, piece of time and state: how many attempts began, their first beginning, last end and seconds."""
    piece = _PIECE.label("piece")
    columns = (
        _A.node,
        piece,
        _A.state,
        func.count(),
        func.min(_A.started),
        func.max(_END),
        func.sum(_SECONDS),
    )
    statement = select(*columns).where(is_given(_A.run))
    grouped = statement.group_by(_A.node, literal_column("piece"), _A.state)
    return grouped, "since since length now the_run"


@CHAPTER.named
def attempts_of_task() -> Built:
    """The attempts of a task, in order."""
    statement = select(*TOLD).where(*STEP, is_given(_A.iteration)).order_by(_A.number)
    return statement, f"{STEP_NAMES} the_iteration"
