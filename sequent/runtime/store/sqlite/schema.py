"""The tables: state rows only, of which there is no second copy to keep true."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    REAL,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

APPLICATION_ID = 0x53455155
"""``SEQU``, in the header of every store's file."""
VERSION = 3
"""The version of the schema below, in the header as well."""

OUTDATED = "outdated"
"""The state of an attempt that had succeeded, and whose task is to run again."""
SUPERSEDED = "superseded"
"""The state of an attempt of a recovery that a later one did not go on from."""
PRUNED = "pruned"
"""The status of a run that is being removed: there is no such run any more."""

metadata = MetaData()


def _whose() -> tuple[Column[Any], ...]:
    """Whose a row is: a task's or a container's of a run."""
    return (
        Column("run", Integer, ForeignKey("run.number"), nullable=False),
        Column("frame", Integer, nullable=False),
        Column("node", Integer, nullable=False),
        Column("host", Text, nullable=False),
        Column("iteration", Integer, nullable=False),
    )


definition = Table(
    "definition",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("digest", Text, nullable=False, unique=True),
    Column("structure", Text, nullable=False),
    Column("fingerprints", Text, nullable=False),
    Column("picture", Text, nullable=False, server_default=""),
    sqlite_strict=True,
)
"""What runs of an unchanged flow have in common, kept once."""

node = Table(
    "node",
    metadata,
    Column("definition", Integer, ForeignKey("definition.number"), nullable=False),
    Column("id", Integer, nullable=False),
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
    Column("number", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("epoch", Integer, nullable=False),
    Column("owner", Text, nullable=False),
    Column("touched", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("recovery", Integer, nullable=False),
    Column("created", REAL, nullable=False),
    Column("ended", REAL),
    Column("counts", Text, nullable=False),
    Column("flow", Text, nullable=False),
    Column("definition", Integer, ForeignKey("definition.number"), nullable=False),
    Column("reason", Text),
    Column("wake", Text),
    Column("tally", Text),
    Column("seal", Integer),
    Column("unrun", Text),
    sqlite_strict=True,
)
"""A small row, since every transaction of its driver writes it: the guard against a second driver.

What the run's rows come to is its tally; the seal is the checksum of this row and of its request. Runs that an older
version made have neither.
"""

request = Table(
    "request",
    metadata,
    Column("run", Integer, ForeignKey("run.number"), primary_key=True),
    Column("target", Text, nullable=False),
    Column("params", Text, nullable=False),
    Column("origin", Text),
    sqlite_strict=True,
)
"""What a run was asked to do, and the step of another run that asked."""

frame = Table(
    "frame",
    metadata,
    Column("run", Integer, ForeignKey("run.number"), nullable=False),
    Column("parent", Integer, nullable=False),
    Column("node", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    Column("id", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("item", Text),
    PrimaryKeyConstraint("run", "parent", "node", "number"),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)
"""The iterations of containers; a repeated step's are its attempts' rows."""

frame_by_id = Index("frame_by_id", frame.c.run, frame.c.id, unique=True)
"""Costs only where an iteration begins; no id is used twice, and an attempt's sequence is found upwards."""

repeat = Table(
    "repeat",
    metadata,
    Column("run", Integer, ForeignKey("run.number"), nullable=False),
    Column("frame", Integer, nullable=False),
    Column("node", Integer, nullable=False),
    Column("items", Text),
    Column("status", Text),
    Column("problem", Text),
    PrimaryKeyConstraint("run", "frame", "node"),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)
"""The items of a container within an iteration of what is around it."""

attempt = Table(
    "attempt",
    metadata,
    *_whose(),
    Column("number", Integer, nullable=False),
    Column("token", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    Column("started", REAL, nullable=False),
    Column("ended", REAL),
    Column("item", Text),
    Column("result", Text),
    Column("verdict", Integer),
    Column("problem", Text),
    Column("log", Text),
    Column("recovery", Integer, nullable=False, server_default=text("0")),
    Column("begun", REAL),
    PrimaryKeyConstraint("run", "frame", "node", "host", "iteration", "number"),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)
"""An attempt and its outcome in one row."""

wait = Table(
    "wait",
    metadata,
    *_whose(),
    Column("attempt", Integer, nullable=False),
    Column("boot", Text, nullable=False),
    Column("due_boot", REAL, nullable=False),
    Column("due", REAL, nullable=False),
    Column("length", REAL),
    PrimaryKeyConstraint("run", "frame", "node", "host", "iteration", "attempt"),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)
"""Until when a task or container waits before an attempt; under attempt 0 its delay, which is waited for once."""

hold = Table(
    "hold",
    metadata,
    *_whose(),
    Column("pool", Text, nullable=False),
    Column("amount", Integer, nullable=False),
    Column("shared", Integer, nullable=False),
    PrimaryKeyConstraint("run", "frame", "node", "host", "iteration", "pool"),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)
"""How much of a pool a task or container holds; under frame 0, what the run keeps."""

ticket = Table(
    "ticket",
    metadata,
    Column("number", Integer, primary_key=True),
    *_whose(),
    Column("amounts", Text, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("around", Text, nullable=False),
    sqlite_strict=True,
)
"""Who waits for shared pools, first come first."""

pool = Table(
    "pool",
    metadata,
    Column("run", Integer, ForeignKey("run.number"), nullable=False),
    Column("name", Text, nullable=False),
    Column("capacity", Integer, nullable=False),
    PrimaryKeyConstraint("run", "name"),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)
"""The shared pools that a run uses, and how large it takes them to be."""


def creation() -> list[str]:
    """The statements that make an empty store."""
    dialect = sqlite.dialect()
    tables = [str(CreateTable(table).compile(dialect=dialect)) for table in metadata.sorted_tables]
    return [*tables, str(CreateIndex(frame_by_id).compile(dialect=dialect))]
