"""Counts the messages of a host that say nothing new: a host may send some, but not without end."""

from __future__ import annotations

from sequent.runtime.messages.packets import BadMessageError

MOST_SUPERFLUOUS = 1000
"""The number of such messages that one connection may carry."""
_LONGEST_TEXT = 2000


class SuperfluousMessages:
    """Counts them over one connection."""

    def __init__(self) -> None:
        self._count = 0

    def begin(self) -> None:
        """Begin for another connection."""
        self._count = 0

    def count(self, meaning: str) -> None:
        """Count one more.

        Raises:
            BadMessageError: there are too many.
        """
        self._count += 1
        if self._count > MOST_SUPERFLUOUS:
            raise BadMessageError(f"too many messages without use, the last one about {meaning}")


def shortened(text: str) -> str:
    """Return the beginning of a text that a host has sent for people."""
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]} ..."
