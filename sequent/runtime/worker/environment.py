"""The environment variables by which steps, their commands and their child programs learn where they are."""

from __future__ import annotations

import os
from typing import Any

from sequent.runtime.context import LOGGER, Context

_LONGEST = 32_000


def variables_of(context: Context, item: str | None, prefix: str) -> dict[str, str]:
    """The variables of one attempt.

    Args:
        context: where the attempt is.
        item: the wire text of its item; None outside of repeats.
        prefix: what their names begin with.
    """
    variables = {
        f"{prefix}STEP_NAME": context.name,
        f"{prefix}STEP_PATH": context.path,
        f"{prefix}STEP_SEQUENCE": context.sequence,
        f"{prefix}STEP_RECOVERY": str(context.recovery),
        f"{prefix}STEP_ATTEMPT": str(context.attempt),
        f"{prefix}RUN_ID": context.run_id,
        f"{prefix}LOGGER_NAME": LOGGER,
        f"{prefix}IDEMPOTENCY_KEY": context.idempotency_key,
        f"{prefix}ATTEMPT_TOKEN": context.token,
    }
    if item is not None:
        text = context.item if isinstance(context.item, str) else item
        # A variable cannot hold NUL, nor much: the item itself is in context().
        if "\0" not in text and len(text) < _LONGEST:
            variables[f"{prefix}STEP_ITEM"] = text
    return variables


class StepEnvironment:
    """The environment of a process that exists for steps alone: each finds its own variables, and nobody else's.

    What a step has changed in ``os.environ`` is put right before the next one begins. The mapping beneath
    ``os.environ`` is compared as a whole, since that costs a hundredth of reading it name by name.
    """

    def __init__(self) -> None:
        inner: Any = os.environ
        self._names: dict[bytes, bytes] = inner._data  # noqa: SLF001 - see above
        self._before = dict(self._names)
        self._seen = self._before
        self._variables: dict[str, str] = {}

    def change_to(self, variables: dict[str, str]) -> None:
        """Give the next step these variables beside those of the process itself."""
        if self._names != self._seen:
            self._restore()
        last = self._variables
        for name, value in variables.items():
            if last.get(name) != value:
                os.environ[name] = value
        for name in last.keys() - variables.keys():
            os.environ.pop(name, None)
        self._variables = variables
        self._seen = dict(self._names)

    def _restore(self) -> None:
        for name in self._names.keys() - self._before.keys():
            del os.environ[os.fsdecode(name)]
        for name, value in self._before.items():
            # The C library never gives back the memory of what is set anew.
            if self._names.get(name) != value:
                os.environ[os.fsdecode(name)] = os.fsdecode(value)
        self._variables = {}
