"""The queries of a run, built with SQLAlchemy Core and compiled to text once."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, case, exists, func, literal_column, null, select
from sqlalchemy.sql import ColumnElement

from sequent.runtime.store.nodes import COPIES
from sequent.runtime.store.sql.statement_sources.naming import Built, Chapter, is_given, is_row, key_of
from sequent.runtime.store.sql.statement_sources.tables import attempt, definition, frame, hold, node, repeat, run, wait

CHAPTER = Chapter("Queries of a run")

_A, _F, _R, _W, _H, _N = attempt.c, frame.c, repeat.c, wait.c, hold.c, node.c
SUCCESS: ColumnElement[Any] = literal_column("'success'")
_FAILURE: ColumnElement[Any] = literal_column("'failure'")
ACTIVE: ColumnElement[Any] = literal_column("'active'")
ONE: ColumnElement[Any] = literal_column("1")
NONE: ColumnElement[Any] = literal_column("0")
"""As literals, since SQLAlchemy would make them parameters where a limit stands alone."""
_NO_HOST: ColumnElement[Any] = literal_column("''")
LOCAL = _A.host == _NO_HOST
STEP = (is_given(_A.run), is_given(_A.frame), is_given(_A.node), LOCAL)
STEP_NAMES = "the_run the_frame the_node"
BLOCK = (is_given(_F.run), is_given(_F.parent), is_given(_F.node))
BLOCK_NAMES = "the_run the_parent the_node"
_NEXT = attempt.alias("next")
_EARLIER = attempt.alias("earlier")


def is_found(statement: Any) -> ColumnElement[bool]:
    """Return whether a query finds a row, looked up for each row around it.

    Without statistics, PostgreSQL would join both by a part of the key, and compare all rows of a task's step with one
    another; it makes no join of a query with ``OFFSET``.
    """
    return exists(statement.limit(ONE).offset(NONE))


def _of_same_task(other: Any) -> tuple[ColumnElement[bool], ...]:
    return tuple(other.c[key] == _A[key] for key in ("run", "frame", "node", "host", "iteration"))


IS_LAST = ~is_found(select(ONE).where(*_of_same_task(_NEXT), _NEXT.c.number > _A.number))
"""Whether an attempt is the last of its task."""

# -- definitions -----------------------------------------------------------------------------------


@CHAPTER.named
def definition_with_digest() -> Built:
    """The number of a definition."""
    return select(definition.c.number).where(is_given(definition.c.digest)), "the_digest"


@CHAPTER.named
def definition_row() -> Built:
    """All fields of a definition, the digest first."""
    columns = (definition.c.digest, definition.c.structure, definition.c.fingerprints, definition.c.picture)
    return select(*columns).where(is_given(definition.c.number)), "the_number"


@CHAPTER.named
def definition_texts() -> Built:
    """The structure and the fingerprints of a definition."""
    columns = (definition.c.structure, definition.c.fingerprints)
    return select(*columns).where(is_given(definition.c.number)), "the_number"


@CHAPTER.named
def definition_picture() -> Built:
    """The picture of a definition."""
    return select(definition.c.picture).where(is_given(definition.c.number)), "the_number"


@CHAPTER.named
def nodes() -> Built:
    """The nodes of a definition."""
    statement = select(node.c.id, node.c.path, node.c.kind).where(is_given(node.c.definition))
    return statement.order_by(node.c.id), "the_definition"


# -- values that steps ask for --------------------------------------------------------------------


@CHAPTER.named
def result() -> Built:
    """The last attempt of a task."""
    statement = select(_A.state, _A.result, _A.number).where(*STEP, is_given(_A.iteration))
    return _latest(statement), f"{STEP_NAMES} the_iteration"


def _latest(statement: Any) -> Any:
    return statement.order_by(_A.number.desc()).limit(ONE).offset(NONE)


@CHAPTER.named
def results() -> Built:
    """The last attempts of a repeated step's iterations that succeeded, after an iteration."""
    last = (*STEP, _after(_A.iteration), _A.state == SUCCESS, IS_LAST)
    statement = select(_A.iteration, _A.result, _A.number).where(*last)
    return _page(statement, _A.iteration), f"{STEP_NAMES} after rows"


