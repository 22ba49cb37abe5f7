"""The pointers of rows to values that are too large for them."""

from __future__ import annotations

import re

from sequent.errors import StoreError

LARGEST_INLINE = 1024 * 1024
"""Characters of a value that its row itself contains."""
_POINTER = "@([0-9a-f]{64})"
"""Wire text is JSON, which never begins like this."""


def pointer_to(digest: str) -> str:
    """Return the text of a row for the value with that SHA-256."""
    return f"@{digest}"


def pointed_at(text: str) -> str | None:
    """Return the digest of the value to which a text points; None if the text is the value.

    Raises:
        StoreError: it is neither.
    """
    if not text.startswith("@"):
        return None
    match = re.fullmatch(_POINTER, text)
    if match is None:
        raise StoreError(f"the store has a value that cannot be read: {text[:80]!r}", code="damaged-store")
    return match[1]
