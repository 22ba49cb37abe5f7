"""Looks at what comes from a process that runs users' code: nothing there is taken for what it ought to be."""

from __future__ import annotations

import json
from typing import cast

from sequent.runtime.packets import BadMessageError

_MOST = 2**63 - 1
"""What the store can hold."""
_LARGEST_READ = 16 * 1024 * 1024
"""Characters of a value's text up to which it is read, to see whether it is one: more would take gigabytes."""
_LONGEST = 1e10
"""Seconds."""

_decode = json.JSONDecoder().decode


def number(value: object) -> int:
    """A whole number that the store can hold.

    Raises:
        BadMessageError: it is none.
    """
    if type(value) is not int or not -_MOST <= value <= _MOST:
        raise BadMessageError("it has no number where one belongs")
    return value


def exit_code(value: object) -> int:
    """The status of a process that has ended, or minus the number of a signal.

    Raises:
        BadMessageError: it is none.
    """
    if type(value) is not int or not -64 <= value <= 255:
        raise BadMessageError("it has no exit code where one belongs")
    return value


def count(value: object) -> int:
    """The same, from 0.

    Raises:
        BadMessageError: it is none.
    """
    if type(value) is not int or not 0 <= value <= _MOST:
        raise BadMessageError("it has no count where one belongs")
    return value


def seconds_of(value: object) -> float:
    """A duration.

    Raises:
        BadMessageError: it is none.
    """
    if type(value) not in (int, float) or not 0 <= cast("float", value) <= _LONGEST:
        raise BadMessageError("it has no seconds where they belong")
    return cast("float", value)


def text(value: object) -> str:
    """A text, in a form that any file can hold.

    Raises:
        BadMessageError: it is none.
    """
    if type(value) is not str:
        raise BadMessageError("it has no text where one belongs")
    return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode()


def data_text(value: object) -> str:
    """The text of a value, which can be read back.

    Raises:
        BadMessageError: it is none.
    """
    written = text(value)
    if written != value:
        raise BadMessageError("it has a value that no file can hold")
    if len(written) <= _LARGEST_READ:
        try:
            _decode(written)
        except (ValueError, RecursionError):
            raise BadMessageError("it has a value that is none") from None
    return written
