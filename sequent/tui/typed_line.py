"""A line to type a filter or a search into, which appears when it is asked for."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Input


class TypedLine(Input):
    """A hidden line: a key of its screen opens it, Enter takes its text, Escape leaves it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Leave")]
    DEFAULT_CSS = "TypedLine { display: none; }"

    _before: Widget | None = None

    def open(self) -> None:
        """Show it, and type into it."""
        self._before = self.screen.focused
        self.display = True
        self.focus()

    def action_leave(self) -> None:
        """Hide it, and return to the place before."""
        self.display = False
        if self._before is not None:
            self._before.focus()
