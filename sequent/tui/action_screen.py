"""The form of an action on a run: it shows the effect first, and takes a reason."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Input, RadioSet, Static

from sequent.dashboard.one_run import read_run
from sequent.dashboard.run_action import RunAction, read_action
from sequent.errors import SequentError
from sequent.model.interventions import InterventionKind
from sequent.tui.cells import block, line
from sequent.tui.marked_button import MarkedButton
from sequent.tui.run_source import RunSource
from sequent.view.text import counted

if TYPE_CHECKING:
    from sequent.runtime.ports import Store

_OUTCOMES = ("success", "failure")


class ActionFacts(NamedTuple):
    """The facts that a person should know before an action."""

    question: str
    active: int
    """The number of tasks that are executed now."""


class ActionScreen(ModalScreen[None]):
    """A form, above the screen of the run.

    Args:
        source: the store.
        run: the id of the run.
        kind: the kind of the action.
        place: the part of the run that is meant; it can be changed.
    """

    AUTO_FOCUS = "Input"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Back")]
    DEFAULT_CSS = """
    ActionScreen { align: center middle; }
    ActionScreen VerticalScroll {
        width: 95%; max-width: 90; height: auto; max-height: 90%;
        padding: 0 1; border: round $primary; background: $panel;
    }
    ActionScreen Horizontal { height: auto; }
    ActionScreen RadioSet { layout: horizontal; border: none; padding: 0; }
    ActionScreen RadioSet > RadioButton { width: auto; }
    ActionScreen #told { color: $text-success; }
    ActionScreen #problem { color: $text-error; }
    """

    def __init__(self, source: RunSource, run: str, kind: InterventionKind, place: str = "") -> None:
        super().__init__()
        self._source = source
        self._run = run
        self._first = RunAction(kind=kind, place=place)
        self._facts: ActionFacts | None = None
        self._is_asking = False

    def compose(self) -> ComposeResult:
        """Make the form."""
        action = self._first
        with VerticalScroll() as form:
            form.border_title = action.kind.value
            yield Static(id="question", markup=False)
            yield Static(id="effect", markup=False)
            if action.has_place:
                yield Input(action.place, id="place", placeholder="part of the run: load, load@etl2, load.one/1.2")
            if action.has_outcome:
                words = _OUTCOMES if action.kind is InterventionKind.MARK else ("yes", "no")
                with RadioSet(id="outcome"):
                    yield from (MarkedButton(word, value=at == 0) for at, word in enumerate(words))
                yield Input(id="result", placeholder="result, in JSON; may be left empty")
            yield Input(id="why", placeholder="reason, kept with the run")
            yield Static(id="told", markup=False)
            yield Static(id="problem", markup=False)
            with Horizontal():
                danger = action.kind in (InterventionKind.STOP, InterventionKind.KILL)
                yield Button(action.kind.value.capitalize(), id="act", variant="error" if danger else "primary")
                yield Button("Back", id="back")

    def on_mount(self) -> None:
        """Show the effect, and the state of the run."""
        self._show_effect()
        self.run_worker(self._look())

    @property
    def action(self) -> RunAction:
        """The action, as the form has it."""
        values = {each.id or "": each.value for each in self.query(Input)}
        for choice in self.query(RadioSet):
            values["outcome"] = _OUTCOMES[max(choice.pressed_index, 0)]
        return read_action(self._first.kind.value, values)

    # -- the effect

    async def _look(self) -> None:
        action = self.action
        try:
            self._facts = await asyncio.to_thread(self._read, action)
        except SequentError as error:
            self._tell(problem=error.advice)
            return
        self._show_effect()

    def _read(self, action: RunAction) -> ActionFacts:
        with self._source.opened() as store:
            return self._facts_of(store, action)

    def _facts_of(self, store: Store, action: RunAction) -> ActionFacts:
        record = store.find(self._run)
        return ActionFacts(action.question(record), read_run(store, record, self._source.digests).active)

    def _show_effect(self) -> None:
        action, facts = self.action, self._facts
        effect = Text.assemble(line(f"run {self._run}"), "\nEffect: ", line(action.effect), ".")
        if facts is not None and action.concerns_active:
            verb = "is" if facts.active == 1 else "are"
            effect.append(f" {counted(facts.active, 'task')} of the run {verb} active now.")
        self.query_one("#effect", Static).update(effect)
        self.query_one("#question", Static).update(block("" if facts is None else facts.question, "bold"))

    def on_input_changed(self) -> None:
        """Show the effect of the changed form."""
        self._show_effect()

    def on_radio_set_changed(self) -> None:
        """Show the effect of the changed form."""
        self._show_effect()

    # -- to act

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Do it, or go back."""
        if event.button.id == "back":
            self.dismiss()
        elif not self._is_asking:
            self._is_asking = True
            self._tell()
            self.run_worker(self._ask())

    async def _ask(self) -> None:
        action = self.action
        try:
            told = await asyncio.to_thread(self._perform, action)
        except SequentError as error:
            self._tell(problem=error.advice)
        else:
            self._tell(told=told)
            self.query_one("#act", Button).disabled = True
            self.query_one("#back", Button).focus()
        finally:
            self._is_asking = False

    def _perform(self, action: RunAction) -> str:
        with self._source.opened() as store:
            return action.perform(store, store.find(self._run))

    def _tell(self, *, told: str = "", problem: str = "") -> None:
        self.query_one("#told", Static).update(block(told))
        self.query_one("#problem", Static).update(block(problem))

    def action_leave(self) -> None:
        """Go back."""
        self.dismiss()
