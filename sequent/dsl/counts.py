"""Options that are a flag, a whole number, or one of a few words."""

from __future__ import annotations

from sequent.errors import DefinitionError, Place
from sequent.model.status import Construct
from sequent.model.wording import repr_of

_TYPED_FLAGS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
_CONSTRUCTS = frozenset(Construct)
_CLASSES = {"Process": Construct.PROCESS, "Thread": Construct.THREAD, "Invoke": Construct.INVOKE}
"""By the names of the classes that the original took: ``multiprocessing.Process``, ``threading.Thread``, its own."""
_WAYS = ", ".join(repr(construct.value) for construct in Construct)


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
        raise option_error(f"{quoted(name)} is {repr_of(value)}", place, "it is True or False")
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
        raise option_error(f"{quoted(name)} is {repr_of(value)}", place, "it is a whole number")
    return value


def read_limit(value: object, name: str, place: Place) -> int | None:
    """How many may execute at once: a whole number, below 1 for no limit; None where nothing is said."""
    return None if value is None else read_count(value, name, place)


def read_priority(value: object, name: str, place: Place) -> int:
    """Which goes first where several wait: a whole number, higher first."""
    return 0 if value is None else read_count(value, name, place)


def read_parallel(value: object, name: str, place: Place) -> int:
    """How many iterations run at once; 0 for no limit.

    Raises:
        DefinitionError: it is negative, or no whole number.
    """
    return _not_negative(value, name, place, "it is how many iterations run at once; 0: no limit")


def read_retries(value: object, name: str, place: Place) -> int:
    """How many further attempts a step has.

    Raises:
        DefinitionError: it is negative, or no whole number.
    """
    hint = "it is how many further attempts there are after the first; 0: none"
    return 0 if value is None else _not_negative(value, name, place, hint)


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


def quoted(name: str) -> str:
    """A name in quotes, unless it shows some already: ``'parallel'``, ``config['parallel']``."""
    return name if "'" in name else repr(name)


def option_error(message: str, place: Place, hint: str) -> DefinitionError:
    """The error for an option whose value is not one that it can have."""
    return DefinitionError(message, code="option", hint=hint, place=place)
