"""What is read and written about pools that several runs share, compiled to text once."""

from __future__ import annotations

from functools import cache

from sqlalchemy import delete, insert, literal_column, select, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql import ColumnElement

from sequent.runtime.store.sqlite.compiled import given, is_given, is_row, text_of
from sequent.runtime.store.sqlite.schema import hold, pool, run, ticket

_H, _T, _P = hold.c, ticket.c, pool.c
_KEPT: ColumnElement[int] = literal_column("0")
_SHARED = _H.shared == literal_column("1")
_UNDER_WAY = run.c.status == literal_column("'running'")
"""Of the runs that have not ended: only they need to be asked for by their locks."""


@cache
def holds() -> str:
    """What is held of shared pools, by any run."""
    return text_of(select(_H.run, _H.frame, _H.node, _H.iteration, _H.pool, _H.amount).where(_SHARED), "")


@cache
def tickets() -> str:
    """Who waits for shared pools, of the runs that have not ended."""
    columns = (_T.number, _T.run, _T.frame, _T.node, _T.iteration, _T.amounts, _T.priority, _T.around)
    statement = select(*columns).join_from(ticket, run, _T.run == run.c.number)
    return text_of(statement.where(_UNDER_WAY).order_by(_T.number), "")


@cache
def insert_ticket() -> str:
    """Somebody begins to wait."""
    names = "run frame node host iteration amounts priority around"
    return text_of(insert(ticket).values(given(names)), names)


@cache
def drop_ticket() -> str:
    """Somebody waits no more."""
    keys = [is_given(column) for column in (_T.run, _T.frame, _T.node, _T.host, _T.iteration)]
    return text_of(delete(ticket).where(*keys), "the_run the_frame the_node the_host the_iteration")


@cache
def drop_tickets() -> str:
    """Nobody of a run waits any more, but for what the run had kept."""
    return text_of(delete(ticket).where(is_given(_T.run), _T.frame != _KEPT), "the_run")


@cache
def drop_shared_holds() -> str:
    """Nobody of a run holds anything of shared pools any more, but for what the run keeps."""
    return text_of(delete(hold).where(is_given(_H.run), _SHARED, _H.frame != _KEPT), "the_run")


@cache
def kept_shares() -> str:
    """What a run keeps of shared pools."""
    columns = select(_H.pool, _H.amount).where(is_given(_H.run), _SHARED, _H.frame == _KEPT)
    return text_of(columns.order_by(_H.pool), "the_run")


@cache
def drop_kept_shares() -> str:
    """A run keeps nothing of shared pools."""
    return text_of(delete(hold).where(is_given(_H.run), _SHARED, _H.frame == _KEPT), "the_run")


@cache
def wanted_again() -> str:
    """What a run had kept of shared pools, and waits for."""
    return text_of(select(_T.amounts).where(is_given(_T.run), _T.frame == _KEPT), "the_run")


@cache
def put_pool() -> str:
    """How large a run takes a shared pool to be."""
    statement = sqlite.insert(pool).values(given("run name capacity"))
    changes = {"capacity": statement.excluded.capacity}
    put = statement.on_conflict_do_update(index_elements=[_P.run, _P.name], set_=changes)
    return text_of(put, "run name capacity")


@cache
def other_sizes() -> str:
    """Which other runs that have not ended take a pool to be of another size."""
    columns = select(run.c.number, run.c.id, _P.capacity).join_from(pool, run, _P.run == run.c.number)
    other = (_UNDER_WAY, is_given(_P.name), run.c.number != given("me")["me"], _P.capacity != given("size")["size"])
    return text_of(columns.where(*other).order_by(run.c.number), "the_name me size")


@cache
def sizes() -> str:
    """How large runs that have not ended take shared pools to be."""
    columns = select(_P.run, _P.name, _P.capacity).join_from(pool, run, _P.run == run.c.number)
    return text_of(columns.where(_UNDER_WAY), "")


@cache
def put_wake() -> str:
    """Where a run's driver is woken."""
    return text_of(update(run).values(given("wake")).where(*is_row(run)), "wake the_number")


@cache
def wakes() -> str:
    """Where the drivers of runs are woken that wait for shared pools."""
    columns = select(run.c.number, run.c.wake, _T.amounts).join_from(ticket, run, _T.run == run.c.number)
    return text_of(columns, "")
