"""The errors for settings that a flow cannot have."""

from __future__ import annotations

from collections.abc import Iterable

from sequent.errors import DefinitionError, Place
from sequent.model.wording import did_you_mean, repr_of


def unknown_key(key: object, where: str, known: Iterable[str], place: Place) -> DefinitionError:
    """Return the error for an unknown key."""
    is_of_project = key == "tool" and where.endswith("sequent.toml")
    hint = (
        "[tool.sequent] is for pyproject.toml: write its keys without it here"
        if is_of_project
        else did_you_mean(key, known)
    )
    return setting_error(f"{where} has no key {repr_of(key)}", place, hint)


def setting_error(message: str, place: Place, hint: str) -> DefinitionError:
    """Return the error for an invalid setting."""
    return DefinitionError(message, code="config", hint=hint, place=place)
