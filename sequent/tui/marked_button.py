"""A choice that is told by a sign, for people and terminals without colours."""

from __future__ import annotations

from textual.widgets import RadioButton

_CHOSEN, _OTHER = "\u25c9", "\u25cb"


class MarkedButton(RadioButton):
    """A radio button with a sign for each state; textual has one sign for both, in different colours."""

    BUTTON_INNER = _OTHER

    def watch_value(self) -> None:
        """Show the sign of the state."""
        # The name is textual's, which only reads it.
        self.BUTTON_INNER = _CHOSEN if self.value else _OTHER  # pyright: ignore[reportConstantRedefinition]
        super().watch_value()
