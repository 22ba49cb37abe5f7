"""Reads settings in TOML or YAML, from a file or an argument, with the line of each key."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

from attrs import evolve, field, frozen

from sequent.by_fields import ByFields
from sequent.errors import Place, SequentError, UsageError
from sequent.model.wording import did_you_mean
from sequent.settings.file_lookup import PROJECT
from sequent.settings.keywords import Settings, mapping_of, read_settings
from sequent.settings.mistakes import setting_error
from sequent.settings.paths import expanded

if TYPE_CHECKING:
    from yaml import Node

_DEEPEST = 8
_KEY = r"""(?:[\w-]+|"[^"]*"|'[^']*')"""
_KEYS = rf"{_KEY}(?:\s*\.\s*{_KEY})*"
_TABLE = re.compile(rf"\s*\[\[?\s*({_KEYS})\s*\]")
_ENTRY = re.compile(rf"\s*({_KEYS})\s*=")
_POSITION = re.compile(r" \(at line (\d+), column (\d+)\)$")

_Lines = dict[tuple[str, ...], int]
"""The line of each key, by the keys from the outermost inwards."""


TAG = "SEQUENT"
"""The default key of the settings in a file that contains other things as well."""


@frozen(eq=False, repr=False)
class SettingsFile(ByFields):
    """The contents of a file of settings, or of an argument in its place."""

    path: str
    """'' if it is not a file."""
    table: Mapping[Any, object] = field(repr=False)
    """The table that contains the settings."""
    given_at: Place | None = None
    """The author's line, if it is not a file."""
    _lines: _Lines = field(repr=False, factory=_Lines)
    _tag: tuple[str, ...] = ()

    def place(self, key: str) -> Place:
        """Return the place of a dotted key of the table, or of the key around it."""
        if self.given_at is not None:
            return self.given_at
        keys = (*self._tag, *(key.split(".") if key else ()))
        while keys and keys not in self._lines:
            keys = keys[:-1]
        return Place(self.path, self._lines.get(keys, 1))

    def settings(self, beside: Iterable[str] = ()) -> Settings:
        """Return the settings of a flow in it; relative paths are resolved from the file's directory.

        Raises:
            DefinitionError: as ``read_settings``, to which ``beside`` goes.
        """
        return read_settings(self.table, self.name, self.place, beside).seen_from(self.directory)

    @property
    def name(self) -> str:
        """The name in a message."""
        # pathlib is slow to load
        return os.path.basename(self.path) or "".join(("config", *(f"[{key!r}]" for key in self._tag)))

    @property
    def directory(self) -> str:
        """The directory of the file; '' if it is not a file: paths are then relative to the current directory."""
        return os.path.dirname(self.path)

    def under(self, tag: str) -> SettingsFile:
        """Return the settings under a key, or under a nested key: ``PRODUCTION.SEQUENT``.

        Without a tag, they are those under ``SEQUENT`` if there are any, or under ``tool.sequent`` in a project's file,
        else the whole table.

        Raises:
            DefinitionError: there is no such key, or it holds something else.
        """
        if tag:
            return self._within((tag,) if tag in self.table else tuple(tag.split(".")))
        if os.path.basename(self.path) == PROJECT:
            return self._within(("tool", "sequent"))
        return self._within((TAG,) if TAG in self.table else ())

    def _within(self, keys: tuple[str, ...]) -> SettingsFile:
        file = self
        for key in keys:
            # The original accepted a key in small letters as well.
            known = key if key in file.table else key.lower()
            if known not in file.table:
                raise setting_error(
                    f"{self.path or file.name} has no key {key!r}",
                    file.place(""),
                    did_you_mean(key, map(str, file.table)),
                )
            inner = file.table[known]
            if not isinstance(inner, Mapping):
                whole = ".".join((*file._tag, known))
                hint = f"write a table of settings, such as [{whole}] with max_concurrent = 4"
                raise setting_error(f"{whole!r} is {inner!r:.100}", file.place(known), hint)
            file = evolve(file, table=cast("Mapping[Any, object]", inner), tag=(*file._tag, known))
        return file


def read_file(path: str, tag: str = "") -> SettingsFile:
    """Read a file of settings: TOML if its name ends in ``.toml``, else YAML, which includes JSON.

    Args:
        path: its path.
        tag: the key under which the settings stand; see ``SettingsFile.under``.

    Raises:
        UsageError: it cannot be read, or does not have the format of its name.
        DefinitionError: it has no such key.
    """
    path = os.path.abspath(expanded(path, "the configuration"))
    text = _text(path)
    table, lines = _read_toml(path, text) if path.endswith(".toml") else _read_yaml(path, text)
    return SettingsFile(path, table, None, lines).under(tag)


