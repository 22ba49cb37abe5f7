"""Records as JSON: written for rows, for messages within others and for other processes, and checked when read."""

from __future__ import annotations

from typing import Annotated, TypeVar

import attrs
from msgspec import Meta, convert, to_builtins

from sequent.errors import NotDataError
from sequent.model.json_text import ascii_writer, read_json

T = TypeVar("T")

MOST = 2**53
"""Whole numbers are smaller: no run has as many of anything."""
LATEST = 221_845_392_000.0
"""Times are before the year 9000, and not before 1970: others have no form for people."""

Count = Annotated[int, Meta(ge=0, lt=MOST)]
Number = Annotated[int, Meta(gt=-MOST, lt=MOST)]
Moment = Annotated[float, Meta(ge=0, lt=LATEST)]
"""Seconds since 1970."""


def number_or(number: int, otherwise: int) -> int:
    """The author's number as a record holds it, without a class of its own; or the other where it is too large."""
    plain = int.__index__(number)
    return plain if -MOST < plain < MOST else otherwise


# ASCII alone: paths and messages may hold lone surrogates, which have no other form in a database or a message.
_dump = ascii_writer()


def text_of_record(record: object) -> str:
    """The JSON of a record, or of anything that records consist of, in ASCII."""
    # A mapping that is no dict becomes one.
    return _dump(to_builtins(record, enc_hook=dict))


def read_record(kind: type[T], text: str, name: str) -> T:
    """The record that ``text_of_record`` wrote.

    Args:
        kind: its class, or what it is made of, such as ``dict[str, Count]``.
        text: JSON.
        name: its name in an error.

    Raises:
        NotDataError: it is none of these: a field is missing, of another type or out of its range, or one too many.
    """
    try:
        tree = read_json(text, name)
        record = convert(tree, kind)
    except ValueError as error:
        raise NotDataError(f"{name} cannot be read: {error}") from error
    # Where a class is one of attrs, what it does not know would be passed over.
    if attrs.has(kind) and isinstance(tree, dict) and not tree.keys() <= attrs.fields_dict(kind).keys():
        raise NotDataError(f"{name} cannot be read: it has other fields")
    return record
