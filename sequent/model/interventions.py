"""Interventions: the requests of people to a run that is under way, or that will be resumed."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Literal

from msgspec import Struct

from sequent.errors import NotDataError, UsageError
from sequent.model.json_text import read_json
from sequent.model.record_text import Count, Moment


class InterventionKind(StrEnum):
    """The purpose of an intervention."""

    STOP = "stop"
    """Start nothing more; running steps may finish."""
    KILL = "kill"
    """Start nothing more, and end running steps."""
    HOLD = "hold"
    """Start nothing more in a place, until it is released."""
    RELEASE = "release"
    MARK = "mark"
    """Give a task its outcome."""
    APPROVE = "approve"
    """Answer the question of a step."""


OF_A_DRIVER = frozenset({InterventionKind.STOP, InterventionKind.KILL})
"""The kinds that only concern the process that drives the run when they are asked for."""


class Intervention(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A request of a person to a run."""

    kind: InterventionKind
    user: str
    host: str
    """The machine on which the person typed."""
    place: str = ""
    """The step, container, copy or iteration that is meant, as it was typed: ``load@etl2/1.2``."""
    outcome: Literal["", "success", "failure"] = ""
    """Of a mark; of an answer, failure for a *no*."""
    result: str = ""
    """Of a success: the result, in JSON as it was typed."""
    attempt: Count = 0
    """Of an answer: the attempt that it is to be, so that it answers no later question; 0: that of the present one."""
    why: str = ""
    epoch: Count = 0
    """The number of the run's driver at that time."""

    @property
    def who(self) -> str:
        """The person: ``ada@etl1``."""
        return f"{self.user}@{self.host}"

    @property
    def is_no(self) -> bool:
        """Whether it is the answer *no* to a question."""
        return self.kind is InterventionKind.APPROVE and self.outcome == "failure"


class Decision(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The answer to an intervention."""

    at: Moment
    """Seconds since 1970."""
    refusal: str = ""
    """Why it was refused; '' if it was applied."""


class InterventionRecord(Struct, frozen=True, kw_only=True):
    """An intervention, as the store has it."""

    number: int
    """Its number within its run, in the order in which they were asked for."""
    at: float
    """When it was asked for, in seconds since 1970."""
    request: Intervention
    decision: Decision | None = None
    """None: it is still open."""

    @property
    def is_applied(self) -> bool:
        """Whether its run has carried it out."""
        return self.decision is not None and not self.decision.refusal


def held_places(asked: Iterable[InterventionRecord]) -> dict[str, InterventionRecord]:
    """Return the places, as they were typed, that are held; or that will be before anything starts again."""
    held: dict[str, InterventionRecord] = {}
    for each in asked:
        if each.decision is None or each.is_applied:
            if each.request.kind is InterventionKind.HOLD:
                held[each.request.place] = each
            elif each.request.kind is InterventionKind.RELEASE:
                held.pop(each.request.place, None)
    return held


def check_json(text: str, code: str, option: str = "") -> None:
    """Check that a typed result or answer is JSON.

    Args:
        text: the typed text.
        code: the code of the error.
        option: the option, if it is the value of one.

    Raises:
        UsageError: it is not.
    """
    try:
        read_json(text, "which")
    except (NotDataError, ValueError) as error:
        typed = f"{option} {text!r:.100}" if option else f"{text!r:.100}"
        hint = "write JSON: a string in double quotes"
        raise UsageError(f"{typed} is not JSON: {error}", code=code, hint=hint) from None


def needs_result(path: str, kind: str) -> UsageError:
    """Return the error for a step that is marked as a success without the result that it must have.

    Args:
        path: its dotted path.
        kind: the type of its result.
    """
    return UsageError(
        f"{path!r} needs a result of type {kind}", code="result", hint="give it: --result JSON", path=path
    )
