"""The screen of one run: its failures first, then its running tasks, then its steps."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import DataTable

from sequent.model.interventions import InterventionKind
from sequent.tui.log_screen import LogScreen
from sequent.tui.row_table import RowTable
from sequent.tui.run_content import RunContent, read_content
from sequent.tui.run_rows import failure_rows, head, present_rows, request_rows, step_rows
from sequent.tui.run_screen import RunScreen
from sequent.tui.task_list_screen import TaskListScreen
from sequent.view.text import counted, task_name

if TYPE_CHECKING:
    from sequent.runtime.ports import Store
    from sequent.runtime.records import RunRecord

_FAILURES, _PRESENT, _STEPS, _REQUESTS = "failures", "present", "steps", "requests"


class OneRunScreen(RunScreen[RunContent]):
    """One run.

    Args:
        source: the store.
        run: its id.
    """

    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("l", "log", "Log"),
        Binding("t", "tasks", "Tasks"),
    ]
    DEFAULT_CSS = """
    OneRunScreen RowTable { border-top: solid $primary; }
    OneRunScreen #failures { height: auto; max-height: 30%; border-top: solid $error; }
    OneRunScreen #present { height: auto; max-height: 30%; }
    OneRunScreen #requests { height: auto; max-height: 20%; }
    """

    def body(self) -> Iterator[Widget]:
        """Yield a table for each kind of thing."""
        yield RowTable(_FAILURES, "status", "task", "", "error")
        yield RowTable(_PRESENT, "status", "task", "", "since, or until")
        yield RowTable(_STEPS, "step", "tasks")
        yield RowTable(_REQUESTS, "requests of people")

    def read(self, store: Store, seen: Any) -> tuple[Any, RunContent] | None:
        """Read the run, if it has changed."""
        record = store.find(self.run)
        news = (store.news_of(record), record.owner is not None)
        # The numbers of a large run are counted less often than it changes, and its expected end moves without news.
        if (news, self.source.digests.of(store, record).at) == seen:
            return None
        content = read_content(store, record, self.source.digests)
        return (news, content.run.digest.at), content

    def show(self, content: RunContent) -> None:
        """Show the run."""
        now = time.time()
        self.set_head(head(content, now))
        failures, present, steps = (self._table(name) for name in (_FAILURES, _PRESENT, _STEPS))
        failures.show_rows(failure_rows(content))
        failures.border_title = counted(content.failures.count, "failure")
        failures.display = bool(content.failures.count)
        rows = present_rows(content, now)
        present.show_rows(rows)
        present.border_title = "active and waiting"
        present.display = bool(rows)
        steps.show_rows(step_rows(content))
        steps.border_title = counted(len(content.run.steps), "step")
        requests = self._table(_REQUESTS)
        requests.show_rows(request_rows(content))
        requests.display = requests.row_count > 0
        if self.focused is None or not self.focused.display:
            next(table for table in (failures, present, steps) if table.display).focus()

    def _table(self, name: str) -> RowTable:
        return self.query_one(f"#{name}", RowTable)

    # -- keys

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Show the tasks of the chosen step, or the log of the chosen task."""
        if self.focused is self._table(_STEPS):
            self.action_tasks()
        else:
            self.action_log()

    @property
    def chosen(self) -> str:
        """The step or task with the cursor, in the table that has the focus."""
        table = self.focused
        return table.chosen if isinstance(table, RowTable) and table.id != _REQUESTS else ""

    @property
    def record(self) -> RunRecord | None:
        """The run, if it has been read."""
        return self.content.run.record if self.content else None

    def actions(self) -> Iterator[tuple[InterventionKind, str]]:
        """Yield the actions to choose from; held places can be released, and open questions answered."""
        content = self.content
        if content is None:
            return
        yield from super().actions()
        held = sorted(content.run.held)
        questions = [task_name(each.located, each.sequence) for each in content.run.summary.questions]
        for kind, places in ((InterventionKind.RELEASE, held), (InterventionKind.APPROVE, questions)):
            if places:
                yield kind, self.chosen if self.chosen in places else places[0]

    def action_log(self) -> None:
        """Show the log of the chosen task, or of the one that most needs a look."""
        located, _, sequence = self.chosen.partition("/")
        self.top.push_screen(LogScreen(self.source, self.run, located if sequence else "", sequence))

    def action_tasks(self) -> None:
        """Show the tasks of the chosen step, or of that of the chosen task."""
        path = self.chosen.partition("/")[0]
        if path:
            self.top.push_screen(TaskListScreen(self.source, self.run, path))
