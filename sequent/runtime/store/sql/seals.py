"""A checksum before each text in a run's rows, so that a changed text is never read."""

from __future__ import annotations

from zlib import crc32

from sequent.errors import StoreError

_MARK = "#"
"""No text of an older version begins like this: they are JSON."""
_LENGTH = len("#12345678:")
_NONE = f"#{crc32(b'null'):08x}:null"


def sealed(text: str) -> str:
    """Return a text with its checksum."""
    # Most results are null.
    return _NONE if text == "null" else f"#{crc32(text.encode()):08x}:{text}"


def unsealed(text: str, noun: str, *, has_seal: bool) -> str:
    """Return the text, if it is as it was written.

    Args:
        text: the text from the row.
        noun: the kind of text, for the message.
        has_seal: whether it must have a checksum; if not, a text of an older version is taken as it is.

    Raises:
        StoreError: it is not.
    """
    if not has_seal and not text.startswith(_MARK):
        return text
    plain = text[_LENGTH:]
    if sealed(plain) != text:
        raise damaged(noun, text)
    return plain


def damaged(noun: str, text: object) -> StoreError:
    """Return the error of a text that is not as it was written."""
    shown = text if isinstance(text, str) else repr(text)
    return StoreError(
        f"the store has {noun} that cannot be read: {shown[:80]!r}",
        code="damaged-store",
        hint="restore the store from a copy: it was altered or damaged, and nothing was built from it",
    )
