"""What a recovery does with a step, by the status in which it finds it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

from sequent.errors import DefinitionError, Place
from sequent.model.status import DEFAULT_ACTIONS, Action, Claim, Status
from sequent.model.wording import repr_of

NO_DIRECTIVES: Final[Mapping[Status, Action]] = {}

_FOUND: Mapping[Claim, tuple[Status, ...]] = {
    **{Claim(status.value): (status,) for status in DEFAULT_ACTIONS},
    Claim.COMPLETE: (Status.SUCCESS, Status.FAILURE),
}
"""In which statuses a task is found of which that is said."""
_STATUSES = "the statuses are STEP_READY, STEP_ACTIVE, STEP_SUCCESS, STEP_FAILURE, STEP_COMPLETE"


def read_recovery(value: object, name: str, place: Place) -> Mapping[Status, Action]:
    """The directives that differ from what happens anyway.

    ``STEP_COMPLETE`` stands for both ends; one that is named itself goes before it.

    Raises:
        DefinitionError: a status or an action is none.
    """
    if value is None:
        return NO_DIRECTIVES
    if not isinstance(value, Mapping):
        raise _error(f"{name!r} is {repr_of(value)}", place, "it is a dict: {STEP_SUCCESS: STP_RERUN}")
    asked: dict[Status, Action] = {}
    for claim, action in cast("Mapping[Any, object]", value).items():
        if not isinstance(claim, Claim) or claim not in _FOUND:
            raise _error(f"{name!r} has the status {repr_of(claim)}", place, _STATUSES)
        if not isinstance(action, Action):
            raise _error(f"{name!r} has the action {repr_of(action)}", place, "the actions are STP_RERUN and STP_SKIP")
        said = dict.fromkeys(_FOUND[claim], action)
        asked = said | asked if claim is Claim.COMPLETE else asked | said
    return {status: action for status, action in asked.items() if action is not DEFAULT_ACTIONS[status]}


def _error(message: str, place: Place, hint: str) -> DefinitionError:
    return DefinitionError(message, code="recovery", hint=hint, place=place)
