"""How a worker ends cleanly: as an interpreter does, but within a limited time."""

from __future__ import annotations

import atexit
import contextlib
import logging
import signal
import threading
import weakref
from types import FrameType
from typing import Any

from sequent.runtime.logs.log_segment import flush_streams
from sequent.runtime.worker.process_state.libc import flush

GRACE = 1.5
"""Seconds for threads and ``atexit`` functions together; less than an agent gives a worker that is to end."""
_AGAIN = 0.1


class _OutOfTimeError(BaseException):
    """The time is up."""


class Shutdown:
    """The end of a worker: it waits for threads, then calls the functions registered with ``atexit``.

    Both must end within a grace period: code that hangs may not delay the attempt's outcome. A worker that is a copy of
    another process does not call the functions registered there; that is the other process's task.
    """

    def __init__(self) -> None:
        _calls(atexit, "_clear")()
        finalizers: Any = weakref.finalize
        for finalizer in list(getattr(finalizers, "_registry", ())):
            finalizer.atexit = False
        # The next finalizer registers them anew.
        finalizers._registered_with_atexit = False  # noqa: SLF001 - there is no public way
        self._is_done = False

    def leave(self) -> None:
        """Wait once for everything that a program waits for at its end."""
        if self._is_done:
            return
        self._is_done = True
        with contextlib.suppress(_OutOfTimeError):
            signal.signal(signal.SIGALRM, _raise)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM})
            signal.setitimer(signal.ITIMER_REAL, GRACE, _AGAIN)
            with contextlib.suppress(_OutOfTimeError):
                _calls(threading, "_shutdown")()
            with contextlib.suppress(_OutOfTimeError):
                _calls(atexit, "_run_exitfuncs")()
            logging.shutdown()
        with contextlib.suppress(_OutOfTimeError):
            signal.setitimer(signal.ITIMER_REAL, 0)
        flush_streams()
        flush()


def _calls(module: object, name: str) -> Any:
    """Return a function that CPython calls at its end, and multiprocessing in its children; it is not public."""
    return getattr(module, name)


def _raise(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise _OutOfTimeError
