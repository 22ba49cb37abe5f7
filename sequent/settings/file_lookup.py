"""Finds the file with the settings: the named one, or the nearest one."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from sequent.errors import Place, UsageError

PROJECT = "pyproject.toml"
NAMES = ("sequent.toml", "sequent.yaml", "sequent.yml", PROJECT)
"""The possible names; the first of these in a directory is used."""
_TABLE = rb"(?m)^\s*\[\s*tool\s*\.\s*[\"']?sequent[\"']?\s*[\].]"
_KEY = rb"(?m)^\s*(?:tool\s*\.\s*)?[\"']?sequent[\"']?\s*[.=]|^\s*tool\s*=.*sequent"
"""The key may be written like this, but so may entries of a list of dependencies.

Few directories have a project file, so these are compiled when there is one.
"""


def find_file(directory: str) -> str | None:
    """Return the nearest file of settings, from a directory up to the root of its repository, or the user's home.

    Most project files contain no settings of Sequent, and are passed over.

    Raises:
        UsageError: the file belongs to another user, who could choose the code that runs.
    """
    for place in _upwards(directory):
        for name in NAMES:
            path = os.path.join(place, name)
            if os.path.isfile(path) and (name != PROJECT or _is_for_sequent(path)):
                _refuse_foreign(path)
                return path
    return None


def _upwards(directory: str) -> Iterator[str]:
    place, home = os.path.realpath(directory), os.path.realpath(os.path.expanduser("~"))
    while True:
        yield place
        above = os.path.dirname(place)
        if place in (above, home) or os.path.lexists(os.path.join(place, ".git")):
            return
        place = above


def _is_for_sequent(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError:
        return False
    return re.search(_TABLE, content) is not None or (re.search(_KEY, content) is not None and _has_key(content))


def _has_key(content: bytes) -> bool:
    import tomllib

    try:
        tool: object = tomllib.loads(content.decode()).get("tool")
    except ValueError:
        return False
    return isinstance(tool, dict) and "sequent" in tool


def _refuse_foreign(path: str) -> None:
    if os.stat(path).st_uid not in (0, os.geteuid()):
        raise UsageError(
            f"the configuration {path!r} belongs to another user, and is used only if you name it",
            code="foreign-config",
            hint=f"name it, if you trust it: --config {path}, or SEQUENT_CONFIG",
            place=Place(path, 1),
        )
