"""The tables: only the present state, of which there is no second copy to keep consistent."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    REAL,
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)
from sqlalchemy.types import TypeEngine

Whole: TypeEngine[int] = BigInteger().with_variant(Integer(), "sqlite")
"""Ids, numbers and counts: 64 bits in every database, which SQLite's integers have in any case."""
Moment: TypeEngine[float] = Double[float]().with_variant(REAL(), "sqlite")
"""Seconds, since 1970 or of a length: 64 bits too, more than the REAL of other databases."""

metadata = MetaData()


def _whose() -> tuple[Column[Any], ...]:
    """Return the columns of a row's owner: a task or a container of a run."""
    return (
        Column("run", Whole, ForeignKey("run.number"), nullable=False),
        Column("frame", Whole, nullable=False),
        Column("node", Whole, nullable=False),
        Column("host", Text, nullable=False),
        Column("iteration", Whole, nullable=False),
    )


definition = Table(
    "definition",
    metadata,
    Column("number", Whole, Identity(), primary_key=True),
    Column("digest", Text, nullable=False, unique=True),
    Column("structure", Text, nullable=False),
    Column("fingerprints", Text, nullable=False),
    Column("picture", Text, nullable=False, server_default=""),
    sqlite_strict=True,
)
"""The data that runs of an unchanged flow share, kept once."""

node = Table(
    "node",
    metadata,
    Column("definition", Whole, ForeignKey("definition.number"), nullable=False),
    Column("id", Whole, nullable=False),
    Column("path", Text, nullable=False),
    Column("kind", Text, nullable=False),
    PrimaryKeyConstraint("definition", "id"),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)
"""The steps and containers, under the index that they had when the definition was first run."""

run = Table(
    "run",
    metadata,
    Column("number", Whole, primary_key=True, autoincrement=False),
    Column("id", Text, nullable=False, unique=True),
    Column("epoch", Whole, nullable=False),
    Column("owner", Text, nullable=False),
    Column("touched", Whole, nullable=False),
    Column("status", Text, nullable=False),
    Column("recovery", Whole, nullable=False),
    Column("created", Moment, nullable=False),
    Column("ended", Moment),
    Column("counts", Text, nullable=False),
    Column("flow", Text, nullable=False),
    Column("definition", Whole, ForeignKey("definition.number"), nullable=False),
    Column("reason", Text),
    # Not written any more: the socket that wakes a driver is in the directory of its run.
    Column("wake", Text),
    Column("tally", Text),
    Column("seal", Whole),
    Column("unrun", Text),
    sqlite_strict=True,
    postgresql_with={"fillfactor": 50, "autovacuum_vacuum_scale_factor": 0.02},
)
"""A small row, since every transaction of its driver writes it: the guard against a second driver.

The tally is that of the run's rows; the seal is the checksum of this row and of its request. Runs that an older version
made have neither.
"""

request = Table(
    "request",
    metadata,
    Column("run", Whole, ForeignKey("run.number"), primary_key=True),
    Column("target", Text, nullable=False),
    Column("params", Text, nullable=False),
    Column("origin", Text),
    sqlite_strict=True,
)
"""The request that started a run, and the step of another run that made it."""

frame = Table(
    "frame",
    metadata,
    Column("run", Whole, ForeignKey("run.number"), nullable=False),
    Column("parent", Whole, nullable=False),
    Column("node", Whole, nullable=False),
    Column("number", Whole, nullable=False),
    Column("id", Whole, nullable=False),
    Column("status", Text, nullable=False),
    Column("item", Text),
    PrimaryKeyConstraint("run", "parent", "node", "number"),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)
"""The iterations of containers; a repeated step's are its attempts' rows."""

frame_by_id = Index("frame_by_id", frame.c.run, frame.c.id, unique=True)
"""It costs only when an iteration begins; no id is used twice, and the sequence of an attempt is found upwards."""

repeat = Table(
    "repeat",
    metadata,
    Column("run", Whole, ForeignKey("run.number"), nullable=False),
    Column("frame", Whole, nullable=False),
    Column("node", Whole, nullable=False),
    Column("items", Text),
    Column("status", Text),
    Column("problem", Text),
    PrimaryKeyConstraint("run", "frame", "node"),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)
"""The items of a container within an iteration of the container around it."""

attempt = Table(
    "attempt",
    metadata,
    *_whose(),
    Column("number", Whole, nullable=False),
    Column("token", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    Column("started", Moment, nullable=False),
    Column("ended", Moment),
    Column("item", Text),
    Column("result", Text),
    Column("verdict", Whole),
    Column("problem", Text),
    Column("log", Text),
    Column("recovery", Whole, nullable=False, server_default=text("0")),
    Column("begun", Moment),
    PrimaryKeyConstraint("run", "frame", "node", "host", "iteration", "number"),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)
"""An attempt and its outcome in one row."""

wait = Table(
    "wait",
    metadata,
    *_whose(),
    Column("attempt", Whole, nullable=False),
    Column("boot", Text, nullable=False),
    Column("due_boot", Moment, nullable=False),
    Column("due", Moment, nullable=False),
    Column("length", Moment),
    PrimaryKeyConstraint("run", "frame", "node", "host", "iteration", "attempt"),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)
"""The due times of a task's or container's wait before an attempt; attempt 0 is its delay, waited for once."""

hold = Table(
    "hold",
    metadata,
    *_whose(),
    Column("pool", Text, nullable=False),
    Column("amount", Whole, nullable=False),
    Column("shared", Whole, nullable=False),
    PrimaryKeyConstraint("run", "frame", "node", "host", "iteration", "pool"),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)
"""The amount of a pool that a task or container holds; under frame 0, the amount that the run keeps."""

ticket = Table(
    "ticket",
    metadata,
    Column("number", Whole, Identity(), primary_key=True),
    *_whose(),
    Column("amounts", Text, nullable=False),
    Column("priority", Whole, nullable=False),
    Column("around", Text, nullable=False),
    sqlite_strict=True,
)
"""The requests that wait for shared pools, first come first."""

pool = Table(
    "pool",
    metadata,
    Column("run", Whole, ForeignKey("run.number"), nullable=False),
    Column("name", Text, nullable=False),
    Column("capacity", Whole, nullable=False),
    PrimaryKeyConstraint("run", "name"),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)
"""The shared pools that a run uses, and the sizes that it gives them."""

note = Table(
    "note",
    metadata,
    *_whose(),
    Column("attempt", Whole, nullable=False),
    Column("number", Whole, nullable=False),
    Column("part", Text, nullable=False),
    PrimaryKeyConstraint("run", "frame", "node", "host", "iteration", "attempt", "number"),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)
"""The notes and artifacts that attempts have left, in their order; an artifact is a file under its digest."""

intervention = Table(
    "intervention",
    metadata,
    Column("run", Whole, ForeignKey("run.number"), nullable=False),
    Column("number", Whole, nullable=False),
    Column("at", Moment, nullable=False),
    Column("request", Text, nullable=False),
    Column("decision", Text),
    PrimaryKeyConstraint("run", "number"),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)
"""The requests of people to a run, which any process may add, and the decisions on them."""
