"""Waits and tries again when the machine has no room for another process."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import TypeVar

from sequent.errors import ShortageError
from sequent.runtime.backoff import FULL_PATIENCE, Patience, patiently
from sequent.runtime.disk_room import is_scarce

_Started = TypeVar("_Started")


class Shortage(Patience):
    """Refused starts of processes."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        super().__init__(monotonic, first=0.1, longest=2.0, silent=0.0)
        self._reason = ""

    def refuse(self, reason: str) -> str:
        """Note a refused start; return the notice to show, '' if it was shown before."""
        self._reason = reason
        self.try_again(FULL_PATIENCE)
        return self.notice(f"a worker cannot be started: {reason}")

    def end(self) -> str:
        """Note a start that succeeded; return the notice to show, '' if none was refused."""
        return self.renew("workers can be started again")

    def check(self) -> None:
        """Check that the shortage has not lasted too long.

        Raises:
            ShortageError: it has.
        """
        if self.is_over:
            raise _shortage(self._reason)


def start_patiently(start: Callable[[], _Started]) -> _Started:
    """Start a process that a run needs before it begins; while there is no room, say so, and try again.

    Raises:
        ShortageError: there is no room for too long.
        OSError: the start is refused for another reason.
    """
    try:
        return patiently(start, OSError, _refusal, FULL_PATIENCE, Shortage())
    except OSError as error:
        if not is_scarce(error):
            raise
        raise _shortage(_reason(error)) from error


def _refusal(error: OSError) -> str:
    return f"a worker cannot be started: {_reason(error)}" if is_scarce(error) else ""


def _reason(error: OSError) -> str:
    return error.strerror or os.strerror(error.errno or 0)


def _shortage(reason: str) -> ShortageError:
    return ShortageError(
        f"a worker cannot be started: {reason}",
        hint="make room for more (files, processes, descriptors, memory); the run can then be recovered",
    )
