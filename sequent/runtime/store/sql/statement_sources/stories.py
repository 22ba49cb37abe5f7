"""The statements of notes and artifacts, built with SQLAlchemy Core and compiled to text once."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert as upsert

from sequent.runtime.store.sql.statement_sources.naming import Built, Chapter, given, is_given
from sequent.runtime.store.sql.statement_sources.tables import note

CHAPTER = Chapter("Notes and artifacts")

_N = note.c


@CHAPTER.named
def put_note() -> Built:
    """Add a note or an artifact; repeated, it changes nothing."""
    names = "run frame node host iteration attempt number part"
    return upsert(note).values(given(names)).on_conflict_do_nothing(), names


@CHAPTER.named
def notes() -> Built:
    """All notes and artifacts of a run, by step, iteration and attempt."""
    columns = select(_N.frame, _N.node, _N.iteration, _N.attempt, _N.number, _N.part)
    return columns.where(is_given(_N.run)).order_by(_N.frame, _N.node, _N.iteration, _N.attempt, _N.number), "the_run"


@CHAPTER.named
def drop_notes_of_frame() -> Built:
    """Remove the notes of all attempts in an iteration."""
    return delete(note).where(is_given(_N.run), is_given(_N.frame)), "the_run the_frame"


@CHAPTER.named
def drop_notes_of_step() -> Built:
    """Remove the notes of all attempts of a repeated step."""
    return delete(note).where(is_given(_N.run), is_given(_N.frame), is_given(_N.node)), "the_run the_frame the_node"
