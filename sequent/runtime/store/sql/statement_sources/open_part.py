"""The queries of a recovery: the open iterations, and the extent of those that are not read."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CTE, bindparam, case, func, literal_column, select, union
from sqlalchemy.sql import ColumnElement

from sequent.runtime.store.sql.records import SUPERSEDED
from sequent.runtime.store.sql.statement_sources.naming import Built, Chapter, is_given, is_row, key_of
from sequent.runtime.store.sql.statement_sources.reading import (
    BLOCK,
    BLOCK_NAMES,
    IS_LAST,
    LOCAL,
    NONE,
    ONE,
    STEP,
    STEP_NAMES,
    SUCCESS,
    is_found,
)
from sequent.runtime.store.sql.statement_sources.tables import attempt, frame, repeat

CHAPTER = Chapter("The state that a recovery starts from")

_A, _F = attempt.c, frame.c
_SUPERSEDED: ColumnElement[str] = literal_column(f"'{SUPERSEDED}'")
_TRUTHY: ColumnElement[int] = literal_column("2")


@CHAPTER.named
def task_attempts() -> Built:
    """The attempts of one task, in order."""
    columns = (_A.number, _A.state, _A.verdict, _A.recovery, _A.begun, _A.token)
    statement = select(*columns).where(*STEP, is_given(_A.iteration))
    return statement.order_by(_A.number), f"{STEP_NAMES} the_iteration"


@CHAPTER.named
def attempt_end() -> Built:
    """The beginning, the end and the problem of one attempt."""
    columns = (_A.started, _A.ended, _A.problem)
    statement = select(*columns).where(*STEP, is_given(_A.iteration), is_given(_A.number))
    return statement, f"{STEP_NAMES} the_iteration the_number"


@CHAPTER.named
def problem() -> Built:
    """The problem of one attempt."""
    statement = select(_A.problem).where(*STEP, is_given(_A.iteration), is_given(_A.number))
    return statement, f"{STEP_NAMES} the_iteration the_number"


@CHAPTER.named
def result_at() -> Built:
    """The result of one attempt."""
    statement = select(_A.result).where(*STEP, is_given(_A.iteration), is_given(_A.number))
    return statement, f"{STEP_NAMES} the_iteration the_number"


@CHAPTER.named
def begun_nodes() -> Built:
    """The nodes that have rows."""
    tables = (attempt, frame, repeat)
    parts = [select(table.c.node).where(is_given(table.c.run)).distinct() for table in tables]
    return union(*parts), "the_run the_run the_run"


@CHAPTER.named
def succeeded_nodes() -> Built:
    """The steps that have succeeded."""
    statement = select(_A.node).where(is_given(_A.run), _A.state == SUCCESS).distinct()
    return statement, "the_run"


@CHAPTER.named
def tasks_by_state() -> Built:
    """How many tasks of each step have a last attempt of each state."""
    statement = select(_A.node, _A.state, func.count()).where(is_given(_A.run), IS_LAST)
    return statement.group_by(_A.node, _A.state), "the_run"


@CHAPTER.named
def frames_by_status() -> Built:
    """How many iterations of each container are in each status."""
    statement = select(_F.node, _F.status, func.count()).where(is_given(_F.run))
    return statement.group_by(_F.node, _F.status), "the_run"


@CHAPTER.named
def frame_row() -> Built:
    """An iteration."""
    return select(_F.id, _F.status).where(*is_row(frame)), key_of(frame)


@CHAPTER.named
def frame_numbers() -> Built:
    """The numbers of a container's iterations."""
    return select(_F.number).where(*BLOCK).order_by(_F.number), BLOCK_NAMES


@CHAPTER.named
def last_frame() -> Built:
    """The last iteration of a container."""
    return _last(select(_F.number).where(*BLOCK), _F.number), BLOCK_NAMES


def _last(statement: Any, column: ColumnElement[Any]) -> Any:
    """Return the row with the highest value; PostgreSQL would read all for a maximum, without statistics."""
    return statement.order_by(column.desc()).limit(ONE).offset(NONE)


