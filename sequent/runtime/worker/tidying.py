"""Restores the process after each attempt, so that no step finds traces of another."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType

from sequent.runtime.logs.log_segment import Segment
from sequent.runtime.processes import process_trees
from sequent.runtime.worker.process_state.state_kind import StateKind
from sequent.runtime.worker.process_state.table import ProcessState, table

GRACE = 1.0
"""Seconds between TERM and KILL for processes that a step has left behind."""
MOMENT = 0.05
"""Seconds for threads that are about to end."""
_INSTANT = 0.0005
MOST_LEAKED = 200
"""Descriptors that steps may leave open in a process, or half of its limit if that is less."""
TAME = 8
"""Successive attempts of a function that must change nothing before quick looks are enough."""
LONG = 0.02
"""Seconds of an attempt after which a thorough look, a hundredth of that, makes no difference."""
_MOST_TRIES = 3
_SPARE_DESCRIPTORS = 8
_SPARE_MEMORY = 2**20
"""Bytes."""


class Tidying:
    """Children, threads, descriptors and state of the process as they were before any step.

    A thorough look at everything costs as much as a whole short step, a quick one a twentieth. So a thorough one
    follows the first attempts of each function, attempts that took long, and quick looks that found something.

    Args:
        segment: the log of the process.
        kinds: the kinds of state that belong to attempts: environment, streams, loguru.
    """

    def __init__(self, segment: Segment, kinds: list[StateKind]) -> None:
        self._segment = segment
        # Only if there are any: the search takes longer than all that follows.
        self._kept = (
            {process.pid for process in process_trees.children_of(os.getpid())}
            if process_trees.has_children()
            else set[int]()
        )
        self._spare = os.dup(segment.descriptor)
        self._reserve: list[int] = []
        self._memory = b""
        self._fill_reserve()
        self._first_excessive = self._lowest_free() + min(os.sysconf("SC_OPEN_MAX") // 2, MOST_LEAKED)
        self._threads = {thread.ident for thread in threading.enumerate()}
        self._state = ProcessState(table(kinds))
        self._unchanged: dict[int, int] = {}
        """The number of successive attempts of a function that have changed nothing."""
        self.is_spoilt = False
        """Whether a step has left something that cannot be restored, so that the process should end."""
        self.threads_left: list[threading.Thread] = []
        """Threads that a step has started and that still run."""

    def settle(self) -> None:
        """Free descriptors and memory for the report of a failure, in case the step has left none."""
        signal.setitimer(signal.ITIMER_REAL, 0)
        self._memory = b""
        for descriptor in self._reserve:
            # A step may have closed it, and opened another file under its number.
            with contextlib.suppress(OSError):
                if os.path.sameopenfile(descriptor, self._spare):
                    os.close(descriptor)
        self._reserve.clear()
        with contextlib.suppress(Exception):
            self._state.lift_limits()

    def _fill_reserve(self) -> None:
        self._memory = self._memory or bytes(_SPARE_MEMORY)
        while len(self._reserve) < _SPARE_DESCRIPTORS:
            self._reserve.append(os.dup(self._spare))

    def tidy(self, function: int, seconds: float) -> None:
        """End the processes that an attempt has left behind, and restore the state that it has changed.

        Args:
            function: the identity of the function that it called; 0 if there was none, or several.
            seconds: how long it took.
        """
        for _ in range(_MOST_TRIES):
            try:
                self._tidy(function, seconds)
            except BaseException:  # noqa: BLE001 - a step's own signal handlers may raise until they are gone
                self._unchanged.clear()
                self.settle()
            else:
                return
        self.is_spoilt = True

    def _tidy(self, function: int, seconds: float) -> None:
        times = self._unchanged.get(function, 0)
        is_quick = times >= TAME and seconds < LONG and self._state.is_quickly_found_unchanged()
        if not is_quick:
            is_unchanged = self._state.put_right()
            self._unchanged[function] = times + 1 if is_unchanged and function else 0
            self.is_spoilt = self.is_spoilt or bool(self._state.beyond_repair)
        self._check_descriptors()
        self._check_threads(is_quick=is_quick)
        self._end_leftovers()
        if not (self.is_spoilt or self._reserve):
            self._fill_reserve()

    def tell_of_threads(self) -> None:
        """Write to the log how many threads end with the process, since they have not ended by themselves."""
        count = sum(map(_runs, self.threads_left))
        if count:
            plural = "threads that the step had" if count > 1 else "thread that the step had"
            self._segment.write(f"[sequent: ended {count} {plural} left behind]\n")

    def _check_descriptors(self) -> None:
        """Check that descriptors are left: open ones may be a library's own, and stay until too few are free."""
        try:
            self.is_spoilt = self.is_spoilt or self._lowest_free() > self._first_excessive
        except OSError:
            # None is left, or our own was closed.
            self.is_spoilt = True

    def _lowest_free(self) -> int:
        descriptor = os.dup(self._spare)
        os.close(descriptor)
        return descriptor

    def _check_threads(self, *, is_quick: bool) -> None:
        """Wait briefly for threads to end; the others cannot be ended, and end with the process."""
        ours = len(self._threads) + self._segment.is_masked
        if threading.active_count() <= ours and (is_quick or len(_frames_of_threads()) <= ours):
            return
        until = time.monotonic() + MOMENT
        while ((left := self._other_threads()) or self._has_bare_threads()) and time.monotonic() < until:
            for thread in left:
                thread.join(max(0.0, until - time.monotonic()))
            # A thread that ends is unknown to threading for an instant before it is gone.
            time.sleep(_INSTANT)
        self.threads_left = left
        self.is_spoilt = self.is_spoilt or bool(left) or self._has_bare_threads()

    def _other_threads(self) -> list[threading.Thread]:
        others = (it for it in threading.enumerate() if it.ident not in self._threads and not self._segment.is_own(it))
        return [thread for thread in others if _runs(thread)]

    def _has_bare_threads(self) -> bool:
        known = {thread.ident for thread in threading.enumerate()}
        return bool(_frames_of_threads().keys() - known - self._threads)

    def _end_leftovers(self) -> None:
        # Without children the kernel says so at once; the search below costs a thousand times as much.
        if not process_trees.has_children():
            return
        count = process_trees.end_all(self._leftovers, GRACE)
        tracker = _end_resource_tracker()
        if count or tracker:
            # The code that started them, usually a library, would go on as if they were there.
            self.is_spoilt = True
        if count:
            plural = "processes that the step had" if count > 1 else "process that the step had"
            self._segment.write(f"[sequent: ended {count} {plural} left behind]\n")

    def _leftovers(self) -> list[process_trees.Process]:
        """Return the processes that the step has started and not ended; reap its children that have ended."""
        spared = {*self._kept, _resource_tracker()[0]}
        children = [child for child in process_trees.children_of(os.getpid()) if child.pid not in spared]
        for child in children:
            if child.is_zombie:
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(child.pid, os.WNOHANG)
        alive = [child for child in children if not child.is_zombie]
        return [*alive, *process_trees.descendants(child.pid for child in alive)]


