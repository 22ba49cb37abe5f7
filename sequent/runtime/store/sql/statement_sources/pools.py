"""The queries and changes of pools that several runs share, compiled to text once."""

from __future__ import annotations

from sqlalchemy import delete, insert, literal_column, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.sql import ColumnElement

from sequent.runtime.store.sql.statement_sources.naming import Built, Chapter, given, is_given
from sequent.runtime.store.sql.statement_sources.tables import hold, pool, run, ticket

CHAPTER = Chapter("Pools that several runs share")

_H, _T, _P = hold.c, ticket.c, pool.c
_KEPT: ColumnElement[int] = literal_column("0")
_SHARED = _H.shared == literal_column("1")
_UNDER_WAY = run.c.status == literal_column("'running'")
"""The runs that have not ended: only their locks need to be tested."""


@CHAPTER.named
def holds() -> Built:
    """The amounts of shared pools that runs hold."""
    return select(_H.run, _H.frame, _H.node, _H.iteration, _H.pool, _H.amount).where(_SHARED), ""


@CHAPTER.named
def tickets() -> Built:
    """The requests that wait for shared pools, of runs that have not ended."""
    columns = (_T.number, _T.run, _T.frame, _T.node, _T.iteration, _T.amounts, _T.priority, _T.around)
    statement = select(*columns).join_from(ticket, run, _T.run == run.c.number)
    return statement.where(_UNDER_WAY).order_by(_T.number), ""


@CHAPTER.named
def insert_ticket() -> Built:
    """Add a request that waits."""
    names = "run frame node host iteration amounts priority around"
    return insert(ticket).values(given(names)), names


@CHAPTER.named
def drop_ticket() -> Built:
    """Remove a request that waits no more."""
    keys = [is_given(column) for column in (_T.run, _T.frame, _T.node, _T.host, _T.iteration)]
    return delete(ticket).where(*keys), "the_run the_frame the_node the_host the_iteration"


@CHAPTER.named
def drop_tickets() -> Built:
    """Remove the requests of a run, except the one for amounts that it had kept."""
    return delete(ticket).where(is_given(_T.run), _T.frame != _KEPT), "the_run"


@CHAPTER.named
def kept_shares() -> Built:
    """The amounts that a run keeps of shared pools."""
    columns = select(_H.pool, _H.amount).where(is_given(_H.run), _SHARED, _H.frame == _KEPT)
    return columns.order_by(_H.pool), "the_run"


@CHAPTER.named
def drop_kept_shares() -> Built:
    """Remove the amounts that a run keeps of shared pools."""
    return delete(hold).where(is_given(_H.run), _SHARED, _H.frame == _KEPT), "the_run"


@CHAPTER.named
def wanted_again() -> Built:
    """The amounts that a run had kept of shared pools, and waits for."""
    return select(_T.amounts).where(is_given(_T.run), _T.frame == _KEPT), "the_run"


@CHAPTER.named
def put_pool() -> Built:
    """Set the size that a run gives a shared pool."""
    statement = upsert(pool).values(given("run name capacity"))
    changes = {"capacity": statement.excluded.capacity}
    put = statement.on_conflict_do_update(index_elements=[_P.run, _P.name], set_=changes)
    return put, "run name capacity"


@CHAPTER.named
def other_sizes() -> Built:
    """The other runs that have not ended and give a pool another size."""
    columns = select(run.c.number, run.c.id, _P.capacity).join_from(pool, run, _P.run == run.c.number)
    other = (_UNDER_WAY, is_given(_P.name), run.c.number != given("me")["me"], _P.capacity != given("size")["size"])
    return columns.where(*other).order_by(run.c.number), "the_name me size"


@CHAPTER.named
def sizes() -> Built:
    """The sizes that runs which have not ended give shared pools."""
    columns = select(_P.run, _P.name, _P.capacity).join_from(pool, run, _P.run == run.c.number)
    return columns.where(_UNDER_WAY), ""


@CHAPTER.named
def wanted() -> Built:
    """The amounts of shared pools for which runs wait, with the numbers of the runs."""
    return select(_T.run, _T.amounts).order_by(_T.number), ""
