"""Keeps large values of a run in files, named and checked by their digest."""

from __future__ import annotations

import contextlib
import errno
import os

from sequent.errors import StoreError, StoreFullError
from sequent.runtime.store.sql.large_values import LARGEST_INLINE, pointed_at, pointer_to
from sequent.runtime.store.sql.seals import sealed
from sequent.runtime.store.sqlite.location import flush_directory

_UNFINISHED = ".new"


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
        if text is None:
            return None
        return sealed(text if len(text) <= LARGEST_INLINE else self._pointer(text))

    def _pointer(self, text: str) -> str:
        data = text.encode()
        import hashlib

        digest = hashlib.sha256(data).hexdigest()
        path = os.path.join(self._directory, digest)
        try:
            if not os.path.exists(path):
                self._write(path, data)
            # Also for an existing file: its writer may have been killed before this.
            flush_directory(self._directory)
            flush_directory(os.path.dirname(self._directory))
        except OSError as error:
            kind = StoreFullError if error.errno in (errno.ENOSPC, errno.EDQUOT) else StoreError
            raise kind(f"a value of {len(data):,} bytes cannot be kept in '{path}': {error.strerror}") from error
        return pointer_to(digest)

    def _write(self, path: str, data: bytes) -> None:
        os.makedirs(self._directory, 0o700, exist_ok=True)
        temporary = f"{path}.{os.urandom(8).hex()}{_UNFINISHED}"
        try:
            file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            with open(file, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(file)
            os.rename(temporary, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise

    def remove_unfinished(self) -> None:
        """Remove files that an earlier driver was writing when it was killed."""
        with contextlib.suppress(OSError):
            for name in os.listdir(self._directory):
                if name.endswith(_UNFINISHED):
                    os.unlink(os.path.join(self._directory, name))
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
