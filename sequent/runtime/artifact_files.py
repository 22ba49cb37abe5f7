"""The files of artifacts in a run's directory, each under the digest of its content."""

from __future__ import annotations

import contextlib
import os
import re

from sequent.model.story import LARGEST_ARTIFACT
from sequent.runtime import durable_files

DIRECTORY = "artifacts"
_HEAD = 4096
"""Bytes of a file by which its type is known."""
_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (rb"\x89PNG\r\n\x1a\n", "image/png"),
    (rb"\xff\xd8\xff", "image/jpeg"),
    (rb"GIF8[79]a", "image/gif"),
    (rb"RIFF....WEBP", "image/webp"),
    (rb"%PDF-", "application/pdf"),
    (
        rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?>(?:<!--.*?-->\s*|<!DOCTYPE svg[^>]*>\s*)*)<svg[\s>]",
        "image/svg+xml",
    ),
)


def artifact_path(directory: str, digest: str) -> str:
    """Return the path of an artifact in the directory of its run."""
    return os.path.join(directory, DIRECTORY, digest)


def total_size(directory: str) -> int:
    """Return the bytes of all artifacts of a run."""
    total = 0
    with contextlib.suppress(FileNotFoundError), os.scandir(os.path.join(directory, DIRECTORY)) as entries:
        for entry in entries:
            # Another worker may have finished, and so renamed, its file just now.
            with contextlib.suppress(FileNotFoundError):
                total += entry.stat(follow_symlinks=False).st_size
    return total


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
    flush_names(directory)
    return digest


def begin_artifact(directory: str) -> durable_files.UnfinishedFile:
    """Begin the file of an artifact that comes in pieces; it counts among those of its run, and no reader finds it.

    Raises:
        OSError: it cannot be made.
    """
    stem = artifact_path(directory, "incoming")
    os.makedirs(os.path.dirname(stem), 0o700, exist_ok=True)
    return durable_files.UnfinishedFile(stem)


def flush_names(directory: str) -> None:
    """Put the names of a run's artifacts on the disk.

    Raises:
        OSError: they cannot be written.
    """
    for path in (os.path.join(directory, DIRECTORY), directory):
        durable_files.flush_directory(path)


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


def media_type(data: bytes) -> str:
    """Return the media type of a file, by its content alone."""
    head = data[:_HEAD]
    for signature, media in _SIGNATURES:
        if re.match(signature, head, re.DOTALL):
            return media
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return "application/octet-stream"
    return "application/octet-stream" if "\0" in text else "text/plain"
