"""A screen about a run: it leads to the reasons of its parts, and to the actions on it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType

from sequent.dashboard.run_action import RunAction
from sequent.model.interventions import InterventionKind
from sequent.model.status import RunStatus
from sequent.tui.action_screen import ActionScreen
from sequent.tui.choice_screen import ChoiceScreen
from sequent.tui.run_source import RunSource
from sequent.tui.store_screen import Content, StoreScreen
from sequent.tui.why_screen import WhyScreen

if TYPE_CHECKING:
    from sequent.runtime.records import RunRecord


class RunScreen(StoreScreen[Content]):
    """A screen whose rows are parts of a run.

    Args:
        source: the store.
        run: the id of the run.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("w", "why", "Why"),
        Binding("a", "act", "Act"),
    ]

    def __init__(self, source: RunSource, run: str) -> None:
        super().__init__(source)
        self.run = run

    @property
    def chosen(self) -> str:
        """The step or task with the cursor."""
        raise NotImplementedError

    @property
    def record(self) -> RunRecord | None:
        """The run, if it has been read."""
        raise NotImplementedError

    def actions(self) -> Iterable[tuple[InterventionKind, str]]:
        """Yield the actions to choose from, with their places."""
        record = self.record
        if record is None or record.status is RunStatus.SUCCESS:
            return
        if record.owner is not None:
            yield InterventionKind.STOP, ""
            yield InterventionKind.KILL, ""
        yield InterventionKind.HOLD, self.chosen
        yield InterventionKind.MARK, self.chosen

    def action_why(self) -> None:
        """Tell why the chosen part waits, or how it ended."""
        if self.chosen:
            self.top.push_screen(WhyScreen(self.source, self.run, self.chosen))

    def action_act(self) -> None:
        """Choose an action, of which the form is shown then."""
        offered = {kind.value: (kind, place) for kind, place in self.actions()}
        if not offered:
            self.tell("there is nothing to do: the run has succeeded")
            return

        def chosen(word: str | None) -> None:
            if word is not None:
                self.top.push_screen(ActionScreen(self.source, self.run, *offered[word]))

        texts = {word: _told(*offered[word]) for word in offered}
        self.top.push_screen(ChoiceScreen("action", texts), chosen)


def _told(kind: InterventionKind, place: str) -> Text:
    return Text(f"{kind.value:8}  {RunAction(kind=kind, place=place).effect}")
