"""Keeps large values of a run in pieces in a table, so that a recovery on another machine reads them."""

from __future__ import annotations

import hashlib

from sequent.errors import StoreError
from sequent.runtime import artifact_files
from sequent.runtime.store.sql.database import OpenDatabase
from sequent.runtime.store.sql.large_values import pointed_at, row_text

PIECE = 1024 * 1024
"""Bytes of a piece."""


class ValuePieces:
    """The large values of one run.

    All pieces are written before any row points to them, within the same transaction or before it. So a committed
    pointer always leads to a whole value.
    """

    def __init__(self, session: OpenDatabase, run: int, directory: str) -> None:
        """Take the run, and its directory here."""
        self._session = session
        self._run = run
        self._directory = directory

    def kept(self, text: str | None) -> str | None:
        """Return the text for a row, with its seal: the value itself, or a pointer to its pieces."""
        return row_text(text, self._put)

    def _put(self, digest: str, data: bytes) -> None:
        for number, begin in enumerate(range(0, len(data), PIECE)):
            self._session.write("put_piece", [(self._run, digest, number, data[begin : begin + PIECE])])

    def remove_unfinished(self) -> None:
        """Remove files of artifacts; a value of which only some pieces were written is completed when written again."""
        artifact_files.remove_unfinished(self._directory)

    def keep_artifact(self, digest: str) -> None:
        """Write an artifact to the table; one whose file the step has removed is missing, as reading it tells."""
        data = artifact_files.read_artifact(self._directory, digest)
        if data is not None:
            self._put(digest, data)

    def artifact(self, digest: str) -> bytes:
        """Return an artifact.

        Raises:
            StoreError: a piece is missing, or is not as it was written.
        """
        return self._whole(digest)

    def read(self, text: str) -> str:
        """Return the value that a row contains or points to; its seal was checked.

        Raises:
            StoreError: a piece is missing, or is not as it was written.
        """
        digest = pointed_at(text)
        return text if digest is None else self._whole(digest).decode()

    def _whole(self, digest: str) -> bytes:
        numbers = [number for (number,) in self._session.rows("pieces", self._run, digest)]
        parts = [self._session.row("piece_data", self._run, digest, number) for number in numbers]
        data = b"".join(part[0] for part in parts if part is not None)
        if hashlib.sha256(data).hexdigest() != digest:
            raise StoreError(
                f"a large value of the store is not as it was written: {digest}",
                code="damaged-store",
                hint="restore the store from a copy: it was altered or damaged",
            )
        return data
