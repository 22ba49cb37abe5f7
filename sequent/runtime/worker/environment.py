"""The environment variables by which steps, their commands and their child programs learn where they are."""

from __future__ import annotations

import functools
import os
import time

from sequent.runtime.context import LOGGER, Context
from sequent.runtime.worker.process_state.libc import Environment, zone
from sequent.runtime.worker.process_state.state_kind import StateKind

_LONGEST = 32_000


def variables_of(context: Context, item: str | None, prefix: str) -> dict[str, str]:
    """The variables of one attempt.

    Args:
        context: where the attempt is.
        item: the wire text of its item; None outside of repeats.
        prefix: what their names begin with.
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
    if item is not None:
        text = context.item if isinstance(context.item, str) else item
        # A variable cannot hold NUL, nor much: the item itself is in context().
        if "\0" not in text and len(text) < _LONGEST:
            variables[f"{prefix}STEP_ITEM"] = text
    return variables


@functools.cache
def _names(prefix: str) -> tuple[str, ...]:
    """Those of the variables that each attempt has."""
    step = ("NAME", "PATH", "SEQUENCE", "RECOVERY", "ATTEMPT")
    further = ("RUN_ID", "LOGGER_NAME", "IDEMPOTENCY_KEY", "ATTEMPT_TOKEN")
    return (*(f"{prefix}STEP_{name}" for name in step), *(f"{prefix}{name}" for name in further))


class StepEnvironment:
    """The environment of a process that exists for steps alone: each finds its own variables, and nobody else's."""

    def __init__(self) -> None:
        self._list = Environment()
        self._environ = os.environ
        self._before = dict(os.environ)
        self._really_before = self._list.variables()
        """With those that C code has set, of which ``os.environ`` does not tell."""
        self._variables: dict[str, str] = {}

    def change_to(self, variables: dict[str, str]) -> None:
        """Give the next step these variables beside those of the process itself."""
        last = self._variables
        for name, value in variables.items():
            if last.get(name) != value:
                os.environ[name] = value
        if last.keys() != variables.keys():
            for name in last.keys() - variables.keys():
                os.environ.pop(name, None)
        self._variables = variables
        self._list.remember()

    def kinds(self) -> list[StateKind]:
        """What there is to look at; the time zone after the environment, from which it is taken."""
        return [
            StateKind("environment", self._is_unchanged, self._restore, is_quick=True),
            StateKind("time zone", _zone, lambda _: time.tzset(), is_quick=True),
        ]

    def _is_unchanged(self) -> bool:
        return os.environ is self._environ and self._list.is_unchanged()

    def _restore(self, _: object) -> None:
        """Set what a step has set, in Python or in C; the C library never gives back the memory of what is set anew."""
        os.environ = self._environ  # noqa: B003 - it is no copy, but what a step has replaced by one
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
        # The C library may have looked at TZ meanwhile.
        time.tzset()


def _zone() -> tuple[object, ...]:
    return zone(), time.tzname, time.timezone, time.altzone, time.daylight
