"""The screen of an attempt's log: it follows a running step, and searches in all of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from msgspec.structs import replace
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import DataTable, Input, RichLog

from sequent.dashboard.attempt_logs import AttemptName
from sequent.runtime.reading.log_windows import LogLine
from sequent.tui.cells import line, painted, status
from sequent.tui.log_content import LINES, MATCHES, LogContent, LogPlace, read_further, read_log
from sequent.tui.row_table import RowTable
from sequent.tui.run_source import RunSource
from sequent.tui.store_screen import StoreScreen
from sequent.tui.typed_line import TypedLine
from sequent.view.text import counted, size, task_name

if TYPE_CHECKING:
    from sequent.runtime.ports import Store

_KEPT = 5_000
"""Lines that the screen keeps while it follows."""


class LogScreen(StoreScreen[LogContent]):
    """The log of an attempt.

    Args:
        source: the store.
        run: the id of the run.
        located: the step, with its host in its place; '': the one that most needs a look.
        sequence: the iterations of the task.
    """

    REST: ClassVar[float] = 0.5
    AUTO_FOCUS = "RichLog"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "search", "Search"),
        Binding("g", "first", "First"),
        Binding("G", "last", "Last"),
        Binding("n", "later", "Later"),
        Binding("p", "earlier", "Earlier"),
        Binding("b", "attempt_before", "Attempt before"),
    ]
    DEFAULT_CSS = """
    LogScreen RichLog { height: 1fr; padding: 0 1; }
    LogScreen RowTable { height: auto; max-height: 30%; border-bottom: solid $primary; display: none; }
    """

    def __init__(self, source: RunSource, run: str, located: str = "", sequence: str = "") -> None:
        super().__init__(source)
        self.run = run
        numbers = tuple(map(int, sequence.split("."))) if sequence else ()
        self.place = LogPlace(name=AttemptName(located, numbers))
        self._written: LogContent | None = None
        self._first = 1
        """The first line that is shown."""

    def body(self) -> Iterator[Widget]:
        """Yield the search, its matches and the lines."""
        yield TypedLine(id="search", placeholder="search in all of it")
        yield RowTable("matches", "line", "text")
        yield RichLog(max_lines=_KEPT, wrap=False)

    def read(self, store: Store, seen: Any) -> tuple[Any, LogContent] | None:
        """Read the log; if it has been read, only the lines that were added."""
        record = store.find(self.run)
        if seen is None:
            return True, read_log(store, record, self.source.digests, self.place)
        shown = self.content
        if shown is None or self.place.line or shown.is_over or not shown.is_last:
            return None
        if shown.length is None:
            return seen, read_log(store, record, self.source.digests, self.place)
        found = read_further(store, record, shown)
        return None if found is None else (seen, found)

    def show(self, content: LogContent) -> None:
        """Show the lines, or add them to those that are shown."""
        if content is self._written:
            return
        self._written = content
        self.set_head(self._head(content))
        log = self.query_one(RichLog)
        if not content.is_more:
            log.clear()
            self._first = content.lines[0].number if content.lines else 1
        at_end = not self.place.line
        for each in content.lines:
            # Lines that are added leave the reader where he is, unless that is the end.
            log.write(_numbered(each), scroll_end=None if content.is_more else at_end)
        matches = self.query_one(RowTable)
        matches.display = bool(content.matches)
        matches.show_rows({str(each.number): [Text(str(each.number)), painted(each.text)] for each in content.matches})
        if not content.is_more and not at_end:
            log.scroll_home(animate=False)
        if self.focused is None:
            log.focus()

    def _head(self, content: LogContent) -> Text:
        attempt = content.attempt
        if attempt is None:
            state = "this task has not begun" if self.place.name.path else "no task has begun"
            return Text.assemble(line(self.run), "\n", state)
        head = Text.assemble(
            line(self.run),
            "  ",
            line(task_name(attempt.located, attempt.sequence), "bold"),
            "  ",
            status(attempt.status.value),
            f"  attempt {attempt.attempt} of {len(content.attempts)}",
        )
        head.append(f"\n{self._facts(content)}")
        if self.place.text:
            most = " or more" if len(content.matches) == MATCHES else ""
            head.append("\n")
            head.append_text(line(f"{counted(len(content.matches), 'line')}{most} with {self.place.text!r}"))
        return head

    def _facts(self, content: LogContent) -> str:
        if content.length is None:
            return "it has written nothing that is kept" if content.is_over else "it has written nothing yet"
        facts = [size(content.length)]
        if content.dropped:
            facts.append(f"{size(content.dropped)} missing")
        if content.lines:
            facts.append(f"to line {content.lines[-1].number:,}")
        if not content.is_over:
            facts.append("stands still: G follows" if self.place.line else "follows")
        return ", ".join(facts)

    # -- keys

    def action_search(self) -> None:
        """Type a text to search for."""
        self.query_one(TypedLine).open()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Search for the typed text; without one, show no matches."""
        self.query_one(TypedLine).action_leave()
        self._want(text=event.value)

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Show the line of the chosen match."""
        self._want(line=int(str(event.row_key.value)))

    def action_first(self) -> None:
        """Show the first lines."""
        self._want(line=1)

    def action_last(self) -> None:
        """Show the last lines, and those that are added."""
        self._want(line=0)

    def action_later(self) -> None:
        """Show the lines after these."""
        if self._written and self._written.lines and not self._written.is_last:
            self._want(line=self._written.lines[-1].number + 1)

    def action_earlier(self) -> None:
        """Show the lines before these."""
        first = self._first
        if first > 1:
            self._want(line=max(first - LINES, 1))

    def action_attempt_before(self) -> None:
        """Show the attempt before this one, or after the first the last."""
        content = self._written
        if content and content.attempt and len(content.attempts) > 1:
            at = content.attempts.index(content.attempt)
            name = content.name._replace(attempt=content.attempts[at - 1].attempt)
            self._want(name=name, line=0)

    def _want(self, **changes: Any) -> None:
        self.place = replace(self.place, **changes)
        self.read_again()


def _numbered(each: LogLine) -> Text:
    shown = Text.assemble((f"{each.number:>6} ", "dim"), painted(each.text))
    if each.cut:
        shown.append(f" … {size(each.cut)} more", "dim")
    return shown
