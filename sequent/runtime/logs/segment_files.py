"""The segments of logs: their paths, and opening them."""

from __future__ import annotations

import os
import re
import stat
from typing import TYPE_CHECKING, BinaryIO

from sequent.errors import StoreError

if TYPE_CHECKING:
    from sequent.model.outcome import LogSpan

CAP = 8 * 1024 * 1024
"""Bytes that are kept of one attempt's output: the first and the last half of them."""
_FIRST = "first_segment"
_NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}"


def segment_path(directory: str, span: LogSpan) -> str:
    """Return the file of a segment within a run's directory.

    Raises:
        StoreError: the name, which came from the store, is not one that a segment can have.
    """
    if not re.fullmatch(_NAME, span.segment):
        raise StoreError(f"the store names an impossible log: {span.segment[:80]!r}", code="damaged-store")
    return os.path.join(directory, "logs", span.segment)


def first_number(directory: str) -> int:
    """Return the lowest number of a new segment in a run's directory: 1, unless another machine has logs of the run."""
    try:
        with open(os.path.join(directory, _FIRST), encoding="ascii") as file:
            return int(file.read(20))
    except (OSError, ValueError):
        return 1


def begin_at(directory: str, number: int) -> None:
    """Let the segments in a run's directory begin at a number that no other machine uses for the run.

    Raises:
        OSError: it cannot be written.
    """
    with open(os.open(os.path.join(directory, _FIRST), os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="ascii") as file:
        file.write(str(number))


def open_segment(path: str) -> BinaryIO:
    """Open a segment for reading.

    Raises:
        StoreError: it is missing, or was replaced, for instance by a link.
    """
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError as error:
        hint = "it was moved or deleted; bring it back from a copy if it is needed: the run itself is whole"
        raise StoreError(f"the log file '{path}' is missing", code="log", hint=hint) from error
    except OSError as error:
        raise StoreError(f"the log '{path}' cannot be read: {error.strerror}", code="log") from error
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise StoreError(f"the log '{path}' cannot be read: it is not a plain file", code="log")
    return open(file, "rb")
