"""Sends the logs of attempts to their driver: while they run, and completely before their outcomes."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping

from msgspec.structs import replace

from sequent.model.outcome import LogSpan
from sequent.runtime.hosts.protocol.messages import PIECE, EndedThere, LogBegun, LogPiece, NoticeThere
from sequent.runtime.logs.log_marks import LogMark, marks_in
from sequent.runtime.logs.segment_files import CAP

LOG_PAUSE = 0.1
"""The seconds between two checks of the logs of active attempts."""
_MOST_AT_ONCE = 1024**2
"""The maximum number of bytes of a segment that one check sends."""

Place = tuple[str, str, int]
"""The place of an attempt: its path, its sequence and its number."""


class LogStreams:
    """The segments of a run on this host, each sent from its beginning to its end, and no byte twice.

    Of an attempt that writes more than is kept, the first half is sent while it runs, and the rest once it has ended:
    only then the middle has been cut out.

    Args:
        directory: the directory of the segments.
        token_of: returns the token of an active attempt; '' for one of another run.
        monotonic: the clock, in seconds.
        pause: the seconds between two checks.
    """

    def __init__(
        self,
        directory: str,
        token_of: Callable[[Place], str],
        monotonic: Callable[[], float] = time.monotonic,
        pause: float = LOG_PAUSE,
    ) -> None:
        self._directory = directory
        self._monotonic = monotonic
        self._token_of = token_of
        self._pause = pause
        self._sent: dict[str, int] = {}
        """By segment, the number of bytes that the driver has."""
        self._begun: dict[str, int] = {}
        """By segment, the version of the mark that was sent last."""
        self._next_look = 0.0

    def begin(self, has: Mapping[str, int]) -> None:
        """Begin for a driver that has these amounts of each segment."""
        self._sent = dict(has)
        self._begun.clear()
        self._next_look = 0.0

    def seconds_left(self) -> float:
        """Return the seconds until the next check."""
        return max(0.0, self._next_look - self._monotonic())

    def look(self) -> Iterator[LogBegun | LogPiece]:
        """Yield the output of active attempts since the last check."""
        if self._monotonic() < self._next_look:
            return
        self._next_look = self._monotonic() + self._pause
        for place, (path, mark) in marks_in(self._directory).items():
            token = self._token_of(place)
            if token:
                yield from self._live(os.path.basename(path), path, mark, token)

    def _live(self, segment: str, path: str, mark: LogMark, token: str) -> Iterator[LogBegun | LogPiece]:
        with contextlib.suppress(OSError):
            size = os.stat(path, follow_symlinks=False).st_size
            if size <= mark.start:
                return
            if self._begun.get(segment) != mark.change:
                self._begun[segment] = mark.change
                yield LogBegun(segment, mark.start, token)
            end = min(size, mark.start + CAP // 2, self._sent.get(segment, 0) + _MOST_AT_ONCE)
            yield from self._pieces(segment, end)

    def with_outcome(self, outcome: EndedThere) -> Iterator[LogPiece | NoticeThere | EndedThere]:
        """Yield the rest of the output of an attempt, and then its outcome; without a log, if that cannot be read."""
        if (log := outcome.ended.log) is not None:
            with contextlib.suppress(OSError):
                yield from self._pieces(log.segment, log.offset + log.length)
        if self.lacks(log):
            yield NoticeThere("the output of an attempt is lost, since its file cannot be read there")
            outcome = replace(outcome, ended=replace(outcome.ended, log=None))
        yield outcome

    def lacks(self, log: LogSpan | None) -> bool:
        """Return whether part of an attempt's output is still to be sent."""
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
