"""What is asked of the runs of a store, as a whole."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import bindparam, func, literal_column, null, select
from sqlalchemy.sql import ColumnElement

from sequent.runtime.store.sqlite.compiled import is_given, text_of
from sequent.runtime.store.sqlite.queries import NONE, ONE
from sequent.runtime.store.sqlite.schema import PRUNED, request, run

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
# A run whose request is gone is damaged, and not none; one that is being removed is none.
_RUNS = select(*_RUN_COLUMNS).join_from(run, request, request.c.run == run.c.number, isouter=True).where(_IS_THERE)


@cache
def runs() -> str:
    """Latest first; a limit of -1 is none."""
    return text_of(_RUNS.order_by(run.c.number.desc()).limit(bindparam("rows")).offset(NONE), "rows")


@cache
def runs_of_flow() -> str:
    """The same, of one flow."""
    statement = _RUNS.where(is_given(run.c.flow)).order_by(run.c.number.desc())
    return text_of(statement.limit(bindparam("rows")).offset(NONE), "the_flow rows")


@cache
def numbers() -> str:
    """The numbers of the runs, latest first."""
    statement = select(run.c.number).where(_IS_THERE).order_by(run.c.number.desc())
    return text_of(statement.limit(bindparam("rows")).offset(NONE), "rows")


@cache
def numbers_of_flow() -> str:
    """The same, of one flow."""
    statement = select(run.c.number).where(_IS_THERE, is_given(run.c.flow)).order_by(run.c.number.desc())
    return text_of(statement.limit(bindparam("rows")).offset(NONE), "the_flow rows")


@cache
def latest_run() -> str:
    """The latest that no step of another run started."""
    return text_of(_latest_of(_RUNS), "")


@cache
def latest_run_of_flow() -> str:
    """The same, of one flow."""
    return text_of(_latest_of(_RUNS.where(is_given(run.c.flow))), "the_flow")


def _latest_of(statement: Any) -> Any:
    own = statement.where(request.c.origin == null()).order_by(run.c.number.desc())
    return own.limit(ONE).offset(NONE)


@cache
def run_with_id() -> str:
    """The run with exactly that id."""
    return text_of(_RUNS.where(is_given(run.c.id)), "the_id")


@cache
def run_with_number() -> str:
    """The run with that number."""
    return text_of(_RUNS.where(is_given(run.c.number)), "the_number")


@cache
def runs_with_prefix() -> str:
    """Runs whose id begins so, by comparison: no sign in it has a meaning."""
    begins = func.substr(run.c.id, ONE, bindparam("length")) == bindparam("prefix")
    statement = _RUNS.where(begins).order_by(run.c.number.desc()).limit(literal_column("6")).offset(NONE)
    return text_of(statement, "length prefix")


@cache
def last_number() -> str:
    """The highest number of a run."""
    return text_of(select(func.max(run.c.number)), "")


@cache
def running() -> str:
    """The numbers of the runs that somebody drives, or drove until he was killed."""
    return text_of(select(run.c.number).where(run.c.status == literal_column("'running'")), "")


@cache
def has_id() -> str:
    """Whether a run has that id."""
    return text_of(select(run.c.number).where(is_given(run.c.id)), "the_id")


@cache
def ages() -> str:
    """What each run is, and when it began and ended, latest first."""
    columns = (run.c.number, run.c.id, run.c.flow, run.c.status, run.c.created, run.c.ended)
    return text_of(select(*columns).where(_IS_THERE).order_by(run.c.number.desc()), "")


@cache
def name_of() -> str:
    """The flow and the id of a run, also of one that is being removed."""
    return text_of(select(run.c.flow, run.c.id).where(is_given(run.c.number)), "the_number")


@cache
def pruned() -> str:
    """The runs whose removal has begun."""
    return text_of(select(run.c.number).where(run.c.status == _PRUNED), "")
