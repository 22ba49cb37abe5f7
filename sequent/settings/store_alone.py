"""Finds the store where nothing else is set, so that most commands that only read a store read no settings."""

from __future__ import annotations

from collections.abc import Mapping

from sequent.model.variables import CONFIG, NO_SETTINGS, PREFIX, SECRET_PREFIX, STORE
from sequent.settings.file_lookup import find_file
from sequent.settings.paths import expanded


def has_settings(environment: Mapping[str, str], directory: str) -> bool:
    """Return whether there is any setting other than the store's variable: a file, or another variable."""
    if environment.get(CONFIG) or find_file(directory) is not None:
        return True
    return any(
        text and name.startswith(PREFIX) and name not in NO_SETTINGS | {STORE} and not name.startswith(SECRET_PREFIX)
        for name, text in environment.items()
    )


def store_alone(typed: str | None, environment: Mapping[str, str]) -> str | None:
    """Return the store where there are no other settings; None for the user's own.

    Raises:
        DefinitionError: a variable in its path is not set.
    """
    given = typed or environment.get(STORE)
    return expanded(given, "'store'") if given else None
