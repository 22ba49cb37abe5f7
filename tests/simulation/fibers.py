"""Flows of control of which one runs at a time: each simulated process is one, and waits in the middle of its calls."""

from __future__ import annotations

from collections.abc import Callable

from greenlet import getcurrent, greenlet


class Killed(BaseException):
    """The simulated process is gone, as after kill -9; no code may catch this."""


class Fiber:
    """A function that can be left in the middle of any call, and gone on with later.

    Args:
        main: the function.
    """

    def __init__(self, main: Callable[[], None]) -> None:
        self._main = main
        self._greenlet = greenlet(self._run)
        self._resumer: greenlet | None = None
        self._is_killed = False
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

    def resume(self) -> None:
        """Let it run until it leaves or ends."""
        assert not self.has_ended
        # A fiber that ends goes on in its parent.
        self._resumer = self._greenlet.parent = getcurrent()
        self._greenlet.switch()

    def leave(self) -> None:
        """Let the caller of ``resume`` go on; called by the fiber itself. Returns once it is resumed."""
        assert self._resumer is not None
        self._resumer.switch()
        if self._is_killed:
            raise Killed

    def kill(self) -> None:
        """End it where it is."""
        if not self.has_ended:
            self._is_killed = True
            self.resume()
