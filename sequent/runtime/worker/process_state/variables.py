"""Context variables, of which each attempt has a copy of its own."""

from __future__ import annotations

import contextvars
import decimal


class ContextVariables:
    """The context variables before any step; attempts get copies, so a value set in one is gone with it.

    A context of decimal is changed in place, so where one was in use before, each attempt gets a copy of it as well.
    """

    def __init__(self) -> None:
        self._before = contextvars.copy_context()
        has_decimal = any(variable.name == "decimal_context" for variable in self._before)
        self._decimal = self._before.run(decimal.getcontext).copy() if has_decimal else None

    def copy(self) -> contextvars.Context:
        """Return a copy for one attempt."""
        copy = self._before.copy()
        if self._decimal is not None:
            copy.run(decimal.setcontext, self._decimal.copy())
        return copy
