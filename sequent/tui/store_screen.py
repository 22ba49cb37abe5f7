"""A screen that shows a part of the store, and reads it again when the store has changed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, cast

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Footer, Static

from sequent.errors import SequentError
from sequent.tui.cells import block
from sequent.tui.run_source import RunSource

if TYPE_CHECKING:
    from sequent.runtime.ports import Store

Content = TypeVar("Content")


class StoreScreen(Screen[None], Generic[Content]):
    """A head, a body, a line for errors, and the keys.

    Reads happen in a thread, one at a time, so the screen answers to keys meanwhile.

    Args:
        source: the store.
    """

    AUTO_FOCUS = "RowTable"
    REST: ClassVar[float] = 2.0
    """Seconds between two looks at the store."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back"),
        Binding("r", "read_again", "Read again", show=False),
    ]
    DEFAULT_CSS = """
    StoreScreen #head { height: auto; max-height: 12; padding: 0 1; background: $panel; overflow-y: auto; }
    StoreScreen #notice { height: auto; max-height: 6; padding: 0 1; color: $text-error; display: none; }
    StoreScreen RowTable { height: 1fr; }
    """

    def __init__(self, source: RunSource) -> None:
        super().__init__()
        self.source = source
        self.content: Content | None = None
        self._seen: Any = None
        self._is_due = False
        self._is_reading = False
        self._is_unread = False
        """Whether the last look failed."""

    # -- of each screen

    def body(self) -> Iterator[Widget]:
        """Yield the parts of the screen between its head and its keys."""
        raise NotImplementedError

    def read(self, store: Store, seen: Any) -> tuple[Any, Content] | None:
        """Read the content to show, and the mark of its state; None if that is still ``seen``. It runs in a thread."""
        raise NotImplementedError

    def show(self, content: Content) -> None:
        """Show the content; without news of the store, it is called as time goes on."""
        raise NotImplementedError

    # -- of all screens

    @property
    def top(self) -> App[None]:
        """The application, which has the stack of screens."""
        # textual does not type this property.
        return cast("App[None]", self.app)  # pyright: ignore[reportUnknownMemberType]

    def compose(self) -> ComposeResult:
        """Make the parts of the screen."""
        yield Static(id="head", markup=False)
        yield from self.body()
        yield Static(id="notice", markup=False)
        yield Footer()

    def on_mount(self) -> None:
        """Read, and look for changes from now on."""
        self.set_interval(self.REST, self.look)
        self.read_again()

    def on_screen_resume(self) -> None:
        """Look for changes that came while another screen lay above."""
        self.look()

    def action_back(self) -> None:
        """Return to the screen below."""
        if len(self.top.screen_stack) > 1:
            self.top.pop_screen()

    def action_read_again(self) -> None:
        """Read the store, whether or not it has changed."""
        self.read_again()

    def read_again(self) -> None:
        """Read the store, since something else is to be shown."""
        self.tell("")
        self._seen = None
        self._read_soon()

    def look(self) -> None:
        """Read the store if it has changed, unless another screen lies above."""
        if self.is_current and self.is_mounted:
            if self.content is not None:
                self.show(self.content)
            if not self._is_reading:
                self._read_soon()

    def _read_soon(self) -> None:
        self._is_due = True
        if not self._is_reading:
            self._is_reading = True
            self.run_worker(self._read_all())

    async def _read_all(self) -> None:
        try:
            while self._is_due:
                self._is_due = False
                await self._read_once()
        finally:
            self._is_reading = False

    async def _read_once(self) -> None:
        try:
            found = await asyncio.to_thread(self._read, self._seen)
        except (SequentError, OSError) as error:
            self._is_unread = True
            self.tell(error.advice if isinstance(error, SequentError) else str(error))
            return
        if self._is_unread:
            self._is_unread = False
            self.tell("")
        # Otherwise something else is to be shown by now.
        if found is not None and not self._is_due:
            self._seen, self.content = found
            self.show(self.content)

    def _read(self, seen: Any) -> tuple[Any, Content] | None:
        with self.source.opened() as store:
            return self.read(store, seen)

    # -- parts

    def set_head(self, text: Text) -> None:
        """Show the head."""
        self.query_one("#head", Static).update(text)

    def tell(self, problem: str) -> None:
        """Show a problem; '' for none."""
        notice = self.query_one("#notice", Static)
        notice.display = bool(problem)
        notice.update(block(problem))
