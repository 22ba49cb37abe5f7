"""What a recovery does with a step, by the status in which it finds it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

from sequent.errors import DefinitionError, Place
from sequent.model.status import Action, Claim, Status

NO_DIRECTIVES: Final[Mapping[Status, Action]] = {}

_DEFAULTS = {
    Claim.READY: Action.RERUN,
    Claim.ACTIVE: Action.RERUN,
    Claim.FAILURE: Action.RERUN,
    Claim.SUCCESS: Action.SKIP,
}
_ENDS = (Claim.SUCCESS, Claim.FAILURE)
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
        raise _error(f"{name!r} is {value!r:.100}", place, "it is a dict: {STEP_SUCCESS: STP_RERUN}")
    asked: dict[Claim, Action] = {}
    for status, action in cast("Mapping[Any, object]", value).items():
        if not isinstance(status, Claim) or status not in (*_DEFAULTS, Claim.COMPLETE):
            raise _error(f"{name!r} has the status {status!r:.100}", place, _STATUSES)
        if not isinstance(action, Action):
            raise _error(f"{name!r} has the action {action!r:.100}", place, "the actions are STP_RERUN and STP_SKIP")
        asked[status] = action
    if Claim.COMPLETE in asked:
        both = asked.pop(Claim.COMPLETE)
        asked = {**dict.fromkeys(_ENDS, both), **asked}
    differing = (claim for claim, action in _DEFAULTS.items() if asked.get(claim, action) is not action)
    return {Status(claim.value): asked[claim] for claim in differing}


def _error(message: str, place: Place, hint: str) -> DefinitionError:
    return DefinitionError(message, code="recovery", hint=hint, place=place)
