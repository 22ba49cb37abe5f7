"""The files of artifacts in a run's directory, each under the digest of its content."""

from __future__ import annotations

import os

from sequent.model.story import LARGEST_ARTIFACT
from sequent.runtime import durable_files

DIRECTORY = "artifacts"


def artifact_path(directory: str, digest: str) -> str:
    """Return the path of an artifact in the directory of its run."""
    return os.path.join(directory, DIRECTORY, digest)


def total_size(directory: str) -> int:
    """Return the bytes of all artifacts of a run."""
    try:
        with os.scandir(os.path.join(directory, DIRECTORY)) as entries:
            return sum(entry.stat(follow_symlinks=False).st_size for entry in entries)
    except FileNotFoundError:
        return 0


def keep_artifact(directory: str, data: bytes) -> str:
    """Write an artifact; return its digest. The file is whole and on the disk once this returns.

    Raises:
        OSError: it cannot be written; nothing is left of it.
    """
    digest = _digest(data)
    path = artifact_path(directory, digest)
    os.makedirs(os.path.dirname(path), 0o700, exist_ok=True)
    if read_artifact(directory, digest) is None:
        durable_files.write_durably(path, data)
    for name in (os.path.dirname(path), directory):
        durable_files.flush_directory(name)
    return digest


def _digest(data: bytes) -> str:
    # Few steps leave artifacts.
    import hashlib

    return hashlib.sha256(data).hexdigest()


def read_artifact(directory: str, digest: str) -> bytes | None:
    """Return an artifact; None if its file is missing, or not as it was written."""
    try:
        file = os.open(artifact_path(directory, digest), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        with open(file, "rb") as stream:
            data = stream.read(LARGEST_ARTIFACT + 1)
    except OSError:
        return None
    return data if _digest(data) == digest else None


def remove_unfinished(directory: str) -> None:
    """Remove files that a worker was writing when it was killed."""
    durable_files.remove_unfinished(os.path.join(directory, DIRECTORY))
