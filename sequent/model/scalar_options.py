"""Reads options that are a flag, a number, a word, or directives: as written, or as a run has found them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

from sequent.errors import DefinitionError, Place
from sequent.model.status import DEFAULT_ACTIONS, Action, Claim, Construct, Status
from sequent.model.wording import repr_of

_TYPED_FLAGS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
_CONSTRUCTS = frozenset(Construct)
_CLASSES = {"Process": Construct.PROCESS, "Thread": Construct.THREAD, "Invoke": Construct.INVOKE}
"""By the names of the classes that the original took: ``multiprocessing.Process``, ``threading.Thread``, its own."""
_WAYS = ", ".join(repr(construct.value) for construct in Construct)
NO_DIRECTIVES: Final[Mapping[Status, Action]] = {}

_FOUND: Mapping[Claim, tuple[Status, ...]] = {
    **{Claim(status.value): (status,) for status in DEFAULT_ACTIONS},
    Claim.COMPLETE: (Status.SUCCESS, Status.FAILURE),
}
"""In which statuses a task is found of which that is said."""
_ACTIONS = "the actions are STP_RERUN and STP_SKIP"
_STATUSES = "the statuses are STEP_READY, STEP_ACTIVE, STEP_SUCCESS, STEP_FAILURE, STEP_COMPLETE"


def flag_of(text: str) -> bool:
    """What a typed text means.

    Raises:
        KeyError: it means neither.
    """
    return _TYPED_FLAGS[text.lower()]


def read_flag(value: object, name: str, place: Place) -> bool:
    """True or False.

    Raises:
        DefinitionError: it is neither.
    """
    if not isinstance(value, bool):
        raise option_error(f"{quoted(name)} is {repr_of(value)}", place, "give True or False")
    return value


def read_optional_flag(value: object, name: str, place: Place) -> bool | None:
    """True, False or None."""
    return None if value is None else read_flag(value, name, place)


def read_count(value: object, name: str, place: Place) -> int:
    """A whole number.

    Raises:
        DefinitionError: it is something else.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise option_error(f"{quoted(name)} is {repr_of(value)}", place, "give a whole number")
    return value


def read_limit(value: object, name: str, place: Place) -> int | None:
    """The number that may execute at once: a whole number, below 1 for no limit; None if not given."""
    return None if value is None else read_count(value, name, place)


def read_priority(value: object, name: str, place: Place) -> int:
    """Which goes first where several wait: a whole number, higher first."""
    return 0 if value is None else read_count(value, name, place)


def read_parallel(value: object, name: str, place: Place) -> int:
    """How many iterations run at once; 0 for no limit.

    Raises:
        DefinitionError: it is negative, or no whole number.
    """
    return _not_negative(value, name, place, "give the number of iterations that run at once; 0: no limit")


def read_retries(value: object, name: str, place: Place) -> int:
    """How many further attempts a step has.

    Raises:
        DefinitionError: it is negative, or no whole number.
    """
    hint = "give the number of attempts after the first; 0: none"
    return 0 if value is None else _not_negative(value, name, place, hint)


def read_nice(value: object, name: str, place: Place) -> int:
    """By how much a step's processes give way to others: a whole number, as the command ``nice`` takes it.

    Raises:
        DefinitionError: it is none, or out of the range that the kernel knows.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not -20 <= value <= 19:
        hint = "give a whole number from 0 to 19, the more the later; below 0 for who may go before others"
        raise option_error(f"{quoted(name)} is {repr_of(value)}", place, hint)
    return value


def _not_negative(value: object, name: str, place: Place, hint: str) -> int:
    count = read_count(value, name, place)
    if count < 0:
        raise option_error(f"{quoted(name)} is {count}", place, hint)
    return count


def read_construct(value: object, name: str, place: Place) -> Construct | None:
    """Where a step's code is executed: a word, or the class that the original took.

    Raises:
        DefinitionError: there is no such way.
    """
    if value is None:
        return None
    if isinstance(value, type):
        value = _CLASSES.get(value.__name__, value)
    if not isinstance(value, str) or value not in _CONSTRUCTS:
        raise option_error(f"{quoted(name)} is {repr_of(value)}", place, f"the ways are {_WAYS}")
    return Construct(value)


def read_recovery(value: object, name: str, place: Place) -> Mapping[Status, Action]:
    """The directives that differ from the default.

    ``STEP_COMPLETE`` stands for both ends; a directive for one of them overrides it.

    Raises:
        DefinitionError: a status or an action is invalid.
    """
    if value is None:
        return NO_DIRECTIVES
    if not isinstance(value, Mapping):
        raise _recovery_error(f"{name!r} is {repr_of(value)}", place, "give a dict: {STEP_SUCCESS: STP_RERUN}")
    asked: dict[Status, Action] = {}
    for claim, action in cast("Mapping[Any, object]", value).items():
        if not isinstance(claim, Claim) or claim not in _FOUND:
            raise _recovery_error(f"{name!r} has the status {repr_of(claim)}", place, _STATUSES)
        if not isinstance(action, Action):
            raise _recovery_error(f"{name!r} has the action {repr_of(action)}", place, _ACTIONS)
        said = dict.fromkeys(_FOUND[claim], action)
        asked = said | asked if claim is Claim.COMPLETE else asked | said
    return {status: action for status, action in asked.items() if action is not DEFAULT_ACTIONS[status]}


def _recovery_error(message: str, place: Place, hint: str) -> DefinitionError:
    return DefinitionError(message, code="recovery", hint=hint, place=place)


def quoted(name: str) -> str:
    """A name in quotes, unless it shows some already: ``'parallel'``, ``config['parallel']``."""
    return name if "'" in name else repr(name)


def option_error(message: str, place: Place, hint: str) -> DefinitionError:
    """The error for an option with an invalid value."""
    return DefinitionError(message, code="option", hint=hint, place=place)
