"""Sends the artifacts of an attempt in pieces, before the outcome that names them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from msgspec.structs import replace

from sequent.model.story import Artifact
from sequent.runtime.artifact_files import read_artifact
from sequent.runtime.hosts.protocol.greeting import WITH_STORIES
from sequent.runtime.hosts.protocol.messages import (
    PIECE,
    ArtifactPiece,
    ArtifactWhole,
    EndedThere,
    EndedWithStory,
    NoticeThere,
)

_Messages = ArtifactPiece | ArtifactWhole | NoticeThere | EndedThere


def with_artifacts(outcome: EndedWithStory, directory: str, version: int) -> Iterator[_Messages]:
    """Yield each artifact of an attempt once, and then its outcome.

    An older driver gets the outcome alone. So does any driver for an artifact that cannot be read: a notice says so.

    Args:
        outcome: the outcome.
        directory: the agent's directory for the run.
        version: the version of the protocol that the driver speaks.
    """
    if version < WITH_STORIES:
        yield NoticeThere("the notes and artifacts of an attempt are lost, since an older version drives the run now")
        yield EndedThere(outcome.token, outcome.ended)
        return
    missing: set[str] = set()
    for digest in dict.fromkeys(part.digest for part in outcome.parts if isinstance(part, Artifact)):
        data = read_artifact(directory, digest)
        if data is None:
            missing.add(digest)
        else:
            yield from _pieces(outcome.token, data)
    if missing:
        yield NoticeThere("artifacts of an attempt are lost, since their files there are missing or damaged")
    parts = tuple(part for part in outcome.parts if not (isinstance(part, Artifact) and part.digest in missing))
    yield replace(outcome, parts=parts) if parts else EndedThere(outcome.token, outcome.ended)


def _pieces(token: str, data: bytes) -> Iterator[ArtifactPiece | ArtifactWhole]:
    for at in range(0, len(data), PIECE):
        yield ArtifactPiece(token, data[at : at + PIECE])
    yield ArtifactWhole(token, hashlib.sha256(data).digest())
