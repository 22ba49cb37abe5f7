"""The object that is ``self`` in a step: an instance of the plain class, with the values that its body declares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn, cast


def instance_of(body: type, values: Mapping[str, object]) -> object:
    """Return an instance of a container's body, as a step sees it.

    Args:
        body: the class, as its author wrote it.
        values: the values of ``item()``, ``param()`` and ``outer``, by name.
    """
    instance = cast("object", object.__new__(body))
    instance.__dict__.update(values)
    return instance


def make_read_only(body: type) -> None:
    """Make the instances of a body read-only, so that a step cannot leave values in them for others."""
    changes: Any = body
    if changes.__setattr__ is object.__setattr__:
        # An instance lives as long as one attempt: a value written to it would be lost silently.
        changes.__setattr__ = _refuse_change
        changes.__delattr__ = _refuse_change


def _refuse_change(self: object, name: str, value: object = None) -> NoReturn:
    del value
    raise AttributeError(f"{type(self).__name__!r} is read-only: return {name!r} as the step's result")
