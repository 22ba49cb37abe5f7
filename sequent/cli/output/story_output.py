"""Writes the notes and artifacts that steps have left."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from sequent.cli.output.text import Paint, safe, safe_block, size, task_name
from sequent.model.story import Artifact, Note, StoryPart
from sequent.runtime.artifact_files import artifact_path

if TYPE_CHECKING:
    from sequent.cli.output.json_output import Document
    from sequent.runtime.records import LeftPart


def story_lines(parts: Iterable[LeftPart], directory: str, paint: Paint) -> Iterator[str]:
    """Yield the lines of a story: each attempt, and below it the notes and artifacts that it has left."""
    for (located, sequence, attempt), left in groupby(parts, lambda each: (each.located, each.sequence, each.attempt)):
        number = f"  (attempt {attempt})" if attempt > 1 else ""
        yield f"  {paint.strong(task_name(located, sequence))}{number}"
        for each in left:
            yield from (f"    {line}" for line in part_lines(each.part))
            if isinstance(each.part, Artifact):
                yield f"      {safe(_file_of(each.part, directory)) or 'its file is not on this machine'}"


def part_lines(part: StoryPart) -> list[str]:
    """Return the lines of a note as they are, or the line of an artifact."""
    if isinstance(part, Artifact):
        name = f"  {safe(part.name)}" if part.name != part.title else ""
        return [f"{safe(part.title)}{name}  {part.media}, {size(part.size)}"]
    return safe_block(part.text).rstrip("\n").split("\n")


def _file_of(part: StoryPart, directory: str) -> str:
    """Return the file of an artifact; '' if it is not on this machine, or the part is a note."""
    path = artifact_path(directory, part.digest) if isinstance(part, Artifact) else ""
    return path if path and os.path.exists(path) else ""  # noqa: PTH110  pathlib is slow to load


def left_document(left: LeftPart, moment: str, directory: str) -> Document:
    """Return a note or an artifact, left at that moment by a step of the run with that directory."""
    return {
        "path": left.path,
        "sequence": left.sequence,
        "host": left.host or None,
        "attempt": left.attempt,
        **part_document(left.part, moment, _file_of(left.part, directory)),
    }


def part_document(part: StoryPart, moment: str, file: str = "") -> Document:
    """Return the content of a note or an artifact, and the file of the latter here; '' if there is none."""
    return {
        "at": moment,
        "note": part.text if isinstance(part, Note) else None,
        "artifact": _artifact_document(part, file) if isinstance(part, Artifact) else None,
    }


def _artifact_document(part: Artifact, file: str) -> Document:
    return {
        "title": part.title,
        "name": part.name,
        "media": part.media,
        "size": part.size,
        "digest": part.digest,
        "file": file or None,
    }
