"""Checks that the text of a value has only forms that can be read back, whatever the classes that it names."""

from __future__ import annotations

from typing import Any, cast

from sequent.errors import NotDataError
from sequent.model.pickles import PICKLE
from sequent.model.scalars import READERS

_MARK = '"$'
"""The beginning of each tag; a text without it has plain JSON only."""


_PAIRS: dict[str, tuple[type, type]] = {"$r": (str, dict), "$fs": (int, list), "$e": (str, str)}
"""The kinds of both parts of forms that are pairs: records by class, failures by number, members of enums."""


def check_forms(text: str, tree: object) -> None:
    """Check a value that comes from another process.

    Args:
        text: its wire text.
        tree: the same as JSON.

    Raises:
        NotDataError: it has a form in which no value is stored.
    """
    if _MARK not in text:
        return
    try:
        _check(tree)
    except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, RecursionError) as error:
        raise NotDataError(f"it has none of the forms in which values are stored: {text:.80}") from error


def _check(tree: object) -> None:
    if isinstance(tree, list):
        for item in cast("list[object]", tree):
            _check(item)
    elif isinstance(tree, dict):
        mapping = cast("dict[str, Any]", tree)
        tag = next(iter(mapping), "")
        if len(mapping) == 1 and tag.startswith("$"):
            _check_tagged(tag, mapping[tag])
        else:
            _check([*mapping.values()])


def _check_tagged(tag: str, content: object) -> None:
    if tag in READERS or tag == PICKLE:
        _check(content)
        if tag in READERS and type(content) is not dict:
            READERS[tag](content)
    elif tag == "$t" and isinstance(content, list):
        _check(cast("object", content))
    elif tag == "$d":
        for key, item in cast("list[list[object]]", content):
            _check([key, item])
    elif tag in _PAIRS:
        first, second = cast("list[object]", content)
        if not (isinstance(first, _PAIRS[tag][0]) and isinstance(second, _PAIRS[tag][1])):
            raise TypeError
        _check(second)
    else:
        raise NotDataError(f"it has the unknown form {tag[:40]!r}")
