"""What a flow of the builder is given beside its steps: its settings, and where and as what it is run."""

from __future__ import annotations

import os
from typing import Any, cast

from sequent.dsl.counts import option_error, quoted
from sequent.dsl.settings import Settings, mapping_of, read_settings, setting_error, unknown_key
from sequent.errors import DefinitionError, Place, UsageError

_STEP_KEYS = ("max_concurrent", "stop_on_exception", "task_construct")


def read_config(config: object, tag: str, place: Place) -> Settings:
    """The settings of a whole flow.

    Args:
        config: a mapping by the original's keywords, or the path of a file that holds one.
        tag: the key in it where they begin; empty: they are the mapping itself.
        place: the author's line.

    Raises:
        DefinitionError: there is no such file, the tag or a key is unknown, or a value is of the wrong type.
        UsageError: the file is not what its name says.
    """
    if isinstance(config, str | os.PathLike):
        from sequent.dsl.files import read_file

        try:
            return read_file(os.fspath(cast("str | os.PathLike[str]", config)), tag).settings()
        except UsageError as error:
            if error.place is not None:
                raise
            hint = "it is the path of a file in TOML or YAML, or a dict"
            raise DefinitionError(error.message, code=error.code, hint=hint, place=place) from None
    name = "config"
    table = mapping_of(config, name, place)
    if tag and table:
        if tag not in table:
            raise unknown_key(tag, "config", map(str, table), place)
        name = f"config[{tag!r}]"
        table = mapping_of(table[tag], name, place)
    return read_settings(table, name, lambda _: place)


def read_store(store: object, place: Place) -> str:
    """The path or URL of a store, or its name among the configuration's; empty where none is named.

    Raises:
        DefinitionError: it is no text and no path.
    """
    if store is None or isinstance(store, str | os.PathLike):
        return os.fspath(cast("str | os.PathLike[str]", store or ""))
    hint = "it is a path, ':memory:', sqlite:///FILE, or a name in DATABASES of config"
    raise option_error(f"'store' is {store!r:.100}", place, hint)


def read_text(value: object, name: str, example: str, place: Place) -> str | None:
    """A text, or None.

    Raises:
        DefinitionError: it is something else.
    """
    if value is None or isinstance(value, str):
        return value
    raise option_error(f"{quoted(name)} is {value!r:.100}", place, f"it is a text: {example!r}")


def read_step_config(config: object, options: dict[str, Any], place: Place) -> None:
    """Move the settings of one step among its options.

    Raises:
        DefinitionError: a key is unknown, or given among the options as well.
    """
    for key, value in mapping_of(config, "config", place).items():
        if key not in _STEP_KEYS:
            raise unknown_key(key, "config of a step", _STEP_KEYS, place)
        if key in options:
            raise setting_error(f"{key!r} is given twice", place, "give it in config, or as an option")
        options[key] = value