@CHAPTER.named
def drawn_by_steps() -> Built:
    """The items of a repeated step's iterations, after an iteration."""
    statement = select(_A.iteration, func.max(_A.item)).where(*STEP, _after(_A.iteration))
    return _page(statement.group_by(_A.iteration), _A.iteration), f"{STEP_NAMES} after rows"


@CHAPTER.named
def drawn_by_frames() -> Built:
    """The items of a container's iterations, after an iteration."""
    statement = select(_F.number, _F.item).where(*BLOCK, _after(_F.number))
    return _page(statement, _F.number), f"{BLOCK_NAMES} after rows"


@CHAPTER.named
def frames() -> Built:
    """The iterations of a container, after an iteration."""
    statement = select(_F.number, _F.id, _F.status).where(*BLOCK, _after(_F.number))
    return _page(statement, _F.number), f"{BLOCK_NAMES} after rows"


def _after(column: ColumnElement[Any]) -> ColumnElement[bool]:
    return column > bindparam("after")


def _page(statement: Any, column: ColumnElement[Any]) -> Any:
    return statement.order_by(column).limit(bindparam("rows")).offset(NONE)


@CHAPTER.named
def frame_item() -> Built:
    """The item of an iteration."""
    return select(_F.item).where(*is_row(frame)), key_of(frame)


@CHAPTER.named
def repeat_row() -> Built:
    """The items of a repeat, and its status."""
    return select(_R["items"], _R.status).where(*is_row(repeat)), key_of(repeat)


@CHAPTER.named
def last_id() -> Built:
    """The highest id of an iteration."""
    return select(func.max(_F.id)).where(is_given(_F.run)), "the_run"


@CHAPTER.named
def frame_with_id() -> Built:
    """The place of an iteration, and the item or host that it was opened for."""
    statement = select(_F.parent, _F.number, _F.node, _F["item"]).where(is_given(_F.run), is_given(_F.id))
    return statement, "the_run the_id"


# -- waits, and places held ------------------------------------------------------------------


@CHAPTER.named
def wait_row() -> Built:
    """The due times of the wait before an attempt."""
    return select(_W.boot, _W.due_boot, _W.due, _W.length).where(*is_row(wait)), key_of(wait)


@CHAPTER.named
def pending() -> Built:
    """The waits in iterations under way after which nothing has begun yet, the soonest first."""
    later = (_A.run == _W.run, _A.frame == _W.frame, _A.node == _W.node, _A.iteration == _W.iteration)
    has_begun = is_found(select(ONE).where(*later, _A.number >= _W.attempt))
    is_open = is_found(select(ONE).where(frame.c.run == _W.run, _F.parent == _W.frame, _F.node == _W.node))
    has_items = is_found(select(ONE).where(_R.run == _W.run, _R.frame == _W.frame, _R.node == _W.node))
    is_over = is_found(select(ONE).where(frame.c.run == _W.run, _F.id == _W.frame, _F.status != ACTIVE))
    columns = (_W.frame, _W.node, _W.iteration, _W.attempt, _W.due, _W.length)
    waiting = select(*columns).where(is_given(_W.run), ~has_begun, ~is_open, ~has_items, ~is_over)
    return waiting.order_by(_W.due, _W.frame, _W.node, _W.iteration), "the_run"


@CHAPTER.named
def kept() -> Built:
    """The amount of each of its own pools that a run keeps."""
    mine = (is_given(_H.run), _H.frame == NONE, _H.shared == NONE)
    return select(_H.pool, _H.amount).where(*mine).order_by(_H.pool), "the_run"


# -- attempts, for people -------------------------------------------------------------------------

_PASSED = (func.length(_A.token) == NONE) & _A.result.is_(null())
"""Whether it was not executed, and has no result; an attempt that stands for an earlier one has its result."""
TOLD = (
    *(_A.frame, _A.node, _A.iteration, _A.number, _A.state, _A.started, _A.ended, _A.problem, _A.log),
    *(_PASSED, _A.recovery),
)
_IS_FAILED = (is_given(_A.run), _A.state == _FAILURE, IS_LAST)
_BY_START = (_A.started, _A.frame, _A.node, _A.iteration, _A.number)


@CHAPTER.named
def attempts() -> Built:
    """All attempts of a run, by time of start."""
    return select(*TOLD).where(is_given(_A.run)).order_by(*_BY_START), "the_run"