@CHAPTER.named
def frame_count() -> Built:
    """The number of a container's iterations."""
    return select(func.count()).select_from(frame).where(*BLOCK), BLOCK_NAMES


@CHAPTER.named
def open_frames() -> Built:
    """The iterations of a container that are not a success."""
    statement = select(_F.number, _F.id, _F.status).where(*BLOCK, _F.status != SUCCESS)
    return statement.order_by(_F.number), BLOCK_NAMES


@CHAPTER.named
def all_frames() -> Built:
    """The iterations of a container."""
    return select(_F.number, _F.id, _F.status).where(*BLOCK).order_by(_F.number), BLOCK_NAMES


_ITERATIONS = (*STEP, _A.iteration > NONE)


@CHAPTER.named
def step_numbers() -> Built:
    """The numbers of a repeated step's iterations."""
    statement = select(_A.iteration).where(*_ITERATIONS).group_by(_A.iteration)
    return statement.order_by(_A.iteration), STEP_NAMES


_FIRST = (*_ITERATIONS, _A.number == ONE)


@CHAPTER.named
def last_iteration() -> Built:
    """The last iteration of a repeated step."""
    return _last(select(_A.iteration).where(*_FIRST), _A.iteration), STEP_NAMES


@CHAPTER.named
def iteration_count() -> Built:
    """The number of a repeated step's iterations."""
    return select(func.count()).select_from(attempt).where(*_FIRST), STEP_NAMES


_SPAN = (
    func.max(_A.recovery),
    func.max(case(((func.length(_A.token) > NONE) & (_A.state != _SUPERSEDED), _A.recovery))),
)
"""The latest recovery, and the latest in which an attempt was executed."""


@CHAPTER.named
def span_of_step() -> Built:
    """The recoveries in which a repeated step has attempts."""
    return select(*_SPAN).where(*_ITERATIONS), STEP_NAMES


@CHAPTER.named
def span_of_frames() -> Built:
    """The recoveries in which anything in a container has attempts, however deep."""
    inside = _inside()
    statement = select(*_SPAN).join_from(inside, attempt, (_A.run == inside.c.run) & (_A.frame == inside.c.id))
    return statement, BLOCK_NAMES


@CHAPTER.named
def frames_inside() -> Built:
    """The iterations of a container, and all that are in them, however deep."""
    return select(_inside().c.id), BLOCK_NAMES


def _inside() -> CTE:
    inside = select(_F.run.label("run"), _F.id.label("id")).where(*BLOCK).cte("inside", recursive=True)
    further = select(_F.run, _F.id).join(inside, (_F.run == inside.c.run) & (_F.parent == inside.c.id))
    return inside.union_all(further)


@CHAPTER.named
def open_iterations() -> Built:
    """The iterations of a repeated step whose last attempt is not a success."""
    statement = select(_A.iteration).where(*_ITERATIONS, _A.state != SUCCESS, IS_LAST)
    return statement.order_by(_A.iteration), STEP_NAMES


@CHAPTER.named
def until_of_steps() -> Built:
    """Whether the last attempt of an iteration of a repeated step is a success with a truthy result."""
    truthy = select(_A.iteration).where(*_ITERATIONS, _A.state == SUCCESS, _A.verdict == _TRUTHY, IS_LAST)
    return truthy.limit(ONE).offset(NONE), STEP_NAMES


@CHAPTER.named
def until_of_frames() -> Built:
    """Whether an iteration that succeeded holds a success of that step with a truthy result."""
    inside = (_A.run == _F.run, _A.frame == _F.id, _A.node == bindparam("until"), LOCAL, _A.iteration == NONE)
    truthy = is_found(select(ONE).where(*inside, _A.state == SUCCESS, _A.verdict == _TRUTHY))
    statement = select(_F.number).where(*BLOCK, _F.status == SUCCESS, truthy)
    return statement.limit(ONE).offset(NONE), f"{BLOCK_NAMES} until"
