"""Copies the segments of a host's logs to the run's own: the same bytes at the same offsets."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Mapping

from attrs import evolve

from sequent.model.outcome import LogSpan
from sequent.runtime.executors.workers import MOST_WORKERS
from sequent.runtime.logs.log_marks import MarkWriter, mark_of, remove_mark
from sequent.runtime.logs.segment_files import CAP
from sequent.runtime.messages.packets import BadMessageError
from sequent.runtime.orders import AttemptOrder

_MOST_BETWEEN = 2 * CAP
"""The maximum number of bytes that a host sends of one attempt."""
_WORD = re.compile(r"[0-9a-f]{8,64}")


class MirroredLogs:
    """Writes pieces of segments, each where the last one ended, so that no byte is missing or doubled.

    The size of a segment's file shows how much has arrived, even after a crash.

    Args:
        directory: the run's own.
    """

    def __init__(self, directory: str) -> None:
        self._logs = os.path.join(directory, "logs")
        self._word = ""
        self._sizes: dict[str, int] = {}
        self._ended: dict[str, int] = {}
        """By segment, the end of the output of attempts that have ended."""
        self._marks: dict[str, MarkWriter] = {}
        self._begun: dict[str, tuple[str, int]] = {}
        """By segment with a mark, the token of its attempt, and the first byte of that."""
        self._segment_of: dict[str, str] = {}
        """By token, the segment of an active attempt."""

    def open(self, word: str) -> None:
        """Prepare for the segments of the agent's directory with this word."""
        if _WORD.fullmatch(word) is None:
            raise BadMessageError("it is not the word of a directory")
        if word != self._word:
            self.close()
        os.makedirs(self._logs, mode=0o700, exist_ok=True)
        self._word = word
        self._sizes = dict(self.sizes(word))
        self._ended = dict(self._sizes)

    def sizes(self, word: str) -> Mapping[str, int]:
        """Return the present size of each segment of that directory."""
        found: dict[str, int] = {}
        if not word or not os.path.isdir(self._logs):
            return found
        with os.scandir(self._logs) as entries:
            for entry in entries:
                if entry.name.startswith(f"{word}.w") and entry.name.endswith(".log"):
                    found[entry.name.removeprefix(f"{word}.")] = entry.stat(follow_symlinks=False).st_size
        return found

    def add(self, segment: str, offset: int, data: bytes) -> None:
        """Append the next bytes of a segment.

        Raises:
            BadMessageError: they are not the next ones, or too many.
            OSError: there is no room for them; none of them are kept.
        """
        size, ended = self._sizes.get(segment, 0), self._ended.get(segment, 0)
        if offset != size or size + len(data) - ended > _MOST_BETWEEN or (size == ended and self._has_most_open):
            raise BadMessageError("it sends another part of a log")
        flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        file = os.open(self._path(segment), flags, 0o600)
        try:
            if os.pwrite(file, data, offset) < len(data):
                os.ftruncate(file, offset)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        finally:
            os.close(file)
        self._sizes[segment] = size + len(data)

    @property
    def _has_most_open(self) -> bool:
        """Whether as many segments hold output without an end as there can be workers."""
        return sum(size > self._ended.get(segment, 0) for segment, size in self._sizes.items()) >= MOST_WORKERS

    def begin(self, segment: str, start: int, order: AttemptOrder) -> bool:
        """Note that the bytes of a segment from ``start`` on belong to an active attempt; return whether that is new.

        Raises:
            BadMessageError: the attempt writes to another segment.
        """
        if self._segment_of.get(order.token, segment) != segment:
            raise BadMessageError("an attempt has two logs")
        if self._begun.get(segment) == (order.token, start):
            return False
        self._begun[segment] = order.token, start
        mark = self._marks.get(segment)
        if mark is None:
            mark = self._marks[segment] = MarkWriter(self._path(segment))
        mark.set(start, order.located, order.sequence, order.attempt)
        self._segment_of[order.token] = segment
        return True

    def end(self, token: str, log: LogSpan | None) -> LogSpan | None:
        """Return the place, in the copy, of the output of an attempt that has ended.

        Raises:
            BadMessageError: not all of it has arrived.
        """
        segment = self._segment_of.pop(token, "")
        if segment in self._marks and segment not in self._segment_of.values():
            # Its worker may be gone: a descriptor for each that ever lived would be too many.
            self._marks.pop(segment).close()
            del self._begun[segment]
        if log is None:
            if segment:
                # The output of a lost attempt ends here.
                self._ended[segment] = self._sizes.get(segment, 0)
            return None
        if log.offset + log.length > self._sizes.get(log.segment, 0) or log.length > _MOST_BETWEEN:
            raise BadMessageError("the log of an attempt has not come")
        self._ended[log.segment] = max(self._ended.get(log.segment, 0), log.offset + log.length)
        return evolve(log, segment=os.path.basename(self._path(log.segment)))

    def close(self) -> None:
        """Note that no attempt is active any more."""
        for segment, mark in self._marks.items():
            mark.close()
            remove_mark(mark_of(self._path(segment)))
        self._marks.clear()
        self._begun.clear()
        self._segment_of.clear()

    def _path(self, segment: str) -> str:
        return os.path.join(self._logs, f"{self._word}.{segment}")
