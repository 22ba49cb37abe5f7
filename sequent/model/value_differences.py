"""The differences between two stored values, part by part."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final, NamedTuple, cast

from sequent.model.pickles import has_pickle

ABSENT: Final = object()
"""In place of a part that one of the values does not have."""


class ValueDifference(NamedTuple):
    """A part that differs."""

    at: str
    """Its place as Python writes it: ``[2]["name"]``; '' for the whole value."""
    before: object
    """As JSON has it; ``ABSENT`` if it is not there."""
    after: object


def differences_of(before: str, after: str) -> list[ValueDifference] | None:
    """Return the parts in which two wire texts differ, in their order; None if pickles cannot be compared."""
    if before == after:
        return []
    if has_pickle(before) or has_pickle(after):
        return None
    return [*_between(json.loads(before), json.loads(after), "")]


def _between(before: object, after: object, at: str) -> Iterator[ValueDifference]:
    match before, after:
        case dict(), dict():
            old, new = cast("dict[str, object]", before), cast("dict[str, object]", after)
            for key in dict.fromkeys((*old, *new)):
                # A tag of a stored form is no key that an author has written.
                below = at if key.startswith("$") else f"{at}[{json.dumps(key, ensure_ascii=False)}]"
                yield from _between(old.get(key, ABSENT), new.get(key, ABSENT), below)
        case list(), list():
            former, latter = cast("list[object]", before), cast("list[object]", after)
            for number in range(max(len(former), len(latter))):
                yield from _between(_at(former, number), _at(latter, number), f"{at}[{number}]")
        case _:
            if type(before) is not type(after) or before != after:
                yield ValueDifference(at, before, after)


def _at(values: list[object], number: int) -> object:
    return values[number] if number < len(values) else ABSENT
