"""The events of a simulation: counted, hashed, and written down if somebody wants to read them."""

from __future__ import annotations

import hashlib
from collections import Counter


class Trace:
    """All events in order. Two simulations with the same digest went alike.

    Args:
        is_kept: whether the lines are kept.
    """

    def __init__(self, *, is_kept: bool = False) -> None:
        self._hash = hashlib.blake2b(digest_size=16)
        self._is_kept = is_kept
        self.lines: list[str] = []
        self.counts: Counter[str] = Counter()
        """How often each kind of fault happened, and each kind of thing worth counting."""

    def tell(self, at: float, subject: str, text: str) -> None:
        """Note an event."""
        line = f"{at:10.3f}  {subject:<9} {text}"
        self._hash.update(line.encode())
        if self._is_kept:
            self.lines.append(line)

    def count(self, kind: str) -> None:
        """Count one of a kind."""
        self.counts[kind] += 1

    @property
    def digest(self) -> str:
        """The digest of all events so far."""
        return self._hash.hexdigest()
