"""Receives the artifacts that attempts have left on a host; none is kept without the outcome that names it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator

from sequent.model.story import LARGEST_ARTIFACT, LARGEST_NOTE, LARGEST_TOTAL, MOST_PARTS, Artifact, Note, StoryPart
from sequent.runtime.artifact_files import (
    artifact_path,
    begin_artifact,
    flush_names,
    media_type,
    read_artifact,
    total_size,
)
from sequent.runtime.durable_files import UnfinishedFile
from sequent.runtime.messages.packets import BadMessageError
from sequent.runtime.worker.story import one_line, printable


class BadStoryError(ValueError):
    """A host reports notes or artifacts that cannot be accepted."""


class ReceivedArtifacts:
    """The artifacts of one attempt after the other, as a host sends them.

    Until the outcome of their attempt has come, they are unfinished files of the run, which count among its artifacts:
    so a host cannot exceed their limits, and nothing of an attempt stays whose outcome does not come.

    Args:
        directory: the run's own.
    """

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._token: str | None = None
        """The attempt whose artifacts are arriving; None at first."""
        self._sent = 0
        """Its bytes so far."""
        self._count = 0
        self._whole: dict[str, UnfinishedFile] = {}
        """By digest."""
        self._begin()

    def _begin(self) -> None:
        """Begin the next artifact."""
        self._file: UnfinishedFile | None = None
        self._size = 0
        self._room: int | None = None
        """The bytes that the run may still keep; None before the first piece."""
        self._digest = hashlib.sha256()

    def concern(self, token: str) -> bool:
        """Return whether artifacts of this attempt are arriving."""
        return token == self._token

    def take_up(self, token: str) -> bool:
        """Prepare for artifacts of this attempt; return whether those of another one had to be dropped."""
        if token == self._token:
            return False
        has_dropped = self._token is not None
        self.discard()
        self._token = token
        return has_dropped

    def add(self, data: bytes) -> None:
        """Append the next bytes of an artifact; those of a run that has too many are dropped.

        Raises:
            BadMessageError: it is larger than a worker takes it.
            OSError: there is no room.
        """
        self._size += len(data)
        self._sent += len(data)
        if self._size > LARGEST_ARTIFACT or self._sent > LARGEST_TOTAL:
            raise BadMessageError("an artifact is larger than a worker takes it")
        if self._room is None:
            self._room = LARGEST_TOTAL - total_size(self._directory)
            self._file = begin_artifact(self._directory)
        self._digest.update(data)
        if self._file is None:
            return
        if self._size <= self._room:
            self._file.add(data)
        else:
            self._file.drop()
            self._file = None

    def finish(self, digest: bytes) -> None:
        """Finish an artifact.

        Raises:
            BadMessageError: its digest differs, or the attempt has too many.
            OSError: there is no room.
        """
        self._count += 1
        if self._count > MOST_PARTS:
            raise BadMessageError("an attempt has too many artifacts")
        if not self._size:
            self.add(b"")
        if self._digest.digest() != digest:
            raise BadMessageError("an artifact does not fit its digest")
        if self._file is not None:
            self._file.finish()
            if (double := self._whole.pop(digest.hex(), None)) is not None:
                double.drop()
            self._whole[digest.hex()] = self._file
        self._begin()

    def keep(self, parts: Iterable[StoryPart]) -> None:
        """Keep the artifacts that the outcome names, and no others.

        Raises:
            OSError: they cannot be written.
        """
        kept = self._whole.keys() & {part.digest for part in parts if isinstance(part, Artifact)}
        for digest in kept:
            self._whole.pop(digest).keep(artifact_path(self._directory, digest))
        if kept:
            flush_names(self._directory)
        self.discard()

    def discard(self) -> None:
        """Drop the artifacts whose outcome does not come on this connection."""
        for file in (*self._whole.values(), *([self._file] if self._file is not None else [])):
            file.drop()
        self._whole.clear()
        self._token, self._sent, self._count = None, 0, 0
        self._begin()


def accepted_story(directory: str, parts: Iterable[StoryPart]) -> Iterator[StoryPart]:
    """Yield the notes and artifacts of an attempt, as a worker here would have told them.

    Titles are lines, names have no directories, and the type of an artifact is found again by its content.

    Args:
        directory: the run's own, with the artifacts that have come.
        parts: the notes and artifacts, as the host tells them.

    Raises:
        BadStoryError: it is too large, or an artifact has not come.
    """
    for part in parts:
        yield _accepted_note(part) if isinstance(part, Note) else _accepted_artifact(directory, part)


def _accepted_note(note: Note) -> Note:
    text = printable(note.text)
    if len(text.encode()) > LARGEST_NOTE:
        raise BadStoryError("its note is larger than a worker makes it")
    return Note(at=note.at, text=text)


def _accepted_artifact(directory: str, artifact: Artifact) -> Artifact:
    data = read_artifact(directory, artifact.digest)
    if data is None:
        total = total_size(directory) + artifact.size
        if total > LARGEST_TOTAL:
            raise BadStoryError(
                f"the artifacts of the run would have {total:,} bytes, and at most {LARGEST_TOTAL:,} are kept"
            )
        raise BadStoryError("an artifact that it names has not come")
    name = one_line(os.path.basename(artifact.name))
    return Artifact(
        at=artifact.at,
        title=one_line(artifact.title) or name,
        name=name,
        media=media_type(data),
        size=len(data),
        digest=artifact.digest,
    )
