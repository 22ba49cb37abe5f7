"""Reads the ``config`` and ``store`` of a flow, and the ``config`` of a step of the builder."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, cast

from attrs import evolve

from sequent.errors import DefinitionError, Place, UsageError
from sequent.model.option_readers import option_error
from sequent.model.option_table import SETTINGS
from sequent.model.wording import repr_of
from sequent.settings.keywords import Settings, mapping_of
from sequent.settings.mistakes import setting_error, unknown_key
from sequent.settings.paths import expanded

if TYPE_CHECKING:
    from sequent.settings.files import SettingsFile


def read_config(config: object, tag: str, module: str, place: Place) -> Settings:
    """Read the settings of a whole flow.

    Settings for logging also show the output of steps, as in the original, unless they have ``console: False``.

    Args:
        config: a mapping by the original's keywords, a YAML string, or the path of a file with one.
        tag: the key in it under which they are; '': the mapping itself has them.
        module: the author's file; a path is looked for beside it as well.
        place: the author's line.

    Raises:
        DefinitionError: there is no such file, the tag or a key is unknown, or a value is of the wrong type.
        UsageError: the file does not have the format of its name.
    """
    file = _settings_of(config, tag, module, place)
    settings = file.settings()
    if "LOGGING" in file.table and "logging_console" not in settings.values:
        values = {**settings.values, "logging_console": True}
        return evolve(settings, values=values, places={**settings.places, "logging_console": file.place("LOGGING")})
    return settings


def _settings_of(config: object, tag: str, module: str, place: Place) -> SettingsFile:
    # Few flows have settings in a file, and the reader compiles large regular expressions.
    from sequent.settings.files import SettingsFile, read_file, read_given

    if config is None:
        return SettingsFile("", {}, given_at=place)
    if not isinstance(config, str | os.PathLike):
        return read_given(config, tag, place)
    path = os.fspath(cast("str | os.PathLike[str]", config))
    named = file_named(path, module, place)
    if not named and isinstance(config, str) and is_yaml(path):
        return read_given(path, tag, place)
    try:
        return read_file(named or path, tag)
    except UsageError as error:
        if error.place is not None:
            raise
        hint = "give the path of a TOML or YAML file, a YAML string, or a dict"
        raise DefinitionError(error.message, code=error.code, hint=hint, place=place) from None


def is_yaml(text: str) -> bool:
    """Return whether a string contains settings itself, and is not the name of a file."""
    return "\n" in text or ": " in text or text.startswith("{")


def file_named(path: str, module: str, place: Place) -> str:
    """Return the file that a path names, in the current directory or beside the author's; '' if there is none."""
    if is_yaml(path):
        return ""
    path = expanded(path, "config", place)
    beside = os.path.join(os.path.dirname(module), path)
    return next((file for file in (path, beside) if os.path.isfile(file)), "")


def read_store(store: object, place: Place) -> str:
    """Read the path or URL of a store, or its name in the configuration; '' if none is given.

    Raises:
        DefinitionError: it is neither a string nor a path.
    """
    if store is None or isinstance(store, str | os.PathLike):
        return expanded(os.fspath(cast("str | os.PathLike[str]", store or "")), "'store'", place)
    hint = "give a path, ':memory:', sqlite:///FILE, postgresql://USER@HOST/DATABASE, or a name in DATABASES of config"
    raise option_error(f"'store' is {repr_of(store)}", place, hint)


def read_step_config(config: object, options: dict[str, Any], place: Place) -> None:
    """Move the settings of one step to its options.

    Raises:
        DefinitionError: a key is unknown, or given among the options as well.
    """
    for key, value in mapping_of(config, "config", place).items():
        if key not in SETTINGS:
            raise unknown_key(key, "config of a step", SETTINGS, place)
        if key in options:
            raise setting_error(f"{key!r} is given twice", place, "give it in config, or as an option")
        options[key] = value
