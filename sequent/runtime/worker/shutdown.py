"""How a worker ends in peace: as an interpreter does, but not for ever."""

from __future__ import annotations

import atexit
import contextlib
import logging
import signal
import threading
import weakref
from types import FrameType
from typing import Any

from sequent.runtime.worker.log_segment import flush_streams
from sequent.runtime.worker.process_state.libc import flush

GRACE = 1.5
"""Seconds that threads and ``atexit`` functions have in all; less than an agent gives a worker that is to end."""
_AGAIN = 0.1


class _OutOfTimeError(BaseException):
    """It takes too long."""


class Shutdown:
    """The end of a worker: it waits for threads, then calls what was registered with ``atexit``.

    Both within a grace: what hangs may not keep the attempt's outcome back. A worker that is a copy of another process
    calls nothing that was registered there, for that is the other's to do.
    """

    def __init__(self) -> None:
        _calls(atexit, "_clear")()
        finalizers: Any = weakref.finalize
        for finalizer in list(getattr(finalizers, "_registry", ())):
            finalizer.atexit = False
        # Whoever makes the next one registers them anew.
        finalizers._registered_with_atexit = False  # noqa: SLF001 - nothing else tells it so
        self._is_done = False

    def leave(self) -> None:
        """Let everything end that a program waits for, once."""
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
    """What CPython calls itself at its end, and multiprocessing in its children; it has no public name."""
    return getattr(module, name)


def _raise(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise _OutOfTimeError
