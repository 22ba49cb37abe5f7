"""A table whose rows come and go."""

from __future__ import annotations

import asyncio

import pytest
from rich.text import Text
from textual.app import App

from sequent.tui.row_table import RowTable


class OneTable(App):
    def compose(self):
        yield RowTable("table", "name")


def rows(names):
    return {name: [Text(name)] for name in names}


@pytest.mark.parametrize(("after", "chosen"), [("xabcd", "b"), ("acd", "c"), ("a", "a"), ("", "")])
def test_the_cursor_stays_on_its_row_or_at_its_height(after, chosen):
    async def look():
        app = OneTable()
        async with app.run_test():
            table = app.query_one(RowTable)
            table.show_rows(rows("abcd"))
            table.move_cursor(row=1)
            table.show_rows(rows(after))
            return table.chosen

    assert asyncio.run(look()) == chosen
