"""Flows of control of which one runs at a time: each simulated process is one, and waits in the middle of its calls."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import ClassVar


class Killed(BaseException):
    """The simulated process is gone, as after kill -9; no code may catch this."""


class _Thread:
    """A thread that executes one function after the other, each when it is told to."""

    idle: ClassVar[deque[_Thread]] = deque()

    def __init__(self) -> None:
        self.go = threading.Lock()
        self.go.acquire()
        self.act: Callable[[], None] | None = None
        threading.Thread(target=self._serve, daemon=True, name="simulated process").start()

    def _serve(self) -> None:
        while True:
            self.go.acquire()
            act, self.act = self.act, None
            assert act is not None
            act()


class Fiber:
    """A function that can be left in the middle, and gone on with later.

    It takes a thread, since the production code that it executes waits in the middle of calls; but only the fiber that
    was resumed last runs, and the caller of ``resume`` waits until it leaves or has ended. So nothing depends on the
    threads of the system.
    """

    def __init__(self, main: Callable[[], None]) -> None:
        self._main = main
        self._thread = _Thread.idle.pop() if _Thread.idle else _Thread()
        self._thread.act = self._run
        self._left = threading.Lock()
        self._left.acquire()
        self._is_killed = False
        self._has_begun = False
        self.has_ended = False
        self.error: BaseException | None = None
        """The error with which it ended, other than by being killed."""

    def _run(self) -> None:
        try:
            if not self._is_killed:
                self._main()
        except Killed:
            pass
        except BaseException as error:  # noqa: BLE001 - the caller of ``resume`` looks at it
            self.error = error
        self.has_ended = True
        _Thread.idle.append(self._thread)
        self._left.release()

    def resume(self) -> None:
        """Let it run until it leaves or ends."""
        assert not self.has_ended
        self._thread.go.release()
        self._left.acquire()

    def leave(self) -> None:
        """Let the caller of ``resume`` go on; called by the fiber itself. Returns once it is resumed."""
        self._left.release()
        self._thread.go.acquire()
        if self._is_killed:
            raise Killed

    def kill(self) -> None:
        """End it where it is."""
        if not self.has_ended:
            self._is_killed = True
            self.resume()
