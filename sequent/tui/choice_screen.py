"""A list of which one value is chosen, above another screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option


class ChoiceScreen(ModalScreen[str | None]):
    """Returns the key of the chosen value; None if the person chose none.

    Args:
        title: the question.
        choices: the values to choose from, by their keys.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Back")]
    DEFAULT_CSS = """
    ChoiceScreen { align: center middle; }
    ChoiceScreen OptionList { width: 60%; max-width: 60; height: auto; max-height: 80%; border: round $primary; }
    """

    def __init__(self, title: str, choices: Mapping[str, Text]) -> None:
        super().__init__()
        self._title = title
        self._choices = choices

    def compose(self) -> ComposeResult:
        """Make the list."""
        # An option's own id has few characters.
        options = OptionList(*(Option(text) for text in self._choices.values()), markup=False)
        options.border_title = self._title
        yield options

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Return the chosen value."""
        self.dismiss([*self._choices][event.option_index])

    def action_leave(self) -> None:
        """Choose nothing."""
        self.dismiss(None)
