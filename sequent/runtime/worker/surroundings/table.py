"""The one table of all kinds of state that a worker puts right after each attempt, and how it is gone through."""

from __future__ import annotations

from collections.abc import Callable

from sequent.runtime.worker.surroundings import interpreter, kernel, libraries, loggers, signals
from sequent.runtime.worker.surroundings.kinds import Kind
from sequent.runtime.worker.surroundings.libc import flush


def table(further: list[Kind]) -> list[Kind]:
    """Every kind, in the order in which they are put right: first what could stand in the way of the others.

    Args:
        further: those of the environment, the streams and loguru, which belong to the attempts.
    """
    return [
        *signals.kinds(),
        *further,
        *kernel.kinds(),
        *interpreter.kinds(),
        *loggers.kinds(),
        *libraries.kinds(),
    ]


class Surroundings:
    """The state of the process as it was before any step.

    Args:
        kinds: what belongs to it, in the order in which it is put right.
    """

    def __init__(self, kinds: list[Kind]) -> None:
        self._limits = kernel.limit_kind()
        self._kinds = [(kind, kind.look()) for kind in (self._limits, *kinds)]
        self._limits_before = self._kinds[0][1]
        quick = [(kind.look, before) for kind, before in self._kinds if kind.is_quick]
        self._quick: list[Callable[[], object]] = [look for look, _ in quick]
        self._quick_before = [before for _, before in quick]
        self.beyond_repair: list[str] = []
        """The kinds that only a fresh process has as they were."""

    def are_quickly_found_unchanged(self) -> bool:
        """Look at what costs little."""
        return [look() for look in self._quick] == self._quick_before

    def lift_limits(self) -> None:
        """Put right the limits alone, since what comes next may need descriptors or memory."""
        _put_right(self._limits, self._limits_before)

    def put_right(self) -> bool:
        """Look at everything, and put right what was changed; say whether nothing was."""
        flush()
        changed = [kind.name for kind, before in self._kinds if not self._is_right(kind, before)]
        return not changed

    def _is_right(self, kind: Kind, before: object) -> bool:
        if _is_unchanged(kind, before):
            return True
        if not _put_right(kind, before):
            self.beyond_repair.append(kind.name)
        return False


def _is_unchanged(kind: Kind, before: object) -> bool:
    try:
        return bool(kind.look() == before)
    except Exception:  # noqa: BLE001 - what cannot be looked at has been changed
        return False


def _put_right(kind: Kind, before: object) -> bool:
    if kind.restore is not None:
        try:
            kind.restore(before)
        except Exception:  # noqa: BLE001 - what a step has left may raise anything
            return False
    return _is_unchanged(kind, before)
