"""Writes JSON that every file can contain, and reads JSON of any origin."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, cast

from sequent.errors import NotDataError

compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
"""Writes the values that JSON has a form for, without spaces."""
_decoder: Any = json.JSONDecoder()
scan: Callable[[str, int], tuple[object, int]] = _decoder.scan_once
"""Reads the value at a position that is not a space; returns the value and its end.

It raises ``StopIteration`` if there is no value, and ``ValueError`` for malformed JSON.
"""


def ascii_writer() -> Callable[[object], str]:
    """Return a writer of ASCII JSON; ``encode`` of an encoder would build the same again for each value."""
    plain = json.JSONEncoder(separators=(",", ":"), check_circular=False)
    make: Callable[..., Callable[[object, int], Iterable[str]]] | None = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        return plain.encode
    escape = json.encoder.encode_basestring_ascii
    # Without a search for cycles, indentation, sorted or skipped keys; any number is allowed.
    write = make(None, plain.default, escape, None, ":", ",", False, False, True)
    return lambda message: "".join(write(message, 0))


def read_json(text: str, name: str, *, unique_keys: bool = False) -> object:
    """Return the value of a JSON text.

    Args:
        text: JSON.
        name: its name in an error.
        unique_keys: whether to refuse an object with a repeated key; otherwise the last value counts.

    Raises:
        NotDataError: it is nested deeper than can be read, or repeats a key.
        ValueError: it is not JSON.
    """
    try:
        if unique_keys:
            return json.loads(text, object_pairs_hook=partial(_unique, name))
        tree, end = scan(text, 0)
        return tree if end == len(text) else json.loads(text)
    except StopIteration:
        # Leading spaces, or no JSON: ``loads`` has the error.
        return json.loads(text)
    except RecursionError:
        raise too_deep(name) from None


def json_or_text(text: str) -> object:
    """Return a value that a person has typed: that of the JSON, or else the text itself."""
    try:
        return read_json(text, "which")
    except (NotDataError, ValueError):
        return text


def _unique(name: str, pairs: list[tuple[str, object]]) -> dict[str, object]:
    counts = Counter(key for key, _ in pairs)
    twice = next((key for key, count in counts.items() if count > 1), None)
    if twice is not None:
        raise NotDataError(
            f"{name} has the key {twice!r:.60} more than once", code="duplicate-key", hint="give each key once"
        )
    return dict(pairs)


def too_deep(name: str) -> NotDataError:
    """Return the error for a value that is nested deeper than can be read."""
    return NotDataError(f"{name} is nested too deep", code="too-deep", hint="at most 100 levels can be stored")


def text_of(tree: object) -> str:
    """Return the JSON text of a value; it can always be written as UTF-8."""
    text = compact(tree)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        # Lone surrogates (undecodable file names) have no UTF-8 form; JSON's escapes carry them.
        text = json.dumps(_parted(tree), separators=(",", ":"), allow_nan=False)
    return text


_BETWEEN = "(?<=[\ud800-\udbff])(?=[\udc00-\udfff])"


def _parted(tree: object) -> object:
    """Return a value in which strings are cut between two lone surrogates that JSON would join to one character."""
    if isinstance(tree, str):
        parts = re.split(_BETWEEN, tree)
        return tree if len(parts) == 1 else {"$s": parts}
    if isinstance(tree, list):
        return [_parted(item) for item in cast("list[object]", tree)]
    if not isinstance(tree, dict):
        return tree
    mapping = cast("dict[str, object]", tree)
    if any(re.search(_BETWEEN, key) for key in mapping):
        return {"$d": [[_parted(key), _parted(item)] for key, item in mapping.items()]}
    return {key: _parted(item) for key, item in mapping.items()}
