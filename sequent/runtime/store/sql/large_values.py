"""The pointers of rows to values that are too large for them."""

from __future__ import annotations

import re
from collections.abc import Callable

from sequent.errors import StoreError
from sequent.runtime.store.sql.seals import sealed

_LARGEST_INLINE = 1024 * 1024
"""Characters of a value that its row itself contains."""
_POINTER = "@([0-9a-f]{64})"
"""Wire text is JSON, which never begins like this."""


def row_text(text: str | None, keep: Callable[[str, bytes], None]) -> str | None:
    """Return the text for a row, with its seal: the value itself, or a pointer to it once it is kept.

    Args:
        text: the value as wire text.
        keep: keeps a large value by its SHA-256, so that it is there before any row points to it.
    """
    if text is None:
        return None
    if len(text) <= _LARGEST_INLINE:
        return sealed(text)
    # OpenSSL's is quicker for large values.
    import hashlib

    data = text.encode()
    digest = hashlib.sha256(data).hexdigest()
    keep(digest, data)
    return sealed(f"@{digest}")


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
