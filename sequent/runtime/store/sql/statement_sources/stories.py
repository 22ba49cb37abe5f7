"""The statements of notes and artifacts, built with SQLAlchemy Core and compiled to text once."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, delete, literal_column, select, tuple_
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.sql import ColumnElement

from sequent.runtime.store.sql.statement_sources.naming import Built, Chapter, given, is_given
from sequent.runtime.store.sql.statement_sources.tables import note

CHAPTER = Chapter("Notes and artifacts")

_N = note.c
_LEFT = (_N.frame, _N.node, _N.iteration, _N.attempt, _N.number, _N.part)
_NO_HOST: ColumnElement[Any] = literal_column("''")
"""Copies on hosts are iterations: no row has another."""
_ORDER = (_N.frame, _N.node, _N.host, _N.iteration, _N.attempt, _N.number)


@CHAPTER.named
def put_note() -> Built:
    """Add a note or an artifact; repeated, it changes nothing."""
    names = "run frame node host iteration attempt number part"
    return upsert(note).values(given(names)).on_conflict_do_nothing(), names


@CHAPTER.named
def notes() -> Built:
    """All notes and artifacts of a run, by step, iteration and attempt."""
    columns = select(*_LEFT)
    return columns.where(is_given(_N.run)).order_by(_N.frame, _N.node, _N.iteration, _N.attempt, _N.number), "the_run"


@CHAPTER.named
def note_page() -> Built:
    """Some of the notes and artifacts of a run, after one of them."""
    names = "after_frame after_node after_iteration after_attempt after"
    place: list[ColumnElement[Any]] = [bindparam(name) for name in names.split()]
    meant = select(*_LEFT).where(is_given(_N.run), tuple_(*_ORDER) > tuple_(*place[:2], _NO_HOST, *place[2:]))
    return meant.order_by(*_ORDER).limit(bindparam("rows")).offset(literal_column("0")), f"the_run {names} rows"


@CHAPTER.named
def notes_of_task() -> Built:
    """The notes and artifacts of a task, in order."""
    place = (is_given(_N.run), is_given(_N.frame), is_given(_N.node), _N.host == _NO_HOST, is_given(_N.iteration))
    meant = select(*_LEFT).where(*place).order_by(_N.attempt, _N.number)
    return meant, "the_run the_frame the_node the_iteration"


@CHAPTER.named
def drop_notes_of_frame() -> Built:
    """Remove the notes of all attempts in an iteration."""
    return delete(note).where(is_given(_N.run), is_given(_N.frame)), "the_run the_frame"


@CHAPTER.named
def drop_notes_of_step() -> Built:
    """Remove the notes of all attempts of a repeated step."""
    return delete(note).where(is_given(_N.run), is_given(_N.frame), is_given(_N.node)), "the_run the_frame the_node"