def read_given(given: object, tag: str, place: Place) -> SettingsFile:
    """Read settings that were given as a mapping or a YAML string.

    Raises:
        DefinitionError: they are invalid, or have no such key.
    """
    table: object = given
    if isinstance(given, str):
        try:
            table, _ = _read_yaml("config", given)
        except SequentError as error:
            raise setting_error(error.message, place, "write a mapping in YAML: max_concurrent: 4") from error
    return SettingsFile("", mapping_of(table, "config", place), given_at=place).under(tag)


def _text(path: str) -> str:
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError as error:
        hint = "name the file in it" if isinstance(error, IsADirectoryError) else "name another with --config FILE"
        raise _error(f"the configuration {path!r} cannot be read: {error.strerror}", hint, path, 0) from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        message = f"{path}:{line}:{column}: byte {content[error.start]:#04x} is not UTF-8"
        raise _error(message, "write the file in UTF-8", path, line) from error


_TOML = 'correct it there; a setting is written as max_concurrent = 4, or store = "runs.db"'
_YAML = "correct it there; a setting is written as max_concurrent: 4, or store: runs.db"


def _error(message: str, hint: str, path: str, line: int = 1) -> UsageError:
    return UsageError(message, code="config-file", hint=hint, place=Place(path, line) if line else None)


# -- TOML


def _read_toml(path: str, text: str) -> tuple[Mapping[str, object], _Lines]:
    import tomllib

    try:
        return tomllib.loads(text), _toml_lines(text)
    except tomllib.TOMLDecodeError as error:
        found = _POSITION.search(str(error))
        told = _POSITION.sub("", str(error))
        # Only an error at the unexpected end of the file has no position.
        line, column = map(int, found.groups()) if found else (text.count("\n") + 1, 1)
        raise _error(f"{path}:{line}:{column}: this is not TOML: {told}", _TOML, path, line) from error


def _toml_lines(text: str) -> _Lines:
    """Return the first line on which each key is written; tomllib does not report it."""
    lines: _Lines = {}
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.split("\n"), 1):
        if found := _TABLE.match(line):
            table = _keys_in(found[1])
            _note(lines, table, number)
        elif found := _ENTRY.match(line):
            _note(lines, table + _keys_in(found[1]), number)
    return lines


def _keys_in(text: str) -> tuple[str, ...]:
    return tuple(key.strip("\"'") for key in re.findall(_KEY, text))


def _note(lines: _Lines, keys: tuple[str, ...], number: int) -> None:
    for depth in range(len(keys), 0, -1):
        lines.setdefault(keys[:depth], number)


# -- YAML, the original's format


def _read_yaml(path: str, text: str) -> tuple[Mapping[str, object], _Lines]:
    import yaml

    try:
        lines = dict(_yaml_lines(path, yaml.compose(text, yaml.SafeLoader)))
        table: object = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
        told = error.problem or error.context or "it cannot be read"
        raise _error(f"{path}:{line}:{column}: this is not YAML: {told}", _YAML, path, line) from error
    except yaml.YAMLError as error:
        raise _error(f"{path}:1:1: this is not YAML: {' '.join(str(error).split())}", _YAML, path) from error
    if table is None:
        return {}, lines
    if not isinstance(table, Mapping):
        raise _error(f"{path} is {table!r:.100}", "write a mapping: max_concurrent: 4", path)
    return cast("Mapping[str, object]", table), lines


def _yaml_lines(path: str, node: Node | None, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], int]]:
    """Yield the line of each key.

    Raises:
        UsageError: a key is written twice; YAML would silently use the last.
    """
    from yaml import MappingNode

    # A node may contain itself; settings are less deep.
    if not isinstance(node, MappingNode) or len(above) > _DEEPEST:
        return
    seen: set[str] = set()
    for key, value in node.value:
        keys, line = (*above, str(key.value)), key.start_mark.line + 1
        if keys[-1] in seen:
            raise _error(f"{keys[-1]!r} is given twice", "give it once", path, line)
        seen.add(keys[-1])
        yield keys, line
        yield from _yaml_lines(path, value, keys)
