"""Keeps large values of a run in files, named and checked by their digest."""

from __future__ import annotations

import errno
import os

from sequent.errors import StoreError, StoreFullError
from sequent.runtime import durable_files
from sequent.runtime.store.sql.large_values import pointed_at, row_text


class ValueFiles:
    """The large values of one run.

    A file is complete and on the disk before any row points to it. So a committed pointer always leads to a file, and
    reading gives the written value, or an error.
    """

    def __init__(self, directory: str) -> None:
        self._run = directory
        self._directory = os.path.join(directory, "values")

    def kept(self, text: str | None) -> str | None:
        """Return the text for a row, with its seal: the value itself, or a pointer to its file."""
        return row_text(text, self._put)

    def _put(self, digest: str, data: bytes) -> None:
        path = os.path.join(self._directory, digest)
        try:
            if not os.path.exists(path):
                os.makedirs(self._directory, 0o700, exist_ok=True)
                durable_files.write_durably(path, data)
            # Also for an existing file: its writer may have been killed before this.
            durable_files.flush_directory(self._directory)
            durable_files.flush_directory(os.path.dirname(self._directory))
        except OSError as error:
            kind = StoreFullError if error.errno in (errno.ENOSPC, errno.EDQUOT) else StoreError
            raise kind(f"a value of {len(data):,} bytes cannot be kept in '{path}': {error.strerror}") from error

    def remove_unfinished(self) -> None:
        """Remove files that an earlier driver was writing when it was killed."""
        durable_files.remove_unfinished(self._directory)
        from sequent.runtime.artifact_files import remove_unfinished

        remove_unfinished(self._run)

    def keep_artifact(self, digest: str) -> None:
        """Do nothing: the worker has flushed its file."""

    def artifact(self, digest: str) -> bytes:
        """Return an artifact.

        Raises:
            StoreError: its file is missing, or is not as it was written.
        """
        from sequent.runtime.artifact_files import artifact_path, read_artifact

        data = read_artifact(self._run, digest)
        if data is None:
            path = artifact_path(self._run, digest)
            raise StoreError(
                f"the artifact '{path}' is missing, or not as it was written",
                code="damaged-store",
                hint="bring the file back from a copy; the run itself is whole",
            )
        return data

    def read(self, text: str) -> str:
        """Return the value that a row contains or points to; its seal was checked.

        Raises:
            StoreError: the file is missing, or is not as it was written.
        """
        digest = pointed_at(text)
        if digest is None:
            return text
        path = os.path.join(self._directory, digest)
        try:
            file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
            with open(file, "rb") as stream:
                data = stream.read()
        except OSError as error:
            raise StoreError(f"the value in '{path}' cannot be read: {error.strerror}", code="damaged-store") from error
        import hashlib

        if hashlib.sha256(data).hexdigest() != digest:
            raise StoreError(f"the value in '{path}' is not as it was written", code="damaged-store")
        return data.decode()
