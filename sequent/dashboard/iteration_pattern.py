"""Reads the iterations that a person names: ``1.2.*``."""

from __future__ import annotations

from sequent.errors import UsageError
from sequent.model.scope import is_sequence


def read_pattern(text: str) -> tuple[int, ...]:
    """Return the numbers of the iterations that are named, from the outermost on; none for ``*``.

    Raises:
        UsageError: the text has something else than numbers.
    """
    numbers = text.strip().removesuffix("*").removesuffix(".")
    if not numbers:
        return ()
    if not is_sequence(numbers):
        raise UsageError(f"{text!r:.100} has no numbers of iterations", hint="write them as 1.2.*")
    return tuple(map(int, numbers.split(".")))
