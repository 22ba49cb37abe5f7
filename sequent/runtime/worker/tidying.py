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

MOST_LEAKED = 4_000
"""Descriptors that steps may leave open in a process, unless half of what it may have is less."""

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
        self._limits = _limits_of_this_process()
        self._first_excessive = self._lowest_free() + min(os.sysconf("SC_OPEN_MAX") // 2, MOST_LEAKED)
        self.is_spoilt = False
        """Whether a step has left something that cannot be put right: then the process had better end."""

    def tidy(self) -> None:
        """End what the step has left behind, and restore what it has changed."""
        signal.alarm(0)
        if _set_mask(signal.SIG_BLOCK, ()) != self._mask:
            _set_mask(signal.SIG_SETMASK, self._mask)
        for number, disposition in self._dispositions.items():
            if _disposition_of(number) is not disposition and disposition is not None:
                signal.signal(number, disposition)
        os.umask(self._umask)
        self._restore_limits()
        self._check_descriptors()
        self._restore_directory()
        self._restore_streams()
        self._end_leftovers()

    def _restore_limits(self) -> None:
        # As long as nobody has imported what changes them, they are as they were.
        if "resource" in sys.modules:
            import resource

            for number, limits in self._limits.items():
                if resource.getrlimit(number) != limits:
                    try:
                        resource.setrlimit(number, limits)
                    except (ValueError, OSError):
                        # Its upper bound was lowered, which only root can undo.
                        self.is_spoilt = True

    def _check_descriptors(self) -> None:
        """Those that are open may be a library's own, and stay; but not until there are none left."""
        try:
            self.is_spoilt = self.is_spoilt or self._lowest_free() > self._first_excessive
        except OSError:
            # There are none left, or our own was closed.
            self.is_spoilt = True

    def _lowest_free(self) -> int:
        descriptor = os.dup(self._spare)
        os.close(descriptor)
        return descriptor

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
            # What came in their place may have written through them.
            flush_streams()
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


def _limits_of_this_process() -> dict[int, tuple[int, int]]:
    was_there = "resource" in sys.modules
    import resource

    names = ("NOFILE", "AS", "DATA", "STACK", "FSIZE", "CORE", "NPROC", "CPU")
    numbers: list[int] = [getattr(resource, f"RLIMIT_{name}") for name in names]
    limits = {number: resource.getrlimit(number) for number in numbers}
    if not was_there:
        # So that a step that imports it is noticed: asking for all of them after each attempt would cost a tenth.
        del sys.modules["resource"]
    return limits
