"""Sends the logs of attempts to their driver: while they write, and whole before their outcomes."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping

from sequent.model.outcome import LogSpan
from sequent.runtime.hosts.protocol.messages import PIECE, LogBegun, LogPiece
from sequent.runtime.logs.log_marks import CAP, LogMark, marks_in

_REST = 0.1
"""Seconds between two looks at what attempts under way have written."""
_MOST_AT_ONCE = 1024**2
"""Bytes of a segment that one look sends."""

Place = tuple[str, str, int]
"""Where an attempt is: its path, its sequence and its number."""


class LogStreams:
    """The segments of a run on this host, each sent from its beginning to its end, and nothing twice.

    Of an attempt that writes more than is kept, the first half is sent while it writes, and the rest once it has ended
    and the middle has been cut out: only then it is known.

    Args:
        directory: where the segments are.
        token_of: the token of an attempt under way; empty where it is none of the run's.
    """

    def __init__(self, directory: str, token_of: Callable[[Place], str]) -> None:
        self._directory = directory
        self._token_of = token_of
        self._sent: dict[str, int] = {}
        """By segment, up to where the driver has it."""
        self._begun: dict[str, int] = {}
        """By segment, the change of the mark that was told last."""
        self._next_look = 0.0

    def begin(self, has: Mapping[str, int]) -> None:
        """A driver is there, which has so much of each segment."""
        self._sent = dict(has)
        self._begun.clear()
        self._next_look = 0.0

    def seconds_left(self) -> float:
        """The seconds until the next look."""
        return max(0.0, self._next_look - time.monotonic())

    def look(self) -> Iterator[LogBegun | LogPiece]:
        """What attempts under way have written since the last look."""
        if time.monotonic() < self._next_look:
            return
        self._next_look = time.monotonic() + _REST
        for place, (path, mark) in marks_in(self._directory).items():
            token = self._token_of(place)
            if token:
                yield from self._live(os.path.basename(path), path, mark, token)

    def _live(self, segment: str, path: str, mark: LogMark, token: str) -> Iterator[LogBegun | LogPiece]:
        with contextlib.suppress(FileNotFoundError):
            size = os.stat(path, follow_symlinks=False).st_size
            if size <= mark.start:
                return
            if self._begun.get(segment) != mark.change:
                self._begun[segment] = mark.change
                yield LogBegun(segment, mark.start, token)
            end = min(size, mark.start + CAP // 2, self._sent.get(segment, 0) + _MOST_AT_ONCE)
            yield from self._pieces(segment, end)

    def whole(self, log: LogSpan | None) -> Iterator[LogPiece]:
        """What is still to be sent of an attempt that has ended."""
        if log is not None:
            with contextlib.suppress(FileNotFoundError):
                yield from self._pieces(log.segment, log.offset + log.length)

    def lacks(self, log: LogSpan | None) -> bool:
        """Whether anything of it is still to be sent."""
        return log is not None and log.offset + log.length > self._sent.get(log.segment, 0)

    def _pieces(self, segment: str, end: int) -> Iterator[LogPiece]:
        file = os.open(os.path.join(self._directory, segment), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            while (at := self._sent.get(segment, 0)) < end:
                data = os.pread(file, min(PIECE, end - at), at)
                if not data:
                    return
                self._sent[segment] = at + len(data)
                yield LogPiece(segment, at, data)
        finally:
            os.close(file)
