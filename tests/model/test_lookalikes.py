"""What only looks like a kind of value that can be stored is refused, with what to give in its place."""

from __future__ import annotations

import sqlite3
import typing
from collections import OrderedDict, defaultdict, deque
from dataclasses import dataclass
from datetime import datetime
from enum import IntFlag

import pytest

from tests.model.written import refused


class Text(str):
    __slots__ = ()


class Number(int):
    pass


class Numbers(list[int]):
    pass


class Words(dict[str, int]):
    pass


class Moment(datetime):
    pass


class Pair(typing.NamedTuple):
    a: int
    b: int


class Mode(IntFlag):
    R = 1
    W = 2


@dataclass
class Conn(sqlite3.Connection):
    name: str = ""


class FromNumpy(float):
    """A number of a library: a float to Python."""

    ndim = 0

    def item(self) -> float:
        return float(self)

    def tolist(self) -> float:
        return float(self)


FromNumpy.__module__ = "numpy"
FromNumpy.__qualname__ = "float64"


class FromNumpyArray:
    ndim = 1

    def item(self) -> object: ...
    def tolist(self) -> list[float]:
        return []


FromNumpyArray.__module__ = "numpy"
FromNumpyArray.__qualname__ = "ndarray"


class FromPandas:
    def to_dict(self) -> dict[str, int]:
        return {}


FromPandas.__module__ = "pandas.core.frame"
FromPandas.__qualname__ = "DataFrame"


class Stamp(datetime):
    def to_pydatetime(self) -> datetime:
        return self


Stamp.__module__ = "pandas"


@pytest.mark.parametrize(
    ("value", "said", "advice"),
    [
        (Text("a"), "a Text", "str(x)"),
        (Number(1), "Number", "int(x)"),
        (Numbers(), "Numbers", "list(x)"),
        (Words(), "Words", "dict(x)"),
        (Moment(2026, 1, 1), "Moment", "give data"),
        (Pair(1, 2), "Pair", "make it a dataclass, or give tuple(x)"),
        (defaultdict(int), "a defaultdict", "dict(x)"),
        (OrderedDict(), "an OrderedDict", "dict(x)"),
        (deque([1]), "a deque", "list(x)"),
        (iter([1]), "a list_iterator", "list(x)"),
        ({1}, "a set", "sorted(x), a list"),
        (frozenset({1}), "a frozenset", "sorted(x), a list"),
        (bytearray(b"a"), "a bytearray", "bytes(x)"),
        (Mode.R | Mode.W, "not a single member", "its value"),
        (FromNumpy(1.5), "a numpy.float64", "x.item()"),
        (FromNumpyArray(), "a numpy.ndarray", "x.tolist(), or a path"),
        (FromPandas(), "a pandas.core.frame.DataFrame", "a path to a file that holds it, or x.to_dict()"),
        (Stamp(2026, 1, 1), "a pandas.Stamp", "x.to_pydatetime()"),
        (1j, "a complex", "give data"),
        (int, "a type", "give data"),
        (KeyError("a"), "a KeyError", "give data"),
        (Conn(":memory:"), "Conn", "give data"),
    ],
)
def test_what_only_looks_like_data_is_refused_with_what_to_give(value: object, said: str, advice: str) -> None:
    told = refused({"a": [value]})
    assert told.startswith("result['a'][0] is ")
    assert said in told
    assert f"hint: {'' if advice == 'give data' else 'give '}" in told or "make it" in told
    assert advice in told
