"""The actions of people on a run: each tells its effect beforehand, and is requested through the store."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from sequent.errors import UsageError
from sequent.model.commands import typed
from sequent.model.description import Part
from sequent.model.interventions import OF_A_DRIVER, InterventionKind, check_json
from sequent.model.json_text import json_or_text
from sequent.model.scope import split_host
from sequent.runtime.intervention_requests import effect_of, request_intervention

if TYPE_CHECKING:
    from sequent.runtime.ports import Store
    from sequent.runtime.records import RunRecord


FIELD = "field."
"""Begins the names of an answer's fields in a form."""


class RunAction(Struct, frozen=True, kw_only=True):
    """An action, as its form has it."""

    kind: InterventionKind
    place: str = ""
    outcome: str = "success"
    result: str = ""
    why: str = ""
    fields: Mapping[str, str] = {}
    """The fields of an answer, as they were typed."""

    @property
    def has_place(self) -> bool:
        """Whether it is about a part of the run."""
        return self.kind not in OF_A_DRIVER

    @property
    def has_outcome(self) -> bool:
        """Whether it has an outcome, and may have a result."""
        return self.kind in (InterventionKind.MARK, InterventionKind.APPROVE)

    @property
    def concerns_active(self) -> bool:
        """Whether the number of active tasks matters to the person."""
        return self.kind in (InterventionKind.STOP, InterventionKind.KILL, InterventionKind.HOLD)

    @property
    def effect(self) -> str:
        """The effect in words."""
        return effect_of(self.kind, self.place or "it", is_no=self.outcome == "failure")

    def further(self) -> dict[str, Any]:
        """Return the other fields of its intervention.

        Raises:
            UsageError: they contradict each other, or the result is not JSON.
        """
        if not self.has_outcome:
            return {"why": self.why}
        if self.result and self.outcome == "failure":
            raise UsageError("a failure has no result", code="result", hint="leave the result empty, and give a reason")
        if self.result:
            check_json(self.result, "result")
        return {"why": self.why, "outcome": self.outcome, "result": self.result}

    def command(self, run: str) -> str:
        """Return the command that does the same."""
        words = [self.kind.value, run, *([self.place or "PATH"] if self.has_place else [])]
        return typed(*words, *([self.outcome] if self.kind is InterventionKind.MARK else []))

    def question(self, record: RunRecord) -> str:
        """Return the question that it answers; '' if it answers none."""
        path, _ = split_host(self.place.partition("/")[0], record.outline)
        part = record.description.get(path)
        return part.question if part is not None and self.kind is InterventionKind.APPROVE else ""

    def answer(self, record: RunRecord) -> Mapping[str, str]:
        """Return the types of the answer's fields, by name, as far as the store knows them."""
        path, _ = split_host(self.place.partition("/")[0], record.outline)
        part = record.description.get(path)
        return part.answer if isinstance(part, Part) and self.kind is InterventionKind.APPROVE else {}

    def filled_in(self, record: RunRecord) -> RunAction:
        """Return the action with the fields of its answer as its result, unless it has one; empty ones are left out."""
        kinds = self.answer(record)
        values = {
            name: text if kinds[name] == "str" else json_or_text(text)
            for name, text in self.fields.items()
            if text and name in kinds
        }
        if self.result or not values or self.outcome == "failure":
            return self
        return replace(self, result=json.dumps(values.get("", values)))

    def perform(self, store: Store, record: RunRecord) -> str:
        """Request it of the run; return the effect in words. It waits for the answer of a living driver.

        Raises:
            UsageError: the form is incomplete, or the run refuses.
        """
        if self.has_place and not self.place:
            raise UsageError("no part of the run is named", hint="name a step, a container or an iteration")
        further = self.filled_in(record).further()
        requested = request_intervention(store, record, self.kind, place=self.place, **further)
        return requested.consequence(self.effect)


def read_action(kind: str, values: Mapping[str, str]) -> RunAction:
    """Return the action that the values of a form describe.

    Raises:
        UsageError: there is no such kind of action.
    """
    if kind not in [each.value for each in InterventionKind]:
        raise UsageError(f"{kind!r:.100} is not an action", hint=f"choose one of {', '.join(InterventionKind)}")
    outcome = values.get("outcome", "success")
    return RunAction(
        kind=InterventionKind(kind),
        place=values.get("place", "").strip(),
        outcome=outcome if outcome == "failure" else "success",
        result=values.get("result", "").strip(),
        why=values.get("why", "").strip(),
        fields={name.removeprefix(FIELD): value.strip() for name, value in values.items() if name.startswith(FIELD)},
    )
