"""What is read and written about pools that several runs share, compiled to text once."""

from __future__ import annotations

from sqlalchemy import delete, insert, literal_column, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.sql import ColumnElement

from sequent.runtime.store.sql.core.naming import Built, Chapter, given, is_given, is_row
from sequent.runtime.store.sql.core.tables import hold, pool, run, ticket

CHAPTER = Chapter("Pools that several runs share")

_H, _T, _P = hold.c, ticket.c, pool.c
_KEPT: ColumnElement[int] = literal_column("0")
_SHARED = _H.shared == literal_column("1")
_UNDER_WAY = run.c.status == literal_column("'running'")
"""Of the runs that have not ended: only they need to be asked for by their locks."""


@CHAPTER.named
def holds() -> Built:
    """What is held of shared pools, by any run."""
    return select(_H.run, _H.frame, _H.node, _H.iteration, _H.pool, _H.amount).where(_SHARED), ""


@CHAPTER.named
def tickets() -> Built:
    """Who waits for shared pools, of the runs that have not ended."""
    columns = (_T.number, _T.run, _T.frame, _T.node, _T.iteration, _T.amounts, _T.priority, _T.around)
    statement = select(*columns).join_from(ticket, run, _T.run == run.c.number)
    return statement.where(_UNDER_WAY).order_by(_T.number), ""


@CHAPTER.named
def insert_ticket() -> Built:
    """Somebody begins to wait."""
    names = "run frame node host iteration amounts priority around"
    return insert(ticket).values(given(names)), names


@CHAPTER.named
def drop_ticket() -> Built:
    """Somebody waits no more."""
    keys = [is_given(column) for column in (_T.run, _T.frame, _T.node, _T.host, _T.iteration)]
    return delete(ticket).where(*keys), "the_run the_frame the_node the_host the_iteration"


@CHAPTER.named
def drop_tickets() -> Built:
    """Nobody of a run waits any more, but for what the run had kept."""
    return delete(ticket).where(is_given(_T.run), _T.frame != _KEPT), "the_run"


@CHAPTER.named
def drop_shared_holds() -> Built:
    """Nobody of a run holds anything of shared pools any more, but for what the run keeps."""
    return delete(hold).where(is_given(_H.run), _SHARED, _H.frame != _KEPT), "the_run"


@CHAPTER.named
def kept_shares() -> Built:
    """What a run keeps of shared pools."""
    columns = select(_H.pool, _H.amount).where(is_given(_H.run), _SHARED, _H.frame == _KEPT)
    return columns.order_by(_H.pool), "the_run"


@CHAPTER.named
def drop_kept_shares() -> Built:
    """A run keeps nothing of shared pools."""
    return delete(hold).where(is_given(_H.run), _SHARED, _H.frame == _KEPT), "the_run"


@CHAPTER.named
def wanted_again() -> Built:
    """What a run had kept of shared pools, and waits for."""
    return select(_T.amounts).where(is_given(_T.run), _T.frame == _KEPT), "the_run"


@CHAPTER.named
def put_pool() -> Built:
    """How large a run takes a shared pool to be."""
    statement = upsert(pool).values(given("run name capacity"))
    changes = {"capacity": statement.excluded.capacity}
    put = statement.on_conflict_do_update(index_elements=[_P.run, _P.name], set_=changes)
    return put, "run name capacity"


@CHAPTER.named
def other_sizes() -> Built:
    """Which other runs that have not ended take a pool to be of another size."""
    columns = select(run.c.number, run.c.id, _P.capacity).join_from(pool, run, _P.run == run.c.number)
    other = (_UNDER_WAY, is_given(_P.name), run.c.number != given("me")["me"], _P.capacity != given("size")["size"])
    return columns.where(*other).order_by(run.c.number), "the_name me size"


@CHAPTER.named
def sizes() -> Built:
    """How large runs that have not ended take shared pools to be."""
    columns = select(_P.run, _P.name, _P.capacity).join_from(pool, run, _P.run == run.c.number)
    return columns.where(_UNDER_WAY), ""


@CHAPTER.named
def put_wake() -> Built:
    """Where a run's driver is woken."""
    return update(run).values(given("wake")).where(*is_row(run)), "wake the_number"


@CHAPTER.named
def wakes() -> Built:
    """Where the drivers of runs are woken that wait for shared pools."""
    columns = select(run.c.number, run.c.wake, _T.amounts).join_from(ticket, run, _T.run == run.c.number)
    return columns, ""
