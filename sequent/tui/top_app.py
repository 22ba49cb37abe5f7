"""Puts the screens of the terminal together."""

from __future__ import annotations

from typing import ClassVar

from textual.app import App
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import HelpPanel

from sequent.tui.run_list_screen import RunListScreen
from sequent.tui.run_source import RunSource


class TopApp(App[None]):
    """The runs of a store, on the whole terminal.

    Args:
        source: the store.
    """

    TITLE = "sequent top"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "quit", "Quit"),
        Binding("question_mark", "keys", "Keys"),
    ]

    def __init__(self, source: RunSource) -> None:
        super().__init__()
        self.source = source

    def get_default_screen(self) -> Screen[None]:
        """Begin with the list of runs."""
        return RunListScreen(self.source)

    def action_keys(self) -> None:
        """Show the keys of the present screen, or hide them."""
        if self.screen.query(HelpPanel):
            self.action_hide_help_panel()
        else:
            self.action_show_help_panel()
