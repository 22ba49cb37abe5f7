"""Values that are too large for orders: a file each, which the driver writes in slices and a worker reads.

The file of a list has a line for each entry, the entry's wire text, between a line ``[`` and a line ``]``; a list
within it is written in the same way. Neither line alone is the text of a value.
"""

from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import Callable, Iterable, Iterator

from sequent.errors import NotDataError
from sequent.runtime.messages.packets import LARGEST_RESULT
from sequent.runtime.orders import AttemptKey, Spooled

OPEN, CLOSE = "[", "]"
_SLICE_PIECES = 1_000
_SLICE_BYTES = 1024 * 1024


def joined(pieces: Iterable[str]) -> str:
    """Join the wire text of a list whose entries come one by one, with an opening and a closing for each list in it.

    Raises:
        NotDataError: it is larger than a step may gather.
    """
    parts: list[str] = []
    size = 0
    before = OPEN
    for piece in pieces:
        if before != OPEN and piece != CLOSE:
            parts.append(",")
        parts.append(piece)
        size += len(piece)
        if size > LARGEST_RESULT:
            raise too_large()
        before = piece
    return "".join(parts)


def too_large() -> NotDataError:
    """Return the error for results that are too many to be gathered."""
    return NotDataError(
        f"the gathered results are more than {LARGEST_RESULT // 2**20} MiB in total",
        code="too-large",
        hint="repeat over them, fold them with previous(...), or return paths to files",
    )


class Spool:
    """A file that is written one slice at a time, so that the driver can do other things in between.

    It is open only meanwhile: a driver that ends before the last slice leaves no descriptor open.
    """

    def __init__(self, path: str, pieces: Iterator[str]) -> None:
        self.path = path
        self._pieces = pieces
        self._size = 0
        self._unwritten = b""
        self._is_read = False
        self._is_made = False
        """There may be no room for it before it is written to."""

    def write_slice(self) -> bool:
        """Write a slice; return whether it was the last.

        Raises:
            NotDataError: it is more than a step may gather.
            OSError: there is no room. The rest of the slice is written next time.
        """
        file = self._open()
        try:
            if not self._unwritten:
                self._unwritten = self._read_slice()
            while self._unwritten:
                self._unwritten = self._unwritten[os.write(file, self._unwritten) :]
        finally:
            os.close(file)
        return self._is_read

    def _open(self) -> int:
        flags = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        if not self._is_made:
            os.makedirs(os.path.dirname(self.path), 0o700, exist_ok=True)
            flags |= os.O_CREAT | os.O_EXCL
        file = os.open(self.path, flags, 0o600)
        self._is_made = True
        return file

    def _read_slice(self) -> bytes:
        lines: list[bytes] = []
        size = 0
        for piece in itertools.islice(self._pieces, _SLICE_PIECES):
            lines.append(piece.encode() + b"\n")
            size += len(lines[-1])
            if size > _SLICE_BYTES:
                break
        else:
            self._is_read = len(lines) < _SLICE_PIECES
        self._size += size
        if self._size > LARGEST_RESULT:
            raise too_large()
        return b"".join(lines)


class Spools:
    """The files of a run's orders; those that an earlier driver has left are removed."""

    def __init__(self, directory: str) -> None:
        self._directory = os.path.join(directory, "spool")
        self._numbers = itertools.count(1)
        self._of_attempts: dict[AttemptKey, list[str]] = {}
        if os.path.lexists(self._directory):
            # Few runs leave any.
            import shutil

            shutil.rmtree(self._directory, ignore_errors=True)

    def add(self, attempt: AttemptKey, pieces: Iterator[str]) -> Spool:
        """Begin a file for an attempt."""
        path = os.path.join(self._directory, str(next(self._numbers)))
        self._of_attempts.setdefault(attempt, []).append(path)
        return Spool(path, pieces)

    @property
    def has_files(self) -> bool:
        """Whether there are any files."""
        return bool(self._of_attempts)

    def remove(self, attempt: AttemptKey) -> None:
        """Remove the files of an attempt that has ended."""
        for path in self._of_attempts.pop(attempt, ()):
            # The file does not exist if there was no room for it.
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                os.unlink(path)


def read(spooled: Spooled, decode: Callable[[str], object]) -> object:
    """Return the list in a file, each entry decoded as it is read: there is never a second copy of it."""
    whole: list[object] = []
    around = [whole]
    for line in _lines(spooled):
        if line == OPEN:
            inner: list[object] = []
            around[-1].append(inner)
            around.append(inner)
        elif line == CLOSE:
            around.pop()
        else:
            around[-1].append(decode(line))
    return whole[0]


def text_of(spooled: Spooled) -> str:
    """Return the wire text of the value in a file."""
    return joined(_lines(spooled))


def _lines(spooled: Spooled) -> Iterator[str]:
    with open(spooled.path, encoding="utf-8", newline="\n") as file:
        for line in file:
            yield line[:-1]
