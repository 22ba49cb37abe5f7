"""The table of all kinds of state that a worker restores after each attempt, and the way through it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from sequent.runtime.worker.process_state import interpreter, kernel, libraries, loggers, signals
from sequent.runtime.worker.process_state.libc import flush
from sequent.runtime.worker.process_state.state_kind import StateKind

_MOST_PASSES = 3


def table(further: list[StateKind]) -> list[StateKind]:
    """Return every kind in the order of restoring: first those that could stand in the way of others.

    Args:
        further: the kinds of the environment, the streams and loguru, which belong to the attempts.
    """
    return [
        *signals.kinds(),
        *further,
        *kernel.kinds(),
        *interpreter.kinds(),
        *loggers.kinds(),
        *libraries.kinds(),
    ]


class ProcessState:
    """The state of the process as it was before any step.

    Args:
        kinds: its kinds, in the order in which they are restored.
    """

    def __init__(self, kinds: list[StateKind]) -> None:
        self._limits = kernel.limit_kind()
        self._kinds = [(kind, kind.look()) for kind in (self._limits, *kinds)]
        self._limits_before = self._kinds[0][1]
        quick = [(kind.look, before) for kind, before in self._kinds if kind.is_quick]
        self._quick: list[Callable[[], object]] = [look for look, _ in quick]
        self._quick_before = [before for _, before in quick]
        self.beyond_repair: list[str] = []
        """The kinds that only a fresh process restores."""

    def is_quickly_found_unchanged(self) -> bool:
        """Return whether the quick kinds are unchanged."""
        return [look() for look in self._quick] == self._quick_before

    def lift_limits(self) -> None:
        """Restore only the limits, since the next calls may need descriptors or memory."""
        _put_right(self._limits, self._limits_before)

    def put_right(self) -> bool:
        """Look at every kind and restore those that were changed; return whether none was."""
        flush()
        changed = self._changed()
        still = changed
        for _ in range(_MOST_PASSES):
            if not still:
                break
            for kind, before in still:
                _put_right(kind, before)
            # Restoring one may undo another: closing a step's file, for instance, closes the descriptor of a stream.
            still = self._changed()
        self.beyond_repair += [kind.name for kind, _ in still]
        return not changed

    def _changed(self) -> list[tuple[StateKind, object]]:
        return [(kind, before) for kind, before in self._kinds if not _is_unchanged(kind, before)]


def _is_unchanged(kind: StateKind, before: object) -> bool:
    try:
        return bool(kind.look() == before)
    except Exception:  # noqa: BLE001 - state that cannot be looked at has been changed
        return False


def _put_right(kind: StateKind, before: object) -> None:
    if kind.restore is not None:
        # Objects that a step has left may raise anything; the next look shows whether the state was restored.
        with contextlib.suppress(Exception):
            kind.restore(before)
