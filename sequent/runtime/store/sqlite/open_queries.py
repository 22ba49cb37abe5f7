"""What a recovery reads: the open iterations, and how far those went that are not read."""

from __future__ import annotations

from functools import cache

from sqlalchemy import CTE, bindparam, case, exists, func, literal_column, select, union
from sqlalchemy.sql import ColumnElement

from sequent.runtime.store.sqlite.compiled import is_given, is_row, key_of, text_of
from sequent.runtime.store.sqlite.queries import (
    BLOCK,
    BLOCK_NAMES,
    IS_LAST,
    LAST,
    LOCAL,
    NONE,
    ONE,
    STEP,
    STEP_NAMES,
    SUCCESS,
)
from sequent.runtime.store.sqlite.schema import SUPERSEDED, attempt, frame, repeat

_A, _F = attempt.c, frame.c
_SUPERSEDED: ColumnElement[str] = literal_column(f"'{SUPERSEDED}'")
_TRUTHY: ColumnElement[int] = literal_column("2")


@cache
def task_attempts() -> str:
    """The attempts of one task, in order."""
    columns = (_A.number, _A.state, _A.verdict, _A.recovery, _A.begun, _A.token)
    statement = select(*columns).where(*STEP, is_given(_A.iteration))
    return text_of(statement.order_by(_A.number), f"{STEP_NAMES} the_iteration")


@cache
def problem() -> str:
    """Why one attempt failed."""
    statement = select(_A.problem).where(*STEP, is_given(_A.iteration), is_given(_A.number))
    return text_of(statement, f"{STEP_NAMES} the_iteration the_number")


@cache
def result_at() -> str:
    """What one attempt gave."""
    statement = select(_A.result).where(*STEP, is_given(_A.iteration), is_given(_A.number))
    return text_of(statement, f"{STEP_NAMES} the_iteration the_number")


@cache
def begun_nodes() -> str:
    """The nodes that have rows."""
    tables = (attempt, frame, repeat)
    parts = [select(table.c.node).where(is_given(table.c.run)).distinct() for table in tables]
    return text_of(union(*parts), "the_run the_run the_run")


@cache
def succeeded_nodes() -> str:
    """The steps that have succeeded."""
    statement = select(_A.node).where(is_given(_A.run), _A.state == SUCCESS).distinct()
    return text_of(statement, "the_run")


@cache
def tasks_by_state() -> str:
    """How many tasks of each step have a last attempt of each state."""
    statement = select(_A.node, _A.state, func.count()).where(is_given(_A.run), IS_LAST)
    return text_of(statement.group_by(_A.node, _A.state), "the_run")


@cache
def frames_by_status() -> str:
    """How many iterations of each container are in each status."""
    statement = select(_F.node, _F.status, func.count()).where(is_given(_F.run))
    return text_of(statement.group_by(_F.node, _F.status), "the_run")


@cache
def frame_row() -> str:
    """An iteration."""
    return text_of(select(_F.id, _F.status).where(*is_row(frame)), key_of(frame))


@cache
def frame_numbers() -> str:
    """The numbers of a container's iterations."""
    return text_of(select(_F.number).where(*BLOCK).order_by(_F.number), BLOCK_NAMES)


@cache
def frame_extent() -> str:
    """The last iteration of a container, and how many there are."""
    return text_of(select(func.max(_F.number), func.count()).where(*BLOCK), BLOCK_NAMES)


@cache
def open_frames() -> str:
    """The iterations of a container that are not a success."""
    statement = select(_F.number, _F.id, _F.status).where(*BLOCK, _F.status != SUCCESS)
    return text_of(statement.order_by(_F.number), BLOCK_NAMES)


@cache
def all_frames() -> str:
    """The iterations of a container."""
    return text_of(select(_F.number, _F.id, _F.status).where(*BLOCK).order_by(_F.number), BLOCK_NAMES)


_ITERATIONS = (*STEP, _A.iteration > NONE)


@cache
def step_numbers() -> str:
    """The numbers of a repeated step's iterations."""
    statement = select(_A.iteration).where(*_ITERATIONS).group_by(_A.iteration)
    return text_of(statement.order_by(_A.iteration), STEP_NAMES)


@cache
def step_extent() -> str:
    """The last iteration of a repeated step, and how many have a first attempt."""
    first = _A.number == ONE
    return text_of(select(func.max(_A.iteration), func.count()).where(*_ITERATIONS, first), STEP_NAMES)


_SPAN = (
    func.max(_A.recovery),
    func.max(case(((func.length(_A.token) > NONE) & (_A.state != _SUPERSEDED), _A.recovery))),
)
"""The latest recovery, and the latest in which somebody executed something."""


@cache
def span_of_step() -> str:
    """In which recoveries a repeated step has attempts."""
    return text_of(select(*_SPAN).where(*_ITERATIONS), STEP_NAMES)


@cache
def span_of_frames() -> str:
    """In which recoveries anything in a container has attempts, however deep."""
    inside = _inside()
    statement = select(*_SPAN).join_from(inside, attempt, (_A.run == inside.c.run) & (_A.frame == inside.c.id))
    return text_of(statement, BLOCK_NAMES)


@cache
def frames_inside() -> str:
    """The iterations of a container, and all that are in them, however deep."""
    return text_of(select(_inside().c.id), BLOCK_NAMES)


def _inside() -> CTE:
    inside = select(_F.run.label("run"), _F.id.label("id")).where(*BLOCK).cte("inside", recursive=True)
    further = select(_F.run, _F.id).join(inside, (_F.run == inside.c.run) & (_F.parent == inside.c.id))
    return inside.union_all(further)


@cache
def open_iterations() -> str:
    """The iterations of a repeated step whose last attempt is not a success."""
    statement = select(_A.iteration, _A.state, LAST).where(*_ITERATIONS).group_by(_A.iteration)
    return text_of(statement.having(_A.state != SUCCESS).order_by(_A.iteration), STEP_NAMES)


@cache
def until_of_steps() -> str:
    """Whether the last attempt of an iteration of a repeated step is a success with a truthy result."""
    truthy = select(_A.iteration, _A.state, _A.verdict, LAST).where(*_ITERATIONS).group_by(_A.iteration)
    truthy = truthy.having(_A.state == SUCCESS, _A.verdict == _TRUTHY)
    return text_of(truthy.limit(ONE).offset(NONE), STEP_NAMES)


@cache
def until_of_frames() -> str:
    """Whether an iteration that succeeded holds a success of that step with a truthy result."""
    inside = (_A.run == _F.run, _A.frame == _F.id, _A.node == bindparam("until"), LOCAL, _A.iteration == NONE)
    truthy = exists(select(ONE).where(*inside, _A.state == SUCCESS, _A.verdict == _TRUTHY))
    statement = select(_F.number).where(*BLOCK, _F.status == SUCCESS, truthy)
    return text_of(statement.limit(ONE).offset(NONE), f"{BLOCK_NAMES} until")
