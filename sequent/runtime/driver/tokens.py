"""Tokens of attempts, by which what one does elsewhere is told from what all others do."""

from __future__ import annotations

import os

_SIZE = 16
"""Bytes of a token."""
_STOCK = 64
"""To ask the kernel for one costs as much as for so many."""


class Tokens:
    """Random bytes that nobody has had before."""

    def __init__(self) -> None:
        self._stock: list[bytes] = []

    def take(self) -> bytes:
        """The next."""
        if not self._stock:
            drawn = os.urandom(_SIZE * _STOCK)
            self._stock = [drawn[at : at + _SIZE] for at in range(0, len(drawn), _SIZE)]
        return self._stock.pop()
