"""The tables and statements that only a database on a server has: its identity, leases, large values, whole batches."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import (
    Column,
    DateTime,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    delete,
    select,
)

from sequent.runtime.store.sql.statement_sources.naming import Built, Chapter, is_given
from sequent.runtime.store.sql.statement_sources.pruning import drop_some
from sequent.runtime.store.sql.statement_sources.tables import Whole, run

CHAPTER = Chapter("What only a database on a server has")
metadata = MetaData()

store = Table(
    "store",
    metadata,
    Column("number", Whole, primary_key=True, autoincrement=False),
    Column("id", Text, nullable=False),
    Column("version", Whole, nullable=False),
)
"""One row: the identity of the store, and the version of its tables. A transaction that locks it is alone."""

lease = Table(
    "lease",
    metadata,
    Column("run", Whole, primary_key=True, autoincrement=False),
    Column("token", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("until", DateTime(timezone=True), nullable=False),
)
"""The processes that drive runs, each until its time is over by the clock of the server."""

log_host = Table(
    "log_host",
    metadata,
    Column("run", Whole, nullable=False),
    Column("first", Whole, nullable=False),
    Column("owner", Text, nullable=False),
    PrimaryKeyConstraint("run", "first"),
)
"""The machines with logs of a run: the number of the first segment on each, and the last driver there."""

piece = Table(
    "piece",
    metadata,
    Column("run", Whole, nullable=False),
    Column("digest", Text, nullable=False),
    Column("number", Whole, nullable=False),
    Column("data", LargeBinary, nullable=False),
    PrimaryKeyConstraint("run", "digest", "number"),
)
"""The pieces of large values, in order."""


@CHAPTER.named
def store_row() -> Built:
    """The identity of the store, and the version of its tables."""
    return select(store.c.id, store.c.version), ""


CHAPTER.add("insert_store", "Write the identity of a new store.", "INSERT INTO store VALUES (1, ?, ?)", "id version")
CHAPTER.add("put_version", "Write the version of the tables.", "UPDATE store SET version = ?", "version")
CHAPTER.add(
    "lock_store", "Let no other such transaction begin before this one ends.", "SELECT number FROM store FOR UPDATE", ""
)

# -- the driver of a run -----------------------------------------------------------------------------

_UNTIL = "clock_timestamp() + ? * interval '1 second'"
CHAPTER.add(
    "claim_lease",
    "Take the lease of a run, if it has none, if it is over, or if its holder, with that token, is dead or fenced; "
    "note the machine, whose segments of logs begin at that number.",
    f"WITH claimed AS (INSERT INTO lease (run, token, owner, until) VALUES (?, ?, ?, {_UNTIL})\n"  # noqa: S608
    "ON CONFLICT (run) DO UPDATE SET token = excluded.token, owner = excluded.owner, until = excluded.until\n"
    "WHERE lease.until < clock_timestamp() OR lease.token = ? RETURNING run, owner)\n"
    "INSERT INTO log_host (run, first, owner) SELECT run, CAST(? AS BIGINT), owner FROM claimed\n"
    "ON CONFLICT (run, first) DO UPDATE SET owner = excluded.owner",
    "run token owner seconds dead first",
)
CHAPTER.add(
    "renew_lease",
    "Renew a lease; matches no row once another process has it.",
    f"UPDATE lease SET until = {_UNTIL} WHERE run = ? AND token = ?",  # noqa: S608
    "seconds run token",
)
_LEFT = "CAST(extract(epoch FROM until - clock_timestamp()) AS DOUBLE PRECISION)"
_LEASES = f"SELECT run, token, owner, {_LEFT}, CAST(extract(epoch FROM until) AS DOUBLE PRECISION) FROM lease"  # noqa: S608
CHAPTER.add("leases", "All leases: their holders, how many seconds are left of them, and when they end.", _LEASES, "")
CHAPTER.add("lease_row", "The same of one run.", f"{_LEASES} WHERE run = ?", "run")
CHAPTER.add(
    "any_lease",
    "The runs that are driven.",
    "SELECT run FROM lease WHERE until > clock_timestamp() ORDER BY run LIMIT 1",
    "",
)


@CHAPTER.named
def drop_lease() -> Built:
    """Give a lease up."""
    return delete(lease).where(is_given(lease.c.run), is_given(lease.c.token)), "the_run the_token"


@CHAPTER.named
def lock_run() -> Built:
    """Lock the row of a run before all other rows, if this driver has the run."""
    keys = (is_given(run.c.number), is_given(run.c.epoch), is_given(run.c.owner))
    return select(run.c.number).where(*keys).with_for_update(key_share=True), "the_number the_epoch the_owner"


CHAPTER.add("notify", "Wake the driver of a run on another machine.", "SELECT pg_notify(?, ?)", "channel run")


@CHAPTER.named
def log_hosts() -> Built:
    """The machines with logs of a run."""
    return select(log_host.c.first, log_host.c.owner).where(is_given(log_host.c.run)), "the_run"


CHAPTER.add("prune_log_host", "Remove a number of a run's rows.", *drop_some(log_host))

# -- large values ---------------------------------------------------------------------------------

CHAPTER.add(
    "put_piece",
    "Write a piece of a large value; repeated, it changes nothing.",
    "INSERT INTO piece (run, digest, number, data) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
    "run digest number data",
)


@CHAPTER.named
def pieces() -> Built:
    """The numbers of the pieces of a large value."""
    whose = (is_given(piece.c.run), is_given(piece.c.digest))
    return select(piece.c.number).where(*whose).order_by(piece.c.number), "the_run the_digest"


@CHAPTER.named
def piece_data() -> Built:
    """A piece of a large value."""
    key = (is_given(piece.c.run), is_given(piece.c.digest), is_given(piece.c.number))
    return select(piece.c.data).where(*key), "the_run the_digest the_number"


CHAPTER.add("prune_piece", "Remove a number of a run's rows.", *drop_some(piece))

# -- whole batches --------------------------------------------------------------------------------

_KINDS = {
    "bigint": "frame parent node iteration number id recovery verdict",
    "text": "host state status item result problem log",
    "double precision": "started ended",
    "bytea": "token",
}
_KIND_OF = {column: kind for kind, columns in _KINDS.items() for column in columns.split()}


def _rows(columns: str) -> str:
    """Return a table of rows that are given by column.

    A server that sees the lengths of the arrays as it plans takes one row for cheaper than the ten that it expects
    otherwise, and plans each commit anew. It does not look into the ``SELECT`` around the first of them.
    """
    names = columns.split()
    first, *others = (f"CAST(? AS {_KIND_OF[name]}[])" for name in names)
    arrays = ", ".join([f"(SELECT {first})", *others])
    return f"unnest({arrays}) AS told ({', '.join(names)})"


def _row(columns: str) -> str:
    """Return a table of one row that is given by value, which costs driver and server less than arrays."""
    values = ", ".join(f"CAST(? AS {_KIND_OF[name]}) AS {name}" for name in columns.split())
    return f"(SELECT {values}) AS told"


Given = Callable[[str], str]
"""Returns the table of rows that are given, by the names of its columns."""


def _inserts(given: Given, table: str, columns: str) -> str:
    names = ", ".join(columns.split())
    told = ", ".join(f"told.{name}" for name in columns.split())
    return (
        f"INSERT INTO {table} (run, {names})\nSELECT guarded.number, {told} FROM guarded,\n{given(columns)}\n"
        "ON CONFLICT DO NOTHING RETURNING 1"
    )


def _updates(given: Given, table: str, columns: str, keys: str, condition: str) -> str:
    """Return an update that looks each row up by its whole key.

    As a plain join, a server that takes the table for small compares all rows of the run with all that are given: the
    time of a batch grows with its square, and with the run. ``OFFSET 0`` lets no server make a join of it.
    """
    changes = ", ".join(f"{name} = told.{name}" for name in columns.split())
    places = " AND ".join(f"there.{name} = told.{name}" for name in keys.split())
    return (
        f"UPDATE {table} SET {changes}\nFROM guarded,\n{given(f'{columns} {keys}')},\n"  # noqa: S608
        f"LATERAL (SELECT there.ctid FROM {table} there\nWHERE there.run = guarded.number AND {places}\n"
        f"AND there.{condition} = 'active' OFFSET 0) AS found\nWHERE {table}.ctid = found.ctid RETURNING 1"
    )


_TASK = "frame node host iteration number"


def _parts(given: Given) -> dict[str, str]:
    """Return the statement that writes each kind of rows."""
    return {
        "opened": _inserts(given, "frame", "parent node number id status item"),
        "settled": _updates(given, "attempt", "state ended result verdict problem log", _TASK, "state"),
        "closed": _updates(given, "frame", "status", "parent node number", "status"),
        "begun": _inserts(given, "attempt", f"{_TASK} token state started item recovery"),
    }


_GUARD = (
    "UPDATE run SET touched = touched + 1, tally = ? WHERE number = ? AND epoch = ? AND owner = ?\n"
    "RETURNING number, touched"
)


def _batch(given: Given, *kinds: str) -> str:
    """Return one statement that guards a run and writes these rows, or none of them if they do not fit."""
    parts = _parts(given)
    with_ = ",\n".join(f"{kind} AS ({parts[kind]})" for kind in kinds)
    counts = " AND ".join(f"(SELECT count(*) FROM {kind}) = ?" for kind in kinds)  # noqa: S608
    return (
        f"WITH guarded AS ({_GUARD}),\n{with_}\n"  # noqa: S608
        "SELECT (SELECT touched FROM guarded),\n"
        f"1 / CASE WHEN NOT EXISTS (SELECT 1 FROM guarded) OR ({counts}) THEN 1 ELSE 0 END"
    )


_STEPS = ("settled", "begun")
_ALL = ("opened", "settled", "closed", "begun")
_WHY = "after the guard, in one statement: nothing if the run is not this driver's; an error if a row does not fit."
CHAPTER.add("write_end", f"Write the end of an attempt {_WHY}", _batch(_row, "settled"), "")
CHAPTER.add("write_start", f"Write the start of an attempt {_WHY}", _batch(_row, "begun"), "")
CHAPTER.add("write_step", f"Write the end of an attempt and the start of another {_WHY}", _batch(_row, *_STEPS), "")
CHAPTER.add("write_steps", f"Write the ends and the starts of attempts {_WHY}", _batch(_rows, *_STEPS), "")
CHAPTER.add("write_batch", f"Write iterations and attempts {_WHY}", _batch(_rows, *_ALL), "")
