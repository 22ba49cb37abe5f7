"""The errors for values that cannot be stored, with advice on the value to use instead."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator, MappingView
from collections.abc import Set as AbstractSet
from typing import Any, cast

from sequent.errors import NotDataError
from sequent.model.wording import with_article

DATA = "numbers, text, lists, dicts, dates, paths, enums, attrs classes or dataclasses"
"""The types that can be stored, in words."""
_FILE = "a path to a file that holds it"
_BUFFERS: tuple[object, ...] = (bytearray, memoryview)
_PLAIN: tuple[type, ...] = (str, bytes, int, float, list, dict, tuple)


def refusal(value: object, name: str) -> NotDataError:
    """Return the error for a value that cannot be stored.

    Args:
        value: the value.
        name: its name in the error: ``result['conn']``.
    """
    kind = type(value)
    advice = _of_library(value)
    # A float64 or a Timestamp has the name of one of Python's own: its module distinguishes it.
    shown = kind.__qualname__ if advice is None else f"{kind.__module__}.{kind.__qualname__}"
    return NotDataError(
        f"{name} is {with_article(shown)}, which cannot be stored and read back", hint=advice or advice_for(kind)
    )


def or_pickled(hint: str) -> str:
    """Add the way to return any object to a hint, unless the value itself is easily made data."""
    return f"{hint}; or give the step result=Pickled, if pickle accepts it" if _FILE in hint else hint


def _of_library(value: object) -> str | None:
    """Return the replacement for a value of numpy, pandas, torch and the like; None for others."""
    kind = type(value)
    if hasattr(kind, "tolist"):
        return "give x.item()" if _is_single(value) else f"give x.tolist(), or {_FILE}"
    for method in ("to_pydatetime", "to_pytimedelta"):
        if hasattr(kind, method):
            return f"give x.{method}()"
    return f"give {_FILE}, or x.to_dict()" if hasattr(kind, "to_dict") else None


def _is_single(value: object) -> bool:
    try:
        return hasattr(type(value), "item") and cast("Any", value).ndim == 0
    except Exception:  # noqa: BLE001  whatever the author's class does: it is not asked twice
        return False


def advice_for(kind: type[Any]) -> str:
    """Return the replacement for an instance of a class."""
    if issubclass(kind, Generator | MappingView):
        return f"give list(x), or {_FILE}"
    if issubclass(kind, AbstractSet):
        return f"give data, such as sorted(x), a list: a set has no order; or {_FILE}"
    if issubclass(kind, tuple):
        return "make it a dataclass, or give tuple(x)"
    if kind in _BUFFERS:
        return f"give bytes(x), or {_FILE}"
    is_open = hasattr(kind, "close")
    if deque in kind.__mro__ or (issubclass(kind, Iterator) and not is_open):
        return f"give list(x), or {_FILE}"
    plain = next((plain for plain in _PLAIN if issubclass(kind, plain)), None)
    return f"give data ({DATA}), or {_FILE}" if plain is None else f"give {plain.__name__}(x)"
