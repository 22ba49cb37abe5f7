"""The screen of a step's tasks, chosen by their iterations and their status."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import DataTable, Input

from sequent.dashboard.iteration_pattern import read_pattern
from sequent.errors import UsageError
from sequent.model.status import Status
from sequent.runtime.records import AttemptRecord, RunRecord
from sequent.runtime.task_list_port import START, TaskCursor, TaskPage
from sequent.tui.cells import line, moment, status
from sequent.tui.choice_screen import ChoiceScreen
from sequent.tui.log_screen import LogScreen
from sequent.tui.row_table import RowTable
from sequent.tui.run_screen import RunScreen
from sequent.tui.run_source import RunSource
from sequent.tui.typed_line import TypedLine
from sequent.view.text import duration, task_name

if TYPE_CHECKING:
    from sequent.runtime.ports import Store

_TASKS = 100
"""Tasks that are shown at once."""


class StepTasks(NamedTuple):
    """Some tasks of a step."""

    record: RunRecord
    page: TaskPage


class TaskListScreen(RunScreen[StepTasks]):
    """The tasks of a step that have begun.

    Args:
        source: the store.
        run: the id of the run.
        path: the step.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "iterations", "Iterations"),
        Binding("s", "choose_status", "Status"),
        Binding("n", "further", "Further"),
        Binding("p", "first", "First"),
    ]

    def __init__(self, source: RunSource, run: str, path: str) -> None:
        super().__init__(source, run)
        self.path = ".".join(name.partition("@")[0] for name in path.split("."))
        self.pattern = "*"
        self.status: Status | None = None
        self.after: TaskCursor = START

    def body(self) -> Iterator[Widget]:
        """Yield the line for iterations and the table."""
        yield TypedLine(id="iterations", placeholder="iterations, such as 1.2.*")
        yield RowTable("tasks", "status", "task", "attempt", "started", "took", "error")

    def read(self, store: Store, seen: Any) -> tuple[Any, StepTasks] | None:
        """Read the tasks, if the run has changed."""
        record = store.find(self.run)
        news = (store.news_of(record), record.owner is not None)
        if news == seen:
            return None
        page = store.tasks(record).tasks(self.path, read_pattern(self.pattern), self.status, self.after, _TASKS)
        return news, StepTasks(record, page)

    def show(self, content: StepTasks) -> None:
        """Show the tasks."""
        wanted = status(self.status.value) if self.status else "any status"
        head = Text.assemble(line(self.run), "  ", line(f"{self.path}/{self.pattern}", "bold"), "  ", wanted)
        if not content.page.tasks:
            head.append("\nno such task has begun")
        if content.page.next is not None:
            head.append("\nthere are further tasks: press n", "dim")
        self.set_head(head)
        now, is_driven = time.time(), content.record.owner is not None
        rows = {
            task_name(each.located, each.sequence): _cells(each, now, is_driven=is_driven)
            for each in content.page.tasks
        }
        self.query_one(RowTable).show_rows(rows)

    # -- keys

    @property
    def chosen(self) -> str:
        """The task with the cursor."""
        return self.query_one(RowTable).chosen

    @property
    def record(self) -> RunRecord | None:
        """The run, if it has been read."""
        return self.content.record if self.content else None

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Show the log of the task with the cursor."""
        located, _, sequence = str(event.row_key.value).partition("/")
        self.top.push_screen(LogScreen(self.source, self.run, located, sequence))

    def action_iterations(self) -> None:
        """Type the iterations to show."""
        self.query_one(TypedLine).open()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Show the typed iterations."""
        pattern = event.value.strip() or "*"
        try:
            read_pattern(pattern)
        except UsageError as error:
            self.tell(error.advice)
            return
        self.query_one(TypedLine).action_leave()
        self._want(pattern=pattern)

    def action_choose_status(self) -> None:
        """Choose the status of the tasks to show."""

        def chosen(word: str | None) -> None:
            if word is not None:
                self._want(status=Status(word) if word else None)

        choices = {"": Text("any"), **{each.value: status(each.value) for each in Status}}
        self.top.push_screen(ChoiceScreen("status", choices), chosen)

    def action_further(self) -> None:
        """Show the tasks after these."""
        if self.content and self.content.page.next is not None:
            self._want(after=self.content.page.next)

    def action_first(self) -> None:
        """Show the first tasks."""
        self._want(after=START)

    def _want(self, **changes: Any) -> None:
        for name, value in {"after": START, **changes}.items():
            setattr(self, name, value)
        self.read_again()


def _cells(each: AttemptRecord, now: float, *, is_driven: bool) -> list[Text]:
    is_lost = each.status is Status.ACTIVE and not is_driven
    until = each.ended if each.ended is not None else now if is_driven else None
    problem = each.problem
    message = "" if problem is None else f"{problem.type}: {problem.message.partition(chr(10))[0]:.160}"
    return [
        status("interrupted" if is_lost else each.status.value),
        line(task_name(each.located, each.sequence)),
        Text(str(each.attempt)),
        Text(moment(each.started)),
        Text(duration(until - each.started) if until is not None else ""),
        line(message),
    ]
