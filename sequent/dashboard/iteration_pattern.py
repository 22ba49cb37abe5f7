"""Reads the iterations that a person names: ``1.2.*``."""

from __future__ import annotations

from sequent.errors import UsageError

_MOST_LEVELS = 64
_MOST_DIGITS = 15


def read_pattern(text: str) -> tuple[int, ...]:
    """Return the numbers of the iterations that are named, from the outermost on; none for ``*``.

    Raises:
        UsageError: the text has something else than numbers.
    """
    numbers = text.strip().removesuffix("*").removesuffix(".")
    parts = numbers.split(".") if numbers else []
    if len(parts) > _MOST_LEVELS or not all(part.isdecimal() and len(part) <= _MOST_DIGITS for part in parts):
        raise UsageError(f"{text!r:.100} has no numbers of iterations", hint="write them as 1.2.*")
    return tuple(map(int, parts))