@CHAPTER.named
def attempts_of_node() -> Built:
    """The attempts of one step, by time of start."""
    statement = select(*TOLD).where(is_given(_A.run), is_given(_A.node))
    return statement.order_by(*_BY_START), "the_run the_node"


@CHAPTER.named
def handed_over() -> Built:
    """The attempts without an outcome, each the last of its task."""
    statement = select(_A.frame, _A.node, _A.iteration, _A.token)
    return statement.where(is_given(_A.run), _A.state == ACTIVE, IS_LAST), "the_run"


@CHAPTER.named
def around_handed_over() -> Built:
    """The attempts without an outcome of a run that has not succeeded, with the iterations around each."""
    columns = (_A.run, _A.frame.label("task_frame"), _A.node.label("task_node"), _A.iteration, _A.frame.label("id"))
    around = select(*columns).where(is_given(_A.run), _A.state == ACTIVE, IS_LAST).cte("around", recursive=True)
    task = (around.c.task_frame, around.c.task_node, around.c.iteration)
    above = frame.alias("above")
    is_above = (above.c.run == around.c.run) & (above.c.id == around.c.id)
    further = select(around.c.run, *task, above.c.parent).select_from(above.join(around, is_above))
    # Not all: damaged rows may be a circle.
    around = around.union(further)
    is_copy = _N.kind == literal_column(f"'{COPIES}'")
    host = case((is_copy, _F["item"]), else_=_NO_HOST).label("host")
    joined = (
        frame.join(around, (_F.run == around.c.run) & (_F.id == around.c.id))
        .join(run, run.c.number == around.c.run)
        .join(node, (_N.definition == run.c.definition) & (_N.id == _F.node))
    )
    task = (around.c.task_frame, around.c.task_node, around.c.iteration)
    statement = select(*task, _F.parent, _F.node, host).select_from(joined)
    return statement.where(run.c.status != SUCCESS), "the_run"


@CHAPTER.named
def success_count() -> Built:
    """The number of tasks that have succeeded; one that has succeeded again counts once."""
    earlier = (*_of_same_task(_EARLIER), _EARLIER.c.number < _A.number, _EARLIER.c.state == SUCCESS)
    # First attempts, which are most of all, have none before them to look for; to sort all tasks would take longer.
    is_again = (_A.number > ONE) & is_found(select(ONE).where(*earlier))
    return select(func.count()).select_from(attempt).where(is_given(_A.run), _A.state == SUCCESS, ~is_again), "the_run"


@CHAPTER.named
def failure_count() -> Built:
    """The number of tasks whose last attempts are failures."""
    return select(func.count()).select_from(attempt).where(*_IS_FAILED), "the_run"


@CHAPTER.named
def failures() -> Built:
    """The tasks whose last attempt is a failure, by time of its start."""
    statement = select(*TOLD).where(*_IS_FAILED).order_by(*_BY_START).limit(bindparam("rows")).offset(NONE)
    return statement, "the_run rows"


@CHAPTER.named
def failures_of_step() -> Built:
    """The failures of one step within a frame."""
    statement = select(*TOLD).where(*STEP, _A.state == _FAILURE, IS_LAST).order_by(*_BY_START)
    return statement, STEP_NAMES


@CHAPTER.named
def failures_inside() -> Built:
    """The failures in the iterations of one container within a frame."""
    inside = select(_F.run, _F.id).where(*BLOCK).cte("inside", recursive=True)
    further = frame.alias("further")
    below = select(further.c.run, further.c.id).where(further.c.run == inside.c.run, further.c.parent == inside.c.id)
    inside = inside.union_all(below)
    is_inside = (_A.run == inside.c.run, _A.frame == inside.c.id)
    statement = select(*TOLD).where(*is_inside, _A.state == _FAILURE, IS_LAST).order_by(*_BY_START)
    return statement, BLOCK_NAMES


@CHAPTER.named
def container_problems() -> Built:
    """The problems of containers that failed without a failed attempt; at most so many."""
    statement = select(_R.frame, _R.node, _R.problem).where(is_given(_R.run), _R.problem.is_not(null()))
    return statement.order_by(_R.frame, _R.node).limit(bindparam("rows")).offset(NONE), "the_run rows"
