"""The screen that tells why a part of a run waits, or how it ended."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Static

from sequent.tui.cells import block, line, moment
from sequent.tui.run_source import RunSource
from sequent.tui.store_screen import StoreScreen
from sequent.view.why import Why, explained
from sequent.view.why_lines import why_lines

if TYPE_CHECKING:
    from sequent.runtime.ports import Store


class WhyScreen(StoreScreen[Why]):
    """Why a part of a run is where it is: one sentence, and all that it rests on.

    Args:
        source: the store.
        run: the id of the run.
        place: the step, container, copy or iteration, as it is typed.
    """

    AUTO_FOCUS = "VerticalScroll"
    DEFAULT_CSS: ClassVar[str] = "WhyScreen VerticalScroll { height: 1fr; padding: 1 1; }"

    def __init__(self, source: RunSource, run: str, place: str) -> None:
        super().__init__(source)
        self.run = run
        self.place = place

    def body(self) -> Iterator[Widget]:
        """Yield the place of the explanation."""
        with VerticalScroll():
            yield Static(id="why", markup=False)

    def read(self, store: Store, seen: Any) -> tuple[Any, Why] | None:
        """Explain the place, if its run has changed, or if it waits for something outside the run."""
        record = store.find(self.run)
        news = (store.news_of(record), record.owner is not None)
        # Pools are shared with other runs, and times come without news.
        may_change = self.content is not None and self.content.waiting is not None
        if news == seen and not may_change:
            return None
        return news, explained(store, record, self.place, time.time())

    def show(self, content: Why) -> None:
        """Show the explanation."""
        self.set_head(line(f"{self.run}  why {self.place}", "bold"))
        self.query_one("#why", Static).update(block("\n".join(why_lines(content, _Plain(), moment))))


class _Plain:
    """Lets no word stand out."""

    def strong(self, text: str) -> str:
        return text

    def faint(self, text: str) -> str:
        return text
