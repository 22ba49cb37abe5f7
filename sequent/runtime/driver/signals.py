"""Signals that stop a run, turned into something a selector can wait for."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Generator
from selectors import EVENT_READ, BaseSelector
from types import FrameType

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextlib.contextmanager
def stop_signals(selector: BaseSelector, on_signal: Callable[[int], None]) -> Generator[None]:
    """While this lasts, SIGINT, SIGTERM and SIGHUP call ``on_signal`` from the selector's loop.

    Only the main thread of a process can have them; elsewhere nothing changes. Under ``nohup``, which has SIGHUP
    ignored, it stays so.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    received, sent = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def note(number: int, _frame: FrameType | None) -> None:
        with contextlib.suppress(BlockingIOError):
            # A full pipe has enough signals in it.
            os.write(sent, bytes([number]))

    def drain() -> None:
        for number in os.read(received, 64):
            on_signal(number)

    selector.register(received, EVENT_READ, drain)
    heard = [number for number in STOPPING if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, note) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        selector.unregister(received)
        os.close(received)
        os.close(sent)
