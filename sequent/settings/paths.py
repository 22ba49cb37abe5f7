"""Paths as people write them in settings: with ``~``, ``$VAR`` and ``${VAR}`` in them."""

from __future__ import annotations

import os
import re

from sequent.errors import DefinitionError, Place

_VARIABLE = r"\$(?:(\w+)|\{([^}]*)\})"


def expanded(text: str, name: str, place: Place | None = None) -> str:
    """Return a path with the home directory and the values of variables filled in; or a string such as a URL.

    Args:
        text: the path.
        name: its name in a message.
        place: the author's line.

    Raises:
        DefinitionError: a variable in it is not set, so the path would be a wrong one.
    """
    if "$" not in text and not text.startswith("~"):
        return text
    for plain, braced in re.findall(_VARIABLE, text):
        if (plain or braced) not in os.environ:
            raise DefinitionError(
                f"{name} is {text!r:.100}, and the variable {plain or braced!r} is not set",
                code="config",
                hint="set it, or write the path out",
                place=place,
            )
    return os.path.expanduser(os.path.expandvars(text))


def path_from(directory: str, location: str) -> str:
    """Return a path resolved from a directory; ``:memory:`` and URLs stay as they are."""
    if location == ":memory:" or "://" in location:
        return location
    return os.path.join(directory, location)
