"""How a step or container is to run, beside what it does: read once, checked at the author's line."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final, Protocol

from attrs import frozen

from sequent.dsl.literals import formatted_elsewhere
from sequent.dsl.names import did_you_mean
from sequent.dsl.places import Site, option_place, read_at
from sequent.dsl.references import MARK, Reference
from sequent.dsl.repeats import RepeatSource, read_repeats
from sequent.dsl.requirements import Requirement, read_requirement
from sequent.errors import DefinitionError, Place
from sequent.model.status import Construct


@frozen(eq=False)
class Options:
    """What ``@step``, ``@container``, ``command`` and ``add_step`` have in common."""

    requires: Requirement | None = None
    repeats: RepeatSource | None = None
    parallel: int = 1
    until: bool = False
    handles: bool = True
    stop_on_exception: bool | None = None
    task_construct: Construct | None = None
    max_concurrent: int | None = None
    """Of a container that is the flow itself."""
    given: frozenset[str] = frozenset()
    """The options that the author wrote."""


NO_OPTIONS: Final = Options()

_EVERYWHERE = {"requires", "repeats", "parallel", "handles", "stop_on_exception", "task_construct"}
STEP_OPTIONS: Final = frozenset(_EVERYWHERE | {"until"})
CONTAINER_OPTIONS: Final = frozenset(_EVERYWHERE | {"max_concurrent"})

_ATTEMPTS = frozenset({"retries", "timeout", "backoff", "retry_on"})
_EMPTY: Mapping[str, tuple[object, ...]] = {
    "hosts": (None, [], ()),
    "delay": (None, 0),
    "acquires": (None, [], ()),
    "releases": (None,),
    "retries": (None, 0),
    "timeout": (None,),
    "backoff": (None,),
    "retry_on": (None, [], ()),
    "priority": (None, 0),
    "max_concurrent": (None,),
    "shell": (None,),
}
"""Words of the language that mean nothing yet, and the values with which they may stand."""


class Reader(Protocol):
    """Reads the value of one option."""

    def __call__(self, value: object, name: str, place: Place) -> Any: ...


def read_options(options: Mapping[str, object], site: Site, allowed: frozenset[str], word: str) -> Options:
    """The options of a step or container.

    Args:
        options: as given, by name.
        site: the call that gives them.
        allowed: those that mean something there.
        word: what the call is called in a message: ``step``.

    Raises:
        DefinitionError: one is misspelt, not supported yet, or has a value of the wrong type.
    """
    if not options:
        return NO_OPTIONS
    read: dict[str, Any] = {}
    for name, value in options.items():
        if name in allowed:
            read[name] = _read_option(name, value, site)
        else:
            refuse_option(name, value, site, allowed, word)
    chosen = Options(**read, given=frozenset(read))
    if chosen.until and chosen.repeats is None:
        raise _error("'until' needs 'repeats'", option_place(site, "until"), "give the items to repeat over")
    return chosen


def _read_option(name: str, value: object, site: Site) -> object:
    # The common cases, without a detour: a flow may have ten thousand steps.
    if name == "requires" and isinstance(value, Requirement):
        return value
    if type(value) is bool and _READERS[name] in (_read_flag, _read_optional_flag):
        return value
    return read_at(site, name, partial(_read_checked, value, name))


def _read_checked(value: object, name: str, place: Place) -> object:
    if isinstance(value, str) and MARK in value:
        raise formatted_elsewhere(f"{name!r}", place)
    if isinstance(value, Reference) and name not in ("requires", "repeats"):
        raise _error(f"not supported yet: a reference ({value.text}) as {name!r}", place, "give the value itself")
    return _READERS[name](value, name, place)


def refuse_option(name: str, value: object, site: Site, allowed: frozenset[str], word: str) -> None:
    """Accept an option that means nothing yet, where its value says nothing; refuse all others by name.

    Raises:
        DefinitionError: it is misspelt, or not supported yet.
    """
    if name in _EMPTY:
        if any(type(value) is type(empty) and value == empty for empty in _EMPTY[name]):
            return
        if word == "container" and name in _ATTEMPTS:
            raise _error(
                f"{name!r} is for steps: a container has no attempts", option_place(site, name), "put it on each step"
            )
        raise _error(f"not supported yet: {name!r}", option_place(site, name), "leave it out")
    raise DefinitionError(
        f"{word} has no option {name!r}",
        code="option",
        hint=did_you_mean(name, allowed),
        place=option_place(site, name),
    )


def read_flag(value: object, name: str, place: Place) -> bool:
    """True or False.

    Raises:
        DefinitionError: it is neither.
    """
    if not isinstance(value, bool):
        raise _error(f"{name!r} is {value!r:.100}", place, "it is True or False")
    return value


_read_flag = read_flag


def _read_optional_flag(value: object, name: str, place: Place) -> bool | None:
    return None if value is None else read_flag(value, name, place)


def read_count(value: object, name: str, place: Place) -> int:
    """A whole number.

    Raises:
        DefinitionError: it is something else.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise _error(f"{name!r} is {value!r:.100}", place, "it is a whole number")
    return value


def _read_optional_count(value: object, name: str, place: Place) -> int | None:
    return None if value is None else read_count(value, name, place)


def _read_parallel(value: object, name: str, place: Place) -> int:
    count = read_count(value, name, place)
    if count < 0:
        raise _error(f"{name!r} is {count}", place, "it is how many iterations run at once; 0: no limit")
    return count


def read_construct(value: object, name: str, place: Place) -> Construct | None:
    """Where a step's code is executed.

    Raises:
        DefinitionError: there is no such way, or not yet.
    """
    if value is None:
        return None
    if value == "thread":
        raise _error(f"not supported yet: {name}='thread'", place, "the ways are 'process' and 'invoke'")
    if not isinstance(value, str) or value not in list(Construct):
        raise _error(f"{name!r} is {value!r:.100}", place, "the ways are 'process' and 'invoke'")
    return Construct(value)


def _read_repeats(value: object, name: str, place: Place) -> RepeatSource | None:
    del name
    return read_repeats(value, place)


def _read_requires(value: object, name: str, place: Place) -> Requirement | None:
    del name
    return read_requirement(value, place)


_READERS: Mapping[str, Reader] = {
    "requires": _read_requires,
    "repeats": _read_repeats,
    "parallel": _read_parallel,
    "until": _read_flag,
    "handles": _read_flag,
    "stop_on_exception": _read_optional_flag,
    "task_construct": read_construct,
    "max_concurrent": _read_optional_count,
}


def _error(message: str, place: Place, hint: str) -> DefinitionError:
    return DefinitionError(message, code="option", hint=hint, place=place)
