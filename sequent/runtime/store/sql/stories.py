"""Writes and reads the notes and artifacts that attempts have left."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from sequent.errors import NotDataError
from sequent.model.record_text import read_record, text_of_record
from sequent.model.story import Artifact, StoryPart
from sequent.runtime.store.sql.seals import damaged, sealed, unsealed

if TYPE_CHECKING:
    from sequent.runtime.rows import LeftStory
    from sequent.runtime.store.sql.database import LargeValues
    from sequent.runtime.store.sql.session import Row, Session


def rows_of(story: LeftStory, run: int, place: tuple[int, int, str, int]) -> list[Row]:
    """Return the rows of a story; ``place`` is that of the attempt's task."""
    return [
        (run, *place, story.attempt, number, sealed(text_of_record(part)))
        for number, part in enumerate(story.parts, start=1)
    ]


def keep_artifacts(story: LeftStory, values: LargeValues) -> None:
    """Keep the files of a story where all readers of the store find them, before its rows are written."""
    for part in story.parts:
        if isinstance(part, Artifact):
            values.keep_artifact(part.digest)


def read_part(text: str) -> StoryPart:
    """Return the note or artifact of a row.

    Raises:
        StoreError: the row is not as it was written.
    """
    try:
        # No version without seals has written any.
        return read_record(cast("type[StoryPart]", StoryPart), unsealed(text, "a note", has_seal=True), "a note")
    except NotDataError as error:
        raise damaged("a note", text) from error


def digests_of(session: Session, run: int) -> Iterator[str]:
    """Yield the digest of each artifact of a run."""
    for row in session.stream("notes", run):
        part = read_part(row[-1])
        if isinstance(part, Artifact):
            yield part.digest
