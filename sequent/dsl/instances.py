"""What ``self`` is in a step: an instance of the plain class, with the values of what its body declares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn, cast


def instance_of(body: type, values: Mapping[str, object]) -> object:
    """An instance of a container's body, as a step sees it.

    Args:
        body: the class, as its author wrote it.
        values: what it declares with ``item()``, ``param()`` and ``outer``, by name.
    """
    instance = cast("object", object.__new__(body))
    instance.__dict__.update(values)
    return instance


def make_read_only(body: type) -> None:
    """Let the instances of a body be what a step reads, and nothing that it could leave behind for others."""
    changes: Any = body
    if changes.__setattr__ is object.__setattr__:
        # An instance lives as long as one attempt: what is written to it would be lost silently.
        changes.__setattr__ = _refuse_change
        changes.__delattr__ = _refuse_change


def _refuse_change(self: object, name: str, value: object = None) -> NoReturn:
    del value
    raise AttributeError(f"{type(self).__name__!r} is read-only: return {name!r} as the step's result")
