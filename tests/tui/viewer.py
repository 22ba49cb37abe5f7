"""Looks at the screen of a terminal that is not there, and types."""

from __future__ import annotations

import asyncio
import time
from contextlib import closing

from textual.widgets import RichLog, Static

from sequent.runtime.store import open_store
from sequent.tui.row_table import RowTable
from sequent.tui.run_source import RunSource
from sequent.tui.top_app import TopApp
from tests.patience import PATIENCE


class Viewer:
    """A person in front of the screen."""

    def __init__(self, app, pilot):
        self.app = app
        self.pilot = pilot

    @property
    def screen(self):
        return self.app.screen

    def rows(self, table=""):
        """The cells of the visible tables, or of one of them."""
        tables = self.screen.query(f"#{table}" if table else RowTable)
        return [
            [str(cell) for cell in each.get_row_at(at)]
            for each in tables
            if each.display
            for at in range(each.row_count)
        ]

    def text(self):
        """All that is on the screen: head, error, tables and lines of a log."""
        statics = [str(each.content) for each in self.screen.query(Static) if each.display]
        tables = [" | ".join(row) for row in self.rows()]
        logs = [line.text for log in self.screen.query(RichLog) for line in log.lines]
        return "\n".join([*statics, *tables, *logs])

    async def until(self, condition, what="it does not come about"):
        """Wait until something holds."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, f"{what}:\n{self.text()}"
            await self.pilot.pause(0.01)

    async def sees(self, *words):
        """Wait until these words are on the screen."""
        await self.until(lambda: all(word in self.text() for word in words), f"no {words}")

    async def sees_rows(self, rows, column, table=""):
        """Wait until the cells of a column are these."""
        await self.until(lambda: [row[column] for row in self.rows(table)] == rows, f"no {rows}")

    async def types(self, *keys):
        """Press these keys, once the screen has read what it shows."""
        await self.has_read()
        await self.pilot.press(*keys)

    async def has_read(self):
        """Wait until nothing is being read."""
        await self.until(lambda: not getattr(self.screen, "_is_reading", False))
        await self.pilot.pause()

    async def looks_again(self):
        """Let the screen look for changes, as it does from time to time."""
        await self.has_read()
        self.screen.look()
        await self.has_read()

    async def opens(self, name):
        """Wait until the screen of that name is there and has read."""
        await self.until(lambda: type(self.screen).__name__ == name, f"no {name}")
        await self.has_read()


def look_at(path, story, size=(120, 40)):
    """Open the screen on a store, and do what a story says."""
    source = RunSource(opened=lambda: closing(open_store(str(path), makes=False)), store_name=str(path))

    async def opened():
        app = TopApp(source)
        async with app.run_test(size=size) as pilot:
            await story(Viewer(app, pilot))

    asyncio.run(opened())
