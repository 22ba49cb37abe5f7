"""The standard streams and their descriptors, which a step may close, replace or reconfigure."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sys

from sequent.runtime.logs.log_segment import Segment, flush_streams, open_input
from sequent.runtime.worker.process_state.state_kind import StateKind

_Identity = tuple[int, ...] | None


class Streams:
    """The streams of a process that exists only for steps: nothing to read, and the segment to write to.

    Args:
        segment: the log to write to; its own descriptor is not a standard one.
    """

    def __init__(self, segment: Segment) -> None:
        self._segment = segment
        self._open()
        self._input = _identity_of(0)
        self._output = _identity_of(segment.descriptor)
        self._is_harmed = False
        """Whether one of the descriptors was another file's, which the code that opened it may close at any time."""

    def kinds(self) -> list[StateKind]:
        """Return the kinds of state to observe."""
        return [
            StateKind("standard streams", self._are_unchanged, self._restore, is_quick=True),
            StateKind("descriptors 0, 1 and 2", self._are_descriptors_unchanged, self._restore_descriptors),
            StateKind("settings of standard streams", self._settings, self._restore),
        ]

    def _open(self) -> None:
        sys.stdin = open_input(0)
        sys.stdout, sys.stderr = self._segment.open_stream(1), self._segment.open_stream(2)
        self._streams = (sys.stdin, sys.stdout, sys.stderr)
        for name in ("stdin", "stdout", "stderr"):
            # In a program they are the same, and no code would ever flush others.
            setattr(sys, f"__{name}__", getattr(sys, name))

    def _are_unchanged(self) -> bool:
        """Return whether the streams are ours and open, and their descriptors too, as far as a quick look can tell."""
        entrance, output, errors = self._streams
        if sys.stdin is not entrance or sys.stdout is not output or sys.stderr is not errors:
            return False
        if entrance.closed or output.closed or errors.closed:
            return False
        if self._segment.is_masked:
            return self._are_descriptors_ours()
        return os.lseek(1, 0, os.SEEK_END) == os.lseek(2, 0, os.SEEK_END) >= self._segment.start

    def _are_descriptors_unchanged(self) -> bool:
        return self._are_descriptors_ours() and not self._is_harmed

    def _are_descriptors_ours(self) -> bool:
        wanted = _identity_of(self._segment.descriptor) if self._segment.is_masked else self._output
        is_where_it_was = _identity_of(1) == wanted == _identity_of(2) and _identity_of(0) == self._input
        # Otherwise the programs that a step starts would have no standard streams.
        return is_where_it_was and all(map(os.get_inheritable, (0, 1, 2)))

    def _settings(self) -> list[object]:
        named = (sys.__stdin__, sys.__stdout__, sys.__stderr__)
        return [
            (stream.encoding, stream.errors, stream.line_buffering, stream is other)
            for stream, other in zip(self._streams, named, strict=True)
        ]

    def _restore(self, _: object) -> None:
        flush_streams()
        # Streams that replaced them may have written through them.
        for stream in self._streams[1:]:
            with contextlib.suppress(Exception):
                stream.flush()
        self._restore_descriptors(None)
        self._open()

    def _restore_descriptors(self, _: object) -> None:
        self._is_harmed = self._is_harmed or not self._are_descriptors_ours()
        for descriptor in (1, 2):
            os.dup2(self._segment.descriptor, descriptor)
            if not self._segment.is_masked and self._output is not None:
                fcntl.fcntl(descriptor, fcntl.F_SETFL, self._output[-1])
        if _identity_of(0) != self._input:
            nothing = os.open(os.devnull, os.O_RDWR)
            if nothing != 0:
                os.dup2(nothing, 0)
                os.close(nothing)
        os.set_inheritable(0, True)
        if self._input is not None and _identity_of(0) != self._input:
            fcntl.fcntl(0, fcntl.F_SETFL, self._input[-1])


def _identity_of(descriptor: int) -> _Identity:
    """Return which file it leads to and how it was opened; None if it is closed."""
    try:
        status = os.fstat(descriptor)
        return status.st_dev, status.st_ino, status.st_rdev, fcntl.fcntl(descriptor, fcntl.F_GETFL)
    except OSError:
        return None
