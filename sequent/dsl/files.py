"""Files of settings, in TOML or YAML: what one says, and on which line."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, cast

from attrs import evolve, field, frozen

from sequent.dsl.names import did_you_mean
from sequent.dsl.settings import Settings, read_settings
from sequent.errors import Place, UsageError

if TYPE_CHECKING:
    from yaml import Node

_DEEPEST = 8
_KEY = r"""(?:[\w-]+|"[^"]*"|'[^']*')"""
_KEYS = rf"{_KEY}(?:\s*\.\s*{_KEY})*"
_TABLE = re.compile(rf"\s*\[\[?\s*({_KEYS})\s*\]")
_ENTRY = re.compile(rf"\s*({_KEYS})\s*=")
_POSITION = re.compile(r" \(at line (\d+), column (\d+)\)$")

_Lines = dict[tuple[str, ...], int]
"""The line of each key, by the keys from the outermost in."""


PROJECT = "pyproject.toml"
TAG = "SEQUENT"
"""The key under which settings stand in a file that holds other things as well, where nobody names another."""


@frozen
class SettingsFile:
    """A file that has been read."""

    path: str
    table: Mapping[str, object] = field(repr=False)
    """The table in it that holds the settings."""
    _lines: _Lines = field(repr=False)
    _tag: tuple[str, ...] = ()

    def place(self, key: str) -> Place:
        """Where a dotted key of the table stands, or what it stands in."""
        keys = (*self._tag, *(key.split(".") if key else ()))
        while keys and keys not in self._lines:
            keys = keys[:-1]
        return Place(self.path, self._lines.get(keys, 1))

    def settings(self, beside: Iterable[str] = ()) -> Settings:
        """What it says about a flow; a path in it is seen from the directory that it lies in.

        Raises:
            DefinitionError: as ``read_settings``, to which ``beside`` goes.
        """
        name = os.path.basename(self.path)  # noqa: PTH119  pathlib is slow to load
        return read_settings(self.table, name, self.place, beside).seen_from(self.directory)

    @property
    def directory(self) -> str:
        """Where it lies."""
        return os.path.dirname(self.path)  # noqa: PTH120  as above


def read_file(path: str, tag: str = "") -> SettingsFile:
    """Read a file of settings.

    Args:
        path: where it is; what it is called says whether it is YAML (``.yaml``, ``.yml``) or TOML.
        tag: the key under which the settings stand; without one, ``SEQUENT`` if it has that, ``tool.sequent`` in a
            ``pyproject.toml``, else no key.

    Raises:
        UsageError: it cannot be read, is not what its name says, or has no such key.
    """
    path = os.path.abspath(os.path.expanduser(path))  # noqa: PTH100, PTH111  as above
    text = _text(path)
    table, lines = _read_yaml(path, text) if path.endswith((".yaml", ".yml")) else _read_toml(path, text)
    keys: tuple[str, ...] = (tag,) if tag else ()
    if not tag and os.path.basename(path) == PROJECT:  # noqa: PTH119  as above
        keys = ("tool", "sequent")
    elif not tag and TAG in table:
        keys = (TAG,)
    return _within(SettingsFile(path, table, lines), keys)


def _within(file: SettingsFile, tag: tuple[str, ...]) -> SettingsFile:
    """The table of a file that stands under these keys."""
    path, table = file.path, file.table
    for depth, key in enumerate(tag):
        if key not in table:
            raise _error(f"{path} has no key {key!r}", did_you_mean(key, map(str, table)), path)
        inner = table[key]
        if not isinstance(inner, Mapping):
            line = file.place(".".join(tag[: depth + 1])).line
            raise _error(f"{key!r} is {inner!r:.100}", "it is a table of settings", path, line)
        table = cast("Mapping[str, object]", inner)
    return evolve(file, table=table, tag=tag)


def _text(path: str) -> str:
    try:
        with open(path, "rb") as file:  # noqa: PTH123  as above
            content = file.read()
    except OSError as error:
        what = "name the file in it" if isinstance(error, IsADirectoryError) else "name another with --config FILE"
        raise _error(f"the configuration {path!r} cannot be read: {error.strerror}", what, path, 0) from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        message = f"{path}:{line}:{column}: byte {content[error.start]:#04x} is no UTF-8"
        raise _error(message, "write the file in UTF-8", path, line) from error


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
        # Only an end that comes too early has no position of its own.
        line, column = map(int, found.groups()) if found else (text.count("\n") + 1, 1)
        raise _error(f"{path}:{line}:{column}: this is not TOML: {told}", "correct it", path, line) from error


def _toml_lines(text: str) -> _Lines:
    """The first line on which each key is written; tomllib does not tell."""
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


# -- YAML, as the original has it


def _read_yaml(path: str, text: str) -> tuple[Mapping[str, object], _Lines]:
    import yaml

    try:
        lines = dict(_yaml_lines(path, yaml.compose(text, yaml.SafeLoader)))
        table: object = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
        told = error.problem or error.context or "it cannot be read"
        raise _error(f"{path}:{line}:{column}: this is not YAML: {told}", "correct it", path, line) from error
    except yaml.YAMLError as error:
        raise _error(f"{path}:1:1: this is not YAML: {' '.join(str(error).split())}", "correct it", path) from error
    if table is None:
        return {}, lines
    if not isinstance(table, Mapping):
        raise _error(f"{path} is {table!r:.100}", "it is a mapping: max_concurrent: 4", path)
    return cast("Mapping[str, object]", table), lines


def _yaml_lines(path: str, node: Node | None, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], int]]:
    """The line of each key.

    Raises:
        UsageError: a key is written twice, of which YAML would silently take the last.
    """
    from yaml import MappingNode

    # A node may hold itself; settings are less deep.
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
