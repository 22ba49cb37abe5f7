"""The signals and timers that a step may change."""

from __future__ import annotations

import contextlib
import faulthandler
import importlib
import signal
from collections.abc import Callable, Iterable
from functools import partial
from types import FrameType
from typing import Any

from sequent.runtime.worker.process_state.kernel import lines_of
from sequent.runtime.worker.process_state.libc import Dispositions
from sequent.runtime.worker.process_state.state_kind import StateKind

_Disposition = Callable[[int, FrameType | None], object] | int | None

# The module that ``signal`` wraps, whose enums cost ten times as much. It is built into CPython.
_calls: Any = importlib.import_module("_signal")
_disposition_of: Callable[[int], _Disposition] = _calls.getsignal
_set_mask: Callable[[int, Iterable[int]], set[int]] = _calls.pthread_sigmask

_QUICK = tuple(map(int, (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGCHLD, signal.SIGALRM)))
_ALL = tuple(map(int, signal.valid_signals()))
_INTERVALS = (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)
_OURS = sum(1 << number - 1 for number in _ALL)
_MASKS = (b"SigIgn:", b"SigCgt:")


def kinds() -> list[StateKind]:
    """Return all of them, as they are now: timers first, so that none goes off while the rest is restored."""
    c_level = Dispositions(tuple(number for number in _ALL if callable(_disposition_of(number))))

    def restore_all(before: list[_Disposition]) -> None:
        for number, disposition in zip(_ALL, before, strict=True):
            if _disposition_of(number) is not disposition:
                signal.signal(number, signal.SIG_DFL if disposition is None else disposition)
        c_level.restore()

    return [
        StateKind("alarm", partial(signal.alarm, 0), is_quick=True),
        StateKind("interval timers", lambda: [signal.setitimer(timer, 0) for timer in _INTERVALS]),
        StateKind("timer of faulthandler", faulthandler.cancel_dump_traceback_later, is_quick=True),
        StateKind("POSIX timers", _posix_timers),
        StateKind("signal handlers", lambda: [*map(_disposition_of, _QUICK)], _set_quick, is_quick=True),
        StateKind("handlers of all signals", lambda: [*map(_disposition_of, _ALL)], restore_all),
        StateKind(
            "signals in the C library",
            lambda: (c_level.look(), _ignored_and_caught()),
            lambda _: c_level.restore(),
        ),
        StateKind("blocked signals", partial(_set_mask, signal.SIG_BLOCK, ()), _restore_mask, is_quick=True),
        StateKind("wake-up descriptor", partial(signal.set_wakeup_fd, -1), is_quick=True),
    ]


def _ignored_and_caught() -> list[int]:
    """Return them as sets of bits; the C library takes two signals for itself once there are threads."""
    masks = [int(line.split()[1], 16) for line in lines_of("/proc/self/status", _MASKS)]
    return [mask & _OURS for mask in masks]


def _set_quick(before: list[_Disposition]) -> None:
    for number, disposition in zip(_QUICK, before, strict=True):
        if _disposition_of(number) is not disposition and disposition is not None:
            signal.signal(number, disposition)


def _restore_mask(before: set[int]) -> None:
    """Unblock signals; those that came meanwhile, except an order to end, were meant for the step."""
    for _ in _ALL:
        pending = signal.sigpending() - {signal.SIGTERM}
        if not pending or signal.sigtimedwait(pending, 0) is None:
            break
    _set_mask(signal.SIG_SETMASK, before)


def _posix_timers() -> bytes:
    """Return the timers that only C code makes, and ignore their signals, which may come before the process ends."""
    try:
        with open("/proc/self/timers", "rb") as file:
            text = file.read()
    except FileNotFoundError:
        # A kernel without that file.
        return b""
    for line in text.splitlines():
        if line.startswith(b"signal:"):
            with contextlib.suppress(OSError, ValueError):
                signal.signal(int(line[7:].split(b"/")[0]), signal.SIG_IGN)
    return text