_frames_of_threads: Callable[[], dict[int, FrameType]] = getattr(sys, "_current_frames")  # noqa: B009 - it also sees threads that threading does not know
"""The frame that each Python thread executes, by the thread's identity."""


def _runs(thread: threading.Thread) -> bool:
    """Return whether it runs: nothing notices the end of a thread that C code has started."""
    return thread.is_alive() and os.path.exists(f"/proc/self/task/{thread.native_id}")


def _resource_tracker() -> tuple[int, int]:
    """Return the pid of multiprocessing's resource tracker, and the descriptor whose closing ends it."""
    module = sys.modules.get("multiprocessing.resource_tracker")
    tracker = getattr(module, "_resource_tracker", None)
    pid, descriptor = getattr(tracker, "_pid", None), getattr(tracker, "_fd", None)
    return (pid, descriptor) if isinstance(pid, int) and isinstance(descriptor, int) else (0, -1)


def _end_resource_tracker() -> bool:
    """Let the tracker remove forgotten resources now, as at the end of a program; return whether there was one."""
    pid, descriptor = _resource_tracker()
    process = process_trees.process_at(pid) if pid else None
    if process is None or process.parent != os.getpid():
        return False
    with contextlib.suppress(OSError):
        os.close(descriptor)
    if not process_trees.ends_within(process, GRACE):
        process_trees.send_signal(process, signal.SIGKILL)
    return True
