"""The environment variables that tell steps, their commands and their child programs where they are."""

from __future__ import annotations

import functools
import os
import time

from sequent.model.variables import OF_ATTEMPTS, STEP_HOST, STEP_ITEM
from sequent.runtime.context import LOGGER, Context
from sequent.runtime.worker.process_state.libc import Environment, PlacedVariables, zone
from sequent.runtime.worker.process_state.state_kind import StateKind

_LONGEST = 32_000


def variables_of(context: Context, item: str | None, prefix: str) -> dict[str, str]:
    """Return the variables of one attempt.

    Args:
        context: where the attempt is.
        item: the wire text of its item; None outside of repeats.
        prefix: the beginning of their names.
    """
    values = (
        context.name,
        context.path,
        context.sequence,
        str(context.recovery),
        str(context.attempt),
        context.run_id,
        LOGGER,
        context.idempotency_key,
        context.token,
    )
    variables = dict(zip(_names(prefix), values, strict=True))
    if context.host:
        variables[prefix + STEP_HOST] = context.host
    if item is not None:
        text = context.item if isinstance(context.item, str) else item
        # A variable cannot hold NUL, nor a long string; context() has the item itself.
        if "\0" not in text and len(text) < _LONGEST:
            variables[prefix + STEP_ITEM] = text
    return variables


@functools.cache
def _names(prefix: str) -> tuple[str, ...]:
    """Return the names of the variables that each attempt has."""
    return tuple(prefix + name for name in OF_ATTEMPTS)


class StepEnvironment:
    """The environment of a process that exists only for steps: each step finds its own variables, and no others."""

    def __init__(self, prefix: str) -> None:
        # A run that a step has started inherits those of that step, which not every step here replaces.
        for name in (STEP_ITEM, STEP_HOST):
            os.environ.pop(prefix + name, None)
        self._list = Environment()
        self._placed = PlacedVariables()
        # The variables as Python has read them; setting one in ``os.environ`` would call ``setenv``.
        self._texts: dict[bytes, bytes] = getattr(os.environ, "_data")  # noqa: B009 - private
        self._environ = os.environ
        self._before = dict(os.environ)
        self._really_before = self._list.variables()
        """Including those that C code has set, which ``os.environ`` does not have."""
        self._variables: dict[str, str] = {}

    def change_to(self, variables: dict[str, str]) -> None:
        """Give the next step these variables in addition to those of the process."""
        last = self._variables if self._is_unchanged() else {}
        has_moved = not last
        for name, value in variables.items():
            before = last.get(name)
            if before != value:
                key, text = name.encode(), value.encode("utf-8", "surrogateescape")
                if before is None or not self._placed.replace(key, text):
                    self._placed.put(key, text)
                    has_moved = True
                self._texts[key] = text
        if self._variables.keys() != variables.keys():
            for name in self._variables.keys() - variables.keys():
                os.environ.pop(name, None)
            has_moved = True
        self._variables = variables
        if has_moved:
            self._list.remember()

    def kinds(self) -> list[StateKind]:
        """Return the kinds of state to observe; the time zone comes after the environment, from which it is taken."""
        return [
            StateKind("environment", self._is_unchanged, self._restore, is_quick=True),
            StateKind("time zone", _zone, lambda _: time.tzset(), is_quick=True),
        ]

    def _is_unchanged(self) -> bool:
        return os.environ is self._environ and self._list.is_unchanged()

    def _restore(self, _: object) -> None:
        """Undo a step's changes, made in Python or C; the C library never frees memory of a variable that is reset."""
        os.environ = self._environ  # noqa: B003 - it is the original, which a step may have replaced by a copy
        for name in [name for name in os.environ if name not in self._before]:
            del os.environ[name]
        for name, value in self._before.items():
            if os.environ.get(name) != value:
                os.environ[name] = value
        really = self._list.variables()
        for name in really.keys() - self._really_before.keys():
            os.unsetenv(name)
        for name, value in self._really_before.items():
            if really.get(name) != value:
                os.putenv(name, value)
        self._variables = {}
        self._list.remember()
        # The C library may have read TZ meanwhile.
        time.tzset()


def _zone() -> tuple[object, ...]:
    return zone(), time.tzname, time.timezone, time.altzone, time.daylight
