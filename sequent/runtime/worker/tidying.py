"""What a worker puts right after each attempt, so that no step finds what another has left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any

from sequent.runtime import trees
from sequent.runtime.worker.capture import Segment, flush_streams

GRACE = 1.0
"""Seconds between TERM and KILL of the processes that a step has left behind."""

_Disposition = Callable[[int, FrameType | None], object] | int | None
_WATCHED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGCHLD, signal.SIGALRM)

# Asked after each attempt: without the enums in which ``signal`` wraps them, the answers cost a fifth.
_signals: Any = sys.modules.get("_signal", signal)
_disposition_of: Callable[[int], _Disposition] = _signals.getsignal
_set_mask: Callable[[int, Iterable[int]], set[int]] = _signals.pthread_sigmask


class Tidying:
    """How the process was before any step: children, descriptors, directory, signals, streams."""

    def __init__(self, segment: Segment) -> None:
        self._segment = segment
        self._kept = {process.pid for process in trees.children_of(os.getpid())}
        self._directory = os.getcwd()
        self._umask = os.umask(0)
        os.umask(self._umask)
        self._mask = _set_mask(signal.SIG_BLOCK, ())
        self._dispositions: dict[int, _Disposition] = {number: _disposition_of(number) for number in map(int, _WATCHED)}
        self._streams = (sys.stdout, sys.stderr)
        self._inode = os.fstat(segment.descriptor).st_ino
        self._spare = os.dup(segment.descriptor)

    def tidy(self) -> None:
        """End what the step has left behind, and restore what it has changed."""
        signal.alarm(0)
        if _set_mask(signal.SIG_BLOCK, ()) != self._mask:
            _set_mask(signal.SIG_SETMASK, self._mask)
        for number, disposition in self._dispositions.items():
            if _disposition_of(number) is not disposition and disposition is not None:
                signal.signal(number, disposition)
        os.umask(self._umask)
        self._restore_directory()
        self._restore_streams()
        self._end_leftovers()

    def _restore_directory(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            if os.getcwd() == self._directory:
                return
        # It may be gone by now; then the next step is in none, as a program would be.
        with contextlib.suppress(OSError):
            os.chdir(self._directory)

    def _restore_streams(self) -> None:
        if sys.stdout is not self._streams[0] or sys.stderr is not self._streams[1]:
            flush_streams()
            sys.stdout, sys.stderr = self._streams
        for descriptor in (1, 2):
            if not self._is_segment(descriptor):
                os.dup2(self._spare, descriptor)

    def _is_segment(self, descriptor: int) -> bool:
        try:
            return os.fstat(descriptor).st_ino == self._inode
        except OSError:
            return False

    def _end_leftovers(self) -> None:
        # Without children the kernel says so at once; the search below costs a thousand times as much.
        if not trees.has_children():
            return
        count = trees.end_all(self._leftovers, GRACE)
        if count:
            plural = "processes that the step had" if count > 1 else "process that the step had"
            self._segment.write(f"[sequent: ended {count} {plural} left behind]\n")

    def _leftovers(self) -> list[trees.Process]:
        """What the step has started and not ended; children that have ended are taken leave of."""
        children = [child for child in trees.children_of(os.getpid()) if child.pid not in self._spared()]
        for child in children:
            if child.is_zombie:
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(child.pid, os.WNOHANG)
        alive = [child for child in children if not child.is_zombie]
        return [*alive, *trees.descendants(child.pid for child in alive)]

    def _spared(self) -> set[int]:
        # The helper that multiprocessing keeps for a process's life ends with it, and is restarted with a warning.
        tracker = sys.modules.get("multiprocessing.resource_tracker")
        pid: object = getattr(getattr(tracker, "_resource_tracker", None), "_pid", None)
        return {*self._kept, pid} if isinstance(pid, int) else self._kept
