"""The queries of all runs of a store."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Integer, bindparam, cast, func, literal_column, null, select
from sqlalchemy.sql import ColumnElement

from sequent.runtime.store.sql.records import PRUNED
from sequent.runtime.store.sql.statement_sources.naming import Built, Chapter, is_given
from sequent.runtime.store.sql.statement_sources.reading import NONE, ONE
from sequent.runtime.store.sql.statement_sources.tables import intervention, request, run

CHAPTER = Chapter("All runs of a store")

_RUN_COLUMNS = (
    run.c.number,
    run.c.id,
    run.c.epoch,
    run.c.owner,
    run.c.status,
    run.c.recovery,
    run.c.created,
    run.c.ended,
    run.c.counts,
    run.c.definition,
    run.c.reason,
    request.c.target,
    request.c.params,
    request.c.origin,
    run.c.unrun,
    run.c.flow,
    run.c.touched,
    run.c.tally,
    run.c.seal,
)
_PRUNED: ColumnElement[str] = literal_column(f"'{PRUNED}'")
_IS_THERE = run.c.status != _PRUNED
# A run whose request is missing is damaged, but it exists; one that is being removed does not.
_RUNS = select(*_RUN_COLUMNS).join_from(run, request, request.c.run == run.c.number, isouter=True).where(_IS_THERE)


@CHAPTER.named
def runs() -> Built:
    """All runs, latest first, at most so many."""
    return _RUNS.order_by(run.c.number.desc()).limit(bindparam("rows")).offset(NONE), "rows"


@CHAPTER.named
def runs_of_flow() -> Built:
    """The runs of one flow, latest first."""
    statement = _RUNS.where(is_given(run.c.flow)).order_by(run.c.number.desc())
    return statement.limit(bindparam("rows")).offset(NONE), "the_flow rows"


@CHAPTER.named
def numbers() -> Built:
    """The numbers of the runs, latest first."""
    statement = select(run.c.number).where(_IS_THERE).order_by(run.c.number.desc())
    return statement.limit(bindparam("rows")).offset(NONE), "rows"


@CHAPTER.named
def numbers_of_flow() -> Built:
    """The numbers of the runs of one flow, latest first."""
    statement = select(run.c.number).where(_IS_THERE, is_given(run.c.flow)).order_by(run.c.number.desc())
    return statement.limit(bindparam("rows")).offset(NONE), "the_flow rows"


_IS_WITHIN = (
    _IS_THERE,
    run.c.number < bindparam("before"),
    run.c.created >= bindparam("since"),
    run.c.created < bindparam("until"),
)


@CHAPTER.named
def numbers_within() -> Built:
    """The numbers of the runs before a run that were made in a time, latest first, at most so many."""
    statement = select(run.c.number).where(*_IS_WITHIN).order_by(run.c.number.desc())
    return statement.limit(bindparam("rows")).offset(NONE), "before since until rows"


@CHAPTER.named
def outcomes_since() -> Built:
    """The number, the flow, the status and the time of each run since a time, latest first, at most so many."""
    columns = (run.c.number, run.c.flow, run.c.status, run.c.created)
    statement = select(*columns).where(_IS_THERE, run.c.created >= bindparam("since")).order_by(run.c.number.desc())
    return statement.limit(bindparam("rows")).offset(NONE), "since rows"


@CHAPTER.named
def news_of() -> Built:
    """The numbers that change with all that is written of a run: by its drivers, and by people."""
    asked = select(func.count()).where(intervention.c.run == run.c.number).scalar_subquery()
    return select(run.c.epoch, run.c.touched, asked).where(is_given(run.c.number)), "the_number"


@CHAPTER.named
def latest_run() -> Built:
    """The latest run that no step of another run started."""
    return _latest_of(_RUNS), ""


@CHAPTER.named
def latest_run_of_flow() -> Built:
    """The latest run of one flow that no step of another run started."""
    return _latest_of(_RUNS.where(is_given(run.c.flow))), "the_flow"


def _latest_of(statement: Any) -> Any:
    own = statement.where(request.c.origin == null()).order_by(run.c.number.desc())
    return own.limit(ONE).offset(NONE)


@CHAPTER.named
def run_with_id() -> Built:
    """The run with exactly that id."""
    return _RUNS.where(is_given(run.c.id)), "the_id"


@CHAPTER.named
def run_with_number() -> Built:
    """The run with that number."""
    return _RUNS.where(is_given(run.c.number)), "the_number"


@CHAPTER.named
def runs_with_prefix() -> Built:
    """The runs with a prefix of their id, by comparison: no character in it has a meaning."""
    begins = func.substr(run.c.id, ONE, cast(bindparam("length"), Integer)) == bindparam("prefix")
    statement = _RUNS.where(begins).order_by(run.c.number.desc()).limit(literal_column("6")).offset(NONE)
    return statement, "length prefix"


@CHAPTER.named
def commits() -> Built:
    """The id of a run, and the number of transactions that its drivers have committed."""
    return select(run.c.id, run.c.touched).where(is_given(run.c.number)), "the_number"


@CHAPTER.named
def guard_row() -> Built:
    """The values that the guard of a run finds in its row."""
    return select(run.c.epoch, run.c.owner, run.c.touched).where(is_given(run.c.number)), "the_number"


@CHAPTER.named
def last_number() -> Built:
    """The highest number of a run."""
    return select(func.max(run.c.number)), ""


@CHAPTER.named
def running() -> Built:
    """The numbers of the runs that are driven, or were driven until their driver was killed."""
    return select(run.c.number).where(run.c.status == literal_column("'running'")), ""


@CHAPTER.named
def has_id() -> Built:
    """Whether a run has that id."""
    return select(run.c.number).where(is_given(run.c.id)), "the_id"


@CHAPTER.named
def ages() -> Built:
    """The id, flow, status and times of each run, latest first."""
    columns = (run.c.number, run.c.id, run.c.flow, run.c.status, run.c.created, run.c.ended)
    return select(*columns).where(_IS_THERE).order_by(run.c.number.desc()), ""


@CHAPTER.named
def name_of() -> Built:
    """The flow and the id of a run, also of one that is being removed."""
    return select(run.c.flow, run.c.id).where(is_given(run.c.number)), "the_number"


@CHAPTER.named
def pruned() -> Built:
    """The runs whose removal has begun."""
    return select(run.c.number).where(run.c.status == _PRUNED), ""
