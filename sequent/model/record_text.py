"""Writes records as JSON, for rows, messages and other processes, and checks them when it reads them."""

from __future__ import annotations

from typing import Annotated, TypeVar

from msgspec import Meta, convert, to_builtins

from sequent.errors import NotDataError
from sequent.model.json_text import ascii_writer, read_json

T = TypeVar("T")

MOST = 2**53
"""The limit of integers: no run has as many of anything."""
LATEST = 221_845_392_000.0
"""The limit of times, from 1970 to the year 9000: people cannot read others."""

Count = Annotated[int, Meta(ge=0, lt=MOST)]
Number = Annotated[int, Meta(gt=-MOST, lt=MOST)]
Moment = Annotated[float, Meta(ge=0, lt=LATEST)]
"""Seconds since 1970."""


def number_or(number: int, otherwise: int) -> int:
    """Return the author's number as a plain int, or the other one if it is too large for a record."""
    plain = int.__index__(number)
    return plain if -MOST < plain < MOST else otherwise


# ASCII only: paths and messages may contain lone surrogates, which databases and messages cannot represent otherwise.
_dump = ascii_writer()


def text_of_record(record: object) -> str:
    """Return the JSON of a record, or of any part of one, in ASCII."""
    # A mapping of another class becomes a dict.
    return _dump(to_builtins(record, enc_hook=dict))


def read_record(kind: type[T], text: str, name: str) -> T:
    """Return the record that ``text_of_record`` wrote.

    Args:
        kind: its class, or another type of which records consist, such as ``dict[str, Count]``.
        text: JSON.
        name: its name in an error.

    Raises:
        NotDataError: the text is not such a record: a field is missing, unknown, of another type or out of range.
    """
    try:
        tree = read_json(text, name)
        record = convert(tree, kind)
    except ValueError as error:
        raise NotDataError(f"{name} cannot be read: {error}") from error
    # Of attrs classes, unknown fields would be ignored. Many records are of msgspec, so attrs may not be loaded.
    fields = getattr(kind, "__attrs_attrs__", None)
    if fields is not None and isinstance(tree, dict) and not tree.keys() <= {field.name for field in fields}:
        raise NotDataError(f"{name} cannot be read: it has other fields")
    return record
