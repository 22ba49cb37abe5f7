"""Finds the output of an attempt, during the attempt too, and its new part."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, BinaryIO

from msgspec import Struct
from msgspec.structs import replace

from sequent.model.status import Status
from sequent.runtime.logs.segment_files import CAP, open_segment
from sequent.runtime.records import AttemptRecord, RunRecord

if TYPE_CHECKING:
    from sequent.runtime.logs.log_marks import LogMark
    from sequent.runtime.ports import Store

CHUNK = 1 << 16
_LONGEST_LINE = 1 << 20
"""The bytes after which an unfinished line is shown."""


class Piece(Struct, frozen=True, kw_only=True):
    """The part of a segment that one attempt has written."""

    segment: str
    """The path of the segment's file."""
    start: int
    end: int
    has_ended: bool
    dropped: int = 0
    """The bytes that are missing: cut out of its middle when the attempt ended, or never written."""

    @property
    def length(self) -> int:
        return self.end - self.start

    @property
    def is_cut(self) -> bool:
        """Whether its middle was cut out."""
        return self.dropped > 0 and self.length > CAP

    def after(self, position: int) -> Piece:
        """Return the rest after a position of the file; the position dates from before any cut."""
        half = CAP // 2
        if not self.is_cut or position <= self.start + half:
            return replace(self, start=min(max(self.start, position), self.end))
        # The cut moved the last half towards the beginning.
        unseen = self.start + CAP + self.dropped - position
        return replace(self, start=self.end - max(0, min(unseen, half)))


class Output:
    """The output of one run's attempts.

    Args:
        store: the store that contains the run.
        record: the run.
    """

    def __init__(self, store: Store, record: RunRecord) -> None:
        self._store = store
        self._record = record

    @cached_property
    def _marks(self) -> Mapping[tuple[str, str, int], tuple[str, LogMark]]:
        """The segment and the mark of each attempt that is under way."""
        from pathlib import Path

        from sequent.model.outcome import LogSpan
        from sequent.runtime.logs.log_marks import marks_in

        span = LogSpan(segment="any", offset=0, length=0)
        return marks_in(Path(self._store.log_file(self._record, span)).parent)

    def of(self, attempt: AttemptRecord) -> Piece | None:
        """Return the output of an attempt; None if there is none."""
        if attempt.log is not None:
            log = attempt.log
            return Piece(
                segment=self._store.log_file(self._record, log),
                start=log.offset,
                end=log.offset + log.length,
                has_ended=True,
                dropped=log.dropped,
            )
        if attempt.status is not Status.ACTIVE:
            return None
        from sequent.runtime.logs.log_marks import read_mark

        segment, mark = self._marks.get((attempt.located, attempt.sequence, attempt.attempt), ("", None))
        if mark is None:
            return None
        size = os.stat(segment).st_size
        # All of that is the attempt's own only if the attempt still writes there.
        is_its_own = read_mark(segment) == mark
        return Piece(segment=segment, start=mark.start, end=size, has_ended=False) if is_its_own else None

    def lines_of(self, piece: Piece) -> Piece:
        """Return the whole lines of a piece, unless the last is very long."""
        with open_segment(piece.segment) as file:
            file.seek(max(piece.start, piece.end - _LONGEST_LINE))
            tail = file.read(piece.end - file.tell())
        rest = len(tail) - (tail.rfind(b"\n") + 1)
        return piece if rest == _LONGEST_LINE else replace(piece, end=piece.end - rest)

    def content(self, piece: Piece) -> Iterator[bytes]:
        """Return the output in chunks; one line replaces bytes that were dropped from the middle of a running one.

        Raises:
            StoreError: the file is missing, or cannot be read.
        """
        return _chunks(open_segment(piece.segment), piece)


def _chunks(opened: BinaryIO, piece: Piece) -> Iterator[bytes]:
    with opened as file:
        position = piece.start
        while position < piece.end:
            data = os.lseek(file.fileno(), position, os.SEEK_DATA) if not piece.has_ended else position
            if data > position:
                yield f"\n[sequent: {data - position} bytes were left out here]\n".encode()
            file.seek(data)
            chunk = file.read(min(piece.end - data, CHUNK))
            if not chunk:
                return
            yield chunk
            position = data + len(chunk)
