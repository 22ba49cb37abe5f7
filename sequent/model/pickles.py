"""Pickled results: bytes that driver and store pass on unread, with the place of the attempt and a signature."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from typing import NamedTuple

from sequent.errors import NotDataError
from sequent.model.commands import typed
from sequent.model.json_text import text_of
from sequent.model.scope import Sequence, numbers_in, sequence_text

PICKLE = "$k"
_MARK = f'{{"{PICKLE}":'
"""The beginning of a pickle's text. In any other value a quote is escaped, and such a key is written differently."""


class Pickled:
    """As ``result=`` of a step: its result is pickled and signed, and may be any object that pickle accepts.

    Only the worker of a step that takes the result reads it, after a check of its signature.
    """

    __slots__ = ()


class SignedPickle(NamedTuple):
    """A pickled result, the attempt that made it, and the signature over both."""

    run: str
    path: str
    """The dotted path of the step."""
    sequence: str
    attempt: int
    signature: str
    """HMAC-SHA256, in hex."""
    data: bytes

    @property
    def text(self) -> str:
        """The wire text."""
        return f"{_MARK}{text_of([*self[:5], base64.b64encode(self.data).decode('ascii')])}}}"

    @property
    def signed(self) -> bytes:
        """The bytes under the signature. Each part has its length in front, so that no two pickles have the same."""
        parts = (b"result", *(str(part).encode() for part in self[:4]), self.data)
        return b"".join(len(part).to_bytes(8, "big") + part for part in parts)


OpenPickle = Callable[[object], object]
"""Returns the object in the content of a pickle's text, or raises ``NotDataError``."""


def read_pickle(content: object) -> SignedPickle:
    """Return the pickle in the JSON under the key of its text.

    Raises:
        NotDataError: no step wrote it.
    """
    match content:
        case [str(run), str(path), str(sequence), int(attempt), str(signature), str(data)]:
            try:
                return SignedPickle(run, path, sequence, attempt, signature, base64.b64decode(data, validate=True))
            except (binascii.Error, ValueError):
                raise mismatch(path) from None
        case _:
            raise mismatch("")


def has_pickle(text: str) -> bool:
    """Return whether a wire text is or contains a pickle."""
    return _MARK in text


def check_row(text: str, run: str, path: str, sequence: Sequence, attempt: int) -> None:
    """Check that a pickled result in the store is that of the row that has it.

    A later row may have the result of an earlier attempt: a recovery that starts from an earlier one copies it.

    Args:
        text: the result.
        run: the id of the run.
        path: the dotted path of the row's step.
        sequence: the sequence of its task.
        attempt: the number of its attempt.

    Raises:
        NotDataError: it is the result of another attempt.
    """
    place = _MARK + text_of([run, path, sequence_text(numbers_in(sequence))])[:-1] + ","
    number = text[len(place) :].partition(",")[0] if text.startswith(place) else ""
    if not number.isdecimal() or not int(number) <= attempt or text.count(_MARK) > 1:
        raise mismatch(path)


def check_spelling(text: str) -> None:
    """Check that all pickles in a wire text are spelt as they are written, so that ``check_row`` has seen each.

    Raises:
        NotDataError: JSON allows the spelling, but no step writes it.
    """
    count = 0

    def add(pairs: list[tuple[str, object]]) -> None:
        nonlocal count
        count += sum(key == PICKLE for key, _ in pairs)

    json.loads(text, object_pairs_hook=add)
    if count != text.count(_MARK):
        raise mismatch("")


def mismatch(path: str) -> NotDataError:
    """Return the error for a pickle that is not as the step with this path wrote it; '' if no step is known."""
    whose = f"the pickled result of {path!r}" if path else "a pickled result"
    return NotDataError(
        f"{whose} was not written by this step for this place, or was altered: signature mismatch",
        code="pickle-signature",
        hint=f"it was not read; compute it again: {typed('recover', '--from', path or 'STEP')}",
        path=path,
    )


def unread(content: object) -> str:
    """Return the words for a pickle where none is read."""
    return f"pickled, {len(read_pickle(content).data):,} bytes, not read here"
