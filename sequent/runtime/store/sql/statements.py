"""The statements of a database by name, read from their file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

_TYPES = {"int": int, "str": str, "float": float, "bytes": bytes, "any": None}


class ColumnType(Struct, frozen=True):
    """The type of a column in an answer."""

    name: str
    type: type | None
    """None: the type that the database gives an expression."""
    is_nullable: bool


class Statement(Struct, frozen=True):
    """A statement, and the columns of its answer."""

    text: str
    columns: tuple[ColumnType, ...]


class Statements(Mapping[str, Statement]):
    """All statements of a file, each under its name and columns; each is read when it is first used."""

    def __init__(self, file: str) -> None:
        with open(file, encoding="utf-8") as texts:
            parts = texts.read().split("\n\n-- ")[1:]
        parts = [part for part in parts if not part.startswith("==")]
        self._parts = {part[: part.index("\n")].partition(":")[0]: part for part in parts}
        self._read: dict[str, Statement] = {}

    def __getitem__(self, name: str) -> Statement:
        statement = self._read.get(name)
        if statement is None:
            statement = self._read[name] = _statement(self._parts[name].partition("\n")[2])
        return statement

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)


def _statement(text: str) -> Statement:
    columns: tuple[ColumnType, ...] = ()
    if text.startswith("-- gives "):
        told, _, text = text.removeprefix("-- gives ").partition("\n")
        columns = tuple(map(_column, told.split(", ")))
    return Statement(text.rstrip("\n"), columns)


def _column(told: str) -> ColumnType:
    name, _, kind = told.rpartition(" ")
    return ColumnType(name, _TYPES[kind.removesuffix("?")], kind.endswith("?"))
