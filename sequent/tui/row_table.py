"""A table whose rows change while its cursor stays on its row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.text import Text
from textual.widgets import DataTable

Rows = Mapping[str, Sequence[Text]]
"""The cells of each row, by the row's key."""


class RowTable(DataTable[Text]):
    """A table of rows, each with a key; the cursor marks a whole row.

    Args:
        id: its name on the screen.
        columns: the headings.
    """

    def __init__(self, id: str, *columns: str) -> None:  # noqa: A002 - textual's word
        super().__init__(id=id, cursor_type="row")
        self._headings = columns
        self._shown: Rows = {}

    def on_mount(self) -> None:
        """Make the columns."""
        for heading in self._headings:
            self.add_column(Text(heading), key=heading)

    @property
    def chosen(self) -> str:
        """The key of the row with the cursor; '' if there are no rows."""
        return [*self._shown][self.cursor_row] if self._shown else ""

    def show_rows(self, rows: Rows) -> None:
        """Show these rows; the cursor stays on its row, or at its height if that row is gone."""
        if rows == self._shown:
            return
        chosen, height = self.chosen, self.cursor_row
        self.clear()
        self._shown = rows
        for key, cells in rows.items():
            self.add_row(*cells, key=key)
        keys = [*rows]
        if keys:
            self.move_cursor(row=keys.index(chosen) if chosen in rows else min(height, len(keys) - 1))
