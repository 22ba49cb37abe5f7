"""The story of a run: notes, and artifacts such as pictures, that steps leave."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from sequent.model.record_text import Moment

LARGEST_NOTE = 64 * 1024
"""Bytes of a note."""
MOST_PARTS = 100
"""Notes and artifacts of an attempt."""
LARGEST_ARTIFACT = 16 * 1024**2
"""Bytes of an artifact."""
LARGEST_TOTAL = 256 * 1024**2
"""Bytes of all artifacts of a run."""
LONGEST_TITLE = 200
"""Characters of the title of an artifact, and of its name."""

Digest = Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
_Line = Annotated[str, Meta(max_length=LONGEST_TITLE)]


class Note(Struct, frozen=True, tag="note", tag_field="kind", forbid_unknown_fields=True):
    """A short text in Markdown."""

    at: Moment
    """When it was left, in seconds since 1970."""
    text: Annotated[str, Meta(max_length=LARGEST_NOTE)]


class Artifact(Struct, frozen=True, tag="artifact", tag_field="kind", forbid_unknown_fields=True):
    """A file, which is kept under its digest."""

    at: Moment
    title: _Line
    name: _Line
    """The name of the file, without its directory."""
    media: Annotated[str, Meta(pattern=r"\A[a-z]+/[a-z+.-]+\Z", max_length=60)]
    """Its media type, by its content."""
    size: Annotated[int, Meta(ge=0, le=LARGEST_ARTIFACT)]
    digest: Digest
    """SHA-256, in hex."""


StoryPart = Note | Artifact
