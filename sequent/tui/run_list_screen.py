"""The screen of all runs, latest first."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from msgspec.structs import replace
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import DataTable, Input

from sequent.dashboard.run_query import RunPage, RunQuery, found_page
from sequent.model.record_text import MOST
from sequent.model.status import RunStatus
from sequent.runtime.records import RunRecord
from sequent.tui.cells import line, moment, numbers, status
from sequent.tui.choice_screen import ChoiceScreen
from sequent.tui.one_run_screen import OneRunScreen
from sequent.tui.row_table import RowTable
from sequent.tui.run_source import RunSource
from sequent.tui.store_screen import StoreScreen
from sequent.tui.typed_line import TypedLine
from sequent.view.text import brief_reason, duration, in_order, readable

if TYPE_CHECKING:
    from sequent.runtime.ports import Store

_ANY = ""
_MOST_PAST = 1_000
"""Runs from which the flows to choose from are taken."""


class ListedRuns(NamedTuple):
    """The runs on the screen, and the flows to choose from."""

    page: RunPage
    flows: list[str]


class RunListScreen(StoreScreen[ListedRuns]):
    """All runs of a store."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "search", "Search"),
        Binding("s", "choose_status", "Status"),
        Binding("f", "choose_flow", "Flow"),
        Binding("c", "clear", "Clear"),
        Binding("n", "earlier", "Earlier"),
        Binding("p", "later", "Later"),
    ]

    def __init__(self, source: RunSource) -> None:
        super().__init__(source)
        self.wanted = RunQuery()
        self._pages: list[int] = []
        """Where the later pages begin."""

    def body(self) -> Iterator[Widget]:
        """Yield the search and the table."""
        yield TypedLine(id="search", placeholder="run, flow, parameter")
        yield RowTable("runs", "status", "flow", "run", "started", "took", "tasks", "parameters")

    def read(self, store: Store, seen: Any) -> tuple[Any, ListedRuns] | None:
        """Read the runs, if one of the latest has changed."""
        wanted = self.wanted
        page = found_page(store, RunQuery(before=wanted.before))
        marks = [_mark(record) for record in page.runs]
        if marks == seen:
            return None
        flows = sorted({run.flow for run in store.outcomes(0.0, _MOST_PAST)})
        return marks, ListedRuns(found_page(store, wanted) if wanted.is_narrowed else page, flows)

    def show(self, content: ListedRuns) -> None:
        """Show the runs."""
        now = time.time()
        self.set_head(self._head(content))
        self.query_one(RowTable).show_rows({record.id: _cells(record, now) for record in content.page.runs})

    def _head(self, content: ListedRuns) -> Text:
        wanted = self.wanted
        filters = [
            Text.assemble("status ", status(wanted.status.value) if wanted.status else "any"),
            line(f"flow {wanted.flow or 'any'}"),
            *([line(f"search {wanted.text!r}")] if wanted.text else []),
        ]
        head = Text.assemble(Text("runs of ", "bold"), line(self.source.store_name, "bold"), "\n")
        head.append_text(Text("   ").join(filters))
        if not content.page.runs:
            head.append("\nno run fits" if wanted.is_narrowed else "\nno runs yet; start one: sequent run TARGET")
        if content.page.next:
            head.append("\nthere are earlier runs: press n", "dim")
        return head

    # -- keys

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Show the run with the cursor."""
        self.top.push_screen(OneRunScreen(self.source, str(event.row_key.value)))

    def action_search(self) -> None:
        """Type a text to search for."""
        self.query_one(TypedLine).open()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Show the runs with the typed text."""
        self.query_one(TypedLine).action_leave()
        self._want(text=event.value.strip())

    def action_choose_status(self) -> None:
        """Choose the status of the runs to show."""
        choices = {_ANY: Text("any"), **{each.value: status(each.value) for each in RunStatus}}
        self._choose("status", choices, lambda word: {"status": RunStatus(word) if word else None})

    def action_choose_flow(self) -> None:
        """Choose the flow of the runs to show."""
        flows = self.content.flows if self.content else ()
        self._choose("flow", {_ANY: Text("any"), **{flow: line(flow) for flow in flows}}, lambda flow: {"flow": flow})

    def _choose(self, title: str, choices: Mapping[str, Text], change: Callable[[str], Mapping[str, Any]]) -> None:
        def chosen(key: str | None) -> None:
            if key is not None:
                self._want(**change(key))

        self.top.push_screen(ChoiceScreen(title, choices), chosen)

    def action_clear(self) -> None:
        """Show all runs."""
        self._want(flow="", status=None, text="")

    def _want(self, **changes: Any) -> None:
        self._pages = []
        self.wanted = replace(self.wanted, before=MOST, **changes)
        self.read_again()

    def action_earlier(self) -> None:
        """Show the runs before these."""
        if self.content and self.content.page.next:
            self._pages.append(self.wanted.before)
            self.wanted = replace(self.wanted, before=self.content.page.next)
            self.read_again()

    def action_later(self) -> None:
        """Show the runs after these."""
        if self._pages:
            self.wanted = replace(self.wanted, before=self._pages.pop())
            self.read_again()


def _mark(record: RunRecord) -> tuple[object, ...]:
    """Return all of a run that may change while it is listed."""
    return (record.number, record.status, record.epoch, record.ended, record.owner, record.reason, record.counts)


def _cells(record: RunRecord, now: float) -> list[Text]:
    if record.ended is not None:
        took = duration(record.ended - record.created)
    else:
        took = f"{duration(now - record.created)} so far" if record.owner else ""
    params = " ".join(f"{name}={readable(value):.40}" for name, value in record.params.items())
    return [
        status(record.status.value),
        line(record.target.flow),
        line(record.id),
        Text(moment(record.created)),
        Text(took),
        numbers(in_order(record.counts)) if record.ended is not None else line(brief_reason(record.reason), "dim"),
        line(params),
    ]
