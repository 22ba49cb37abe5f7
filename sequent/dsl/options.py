"""How a step or container is to run, beside what it does: read once, checked at the author's line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, Final, Protocol

from attrs import evolve, frozen

from sequent.dsl.counts import (
    option_error,
    read_construct,
    read_flag,
    read_limit,
    read_optional_flag,
    read_parallel,
    read_priority,
    read_retries,
)
from sequent.dsl.directives import NO_DIRECTIVES, read_recovery
from sequent.dsl.hosts import is_here
from sequent.dsl.literals import step_as_value
from sequent.dsl.mistakes import Mistakes
from sequent.dsl.names import did_you_mean
from sequent.dsl.places import Site, option_place, read_at
from sequent.dsl.pools import PoolAmounts, read_acquires, read_releases
from sequent.dsl.reference_search import refuse_text
from sequent.dsl.references import Reference
from sequent.dsl.repeats import RepeatSource, read_repeats
from sequent.dsl.requirements import Claimable, Requirement, read_requirement
from sequent.dsl.sources import refuse_secret
from sequent.dsl.timing import check_attempts, read_backoff, read_delay, read_retry_on, read_timeout
from sequent.errors import DefinitionError, Place
from sequent.model.references import Literal
from sequent.model.spec import AT_ONCE, Backoff, ItemsLiteral
from sequent.model.status import Action, Construct, Status

Timing = Literal | Reference
"""A length of time or a moment, as wire text, or where it comes from."""


@frozen(eq=False)
class Options:
    """What ``@step``, ``@container``, ``command`` and ``add_step`` have in common."""

    requires: Requirement | None = None
    repeats: RepeatSource | None = None
    parallel: int | Reference = 1
    until: bool = False
    delay: Timing | None = None
    timeout: Timing | None = None
    retries: int = 0
    backoff: Backoff = AT_ONCE
    retry_on: tuple[str | int, ...] = ()
    priority: int = 0
    max_concurrent: int | None = None
    acquires: PoolAmounts = ()
    releases: PoolAmounts | None = None
    recovery: Mapping[Status, Action] = NO_DIRECTIVES
    handles: bool = True
    stop_on_exception: bool | None = None
    task_construct: Construct | None = None
    given: frozenset[str] = frozenset()
    """The options that the author wrote."""
    unread: frozenset[str] = frozenset()
    """Those of which a mistake is told."""


WORK: Final = "function or words"
"""Stands among what could not be read of a step for what it does."""
NO_OPTIONS: Final = Options()
NO_ITEMS: Final = ItemsLiteral("[]")
"""Stand for items that could not be read: it repeats all the same."""

_ATTEMPTS: Final = {"timeout", "retries", "backoff", "retry_on", "recovery"}
_EVERYWHERE: Final = {
    *("requires", "repeats", "parallel", "delay", "priority", "max_concurrent", "acquires", "releases"),
    *("handles", "stop_on_exception", "task_construct"),
}
STEP_OPTIONS: Final = frozenset({*_EVERYWHERE, *_ATTEMPTS, "until"})
CONTAINER_OPTIONS: Final = frozenset(_EVERYWHERE)
_TAKE_REFERENCES: Final = frozenset({"parallel", "delay", "timeout"})
"""Beside what is repeated over and required."""
_NOT_YET: Mapping[str, Callable[[object], bool]] = {"hosts": is_here}
"""Words of the language that mean nothing yet, and whether a value may stand there all the same."""


class Reader(Protocol):
    """Reads the value of one option."""

    def __call__(self, value: object, name: str, place: Place) -> Any: ...


def read_options(
    options: Mapping[str, object], site: Site, allowed: frozenset[str], word: str, mistakes: Mistakes | None = None
) -> Options:
    """The options of a step or container.

    Args:
        options: as given, by name.
        site: the call that gives them.
        allowed: those that mean something there.
        word: what the call is called in a message: ``step``.
        mistakes: takes those that are misspelt, not supported yet, or have a value of the wrong type.

    Raises:
        DefinitionError: there are such, and nobody takes them.
    """
    if not options:
        return NO_OPTIONS
    found = Mistakes() if mistakes is None else mistakes
    read: dict[str, Any] = {}
    unread: list[str] = []
    for name, value in options.items():
        try:
            if name in allowed or name in _ATTEMPTS:
                read[name] = _read_option(name, value, site)
            else:
                refuse_option(name, value, site, allowed, word)
        except DefinitionError as error:
            found.add(error)
            unread.append(name)
    given = frozenset(read)
    if "repeats" in unread:
        read["repeats"] = NO_ITEMS
    chosen = Options(**read, given=given, unread=frozenset(unread))
    if chosen.until and chosen.repeats is None:
        place = option_place(site, "until")
        found.add(option_error("'until' needs 'repeats'", place, "give the items to repeat over"))
        chosen = evolve(chosen, until=False)
    if word != "container":
        found.told(partial(check_parallel, chosen, site), None)
        found.told(partial(check_attempts, options, partial(option_place, site)), None)
    if mistakes is None:
        found.raise_if_any()
    return chosen


def check_parallel(options: Options, site: Site) -> None:
    """See that iterations that are to run at once are iterations.

    Raises:
        DefinitionError: there are no repeats.
    """
    is_parallel = isinstance(options.parallel, Reference) or options.parallel != 1
    if is_parallel and options.repeats is None:
        raise option_error(
            "'parallel' needs 'repeats'",
            option_place(site, "parallel"),
            "it is how many iterations run at once; how many steps do is max_concurrent=",
        )


def _read_option(name: str, value: object, site: Site) -> object:
    # The common cases, without a detour: a flow may have ten thousand steps.
    if name == "requires" and isinstance(value, Requirement):
        return value
    if (type(value) is bool and name in _FLAGS) or (type(value) is int and value >= 0 and name in _COUNTS):
        return value
    return read_at(site, name, partial(_read_checked, value, name))


def _read_checked(value: object, name: str, place: Place) -> object:
    if name != "repeats" and not isinstance(value, Reference | Requirement):
        refuse_text(value, repr(name), place)
    if name not in ("requires", "repeats"):
        if isinstance(value, Reference):
            return _checked_reference(value, name, place)
        if isinstance(value, Claimable):
            raise step_as_value(value, f"{name!r}", place)
    return _READERS[name](value, name, place)


def _checked_reference(value: Reference, name: str, place: Place) -> Reference:
    refuse_secret(value, f"{name!r}", place)
    if name in _TAKE_REFERENCES:
        return value
    raise DefinitionError(
        f"{name!r} is {value.__sequent__.shown}, which is known only while running",
        code="reference",
        hint="give the value itself: only delay, timeout, parallel and repeats may be references",
        place=place,
    )


def refuse_option(name: str, value: object, site: Site, allowed: frozenset[str], word: str) -> None:
    """Accept an option that means nothing yet, where its value says nothing; refuse all others by name.

    Raises:
        DefinitionError: it is misspelt, or not supported yet.
    """
    if name in _NOT_YET:
        if _NOT_YET[name](value):
            return
        raise option_error(f"not supported yet: {name!r}", option_place(site, name), "leave it out")
    raise DefinitionError(
        f"{word} has no option {name!r}",
        code="option",
        hint=did_you_mean(name, allowed),
        place=option_place(site, name),
    )


def without_attempts(options: Options) -> Options:
    """The options without those that only a step can have, once that is told."""
    return evolve(options, given=options.given - _ATTEMPTS)


def refusal_of_attempts(options: Options, site: Site, container: str, steps: Iterable[str]) -> DefinitionError | None:
    """The error for a container with an option that only a step can have, since a container has no attempts."""
    for name in sorted(_ATTEMPTS & options.given):
        if getattr(options, name) != getattr(NO_OPTIONS, name):
            return option_error(
                f"{name!r} is for steps: the container {container!r} has no attempts",
                option_place(site, name),
                f"put it on {next(iter(steps), 'its steps')!r}, and on each other step that is to have it",
            )
    return None


def _read_repeats(value: object, name: str, place: Place) -> RepeatSource | None:
    del name
    return read_repeats(value, place)


def _read_requires(value: object, name: str, place: Place) -> Requirement | None:
    del name
    return read_requirement(value, place)


_READERS: Mapping[str, Reader] = {
    "requires": _read_requires,
    "repeats": _read_repeats,
    "parallel": read_parallel,
    "until": read_flag,
    "delay": read_delay,
    "timeout": read_timeout,
    "retries": read_retries,
    "backoff": read_backoff,
    "retry_on": read_retry_on,
    "priority": read_priority,
    "max_concurrent": read_limit,
    "acquires": read_acquires,
    "releases": read_releases,
    "recovery": read_recovery,
    "handles": read_flag,
    "stop_on_exception": read_optional_flag,
    "task_construct": read_construct,
}
_COUNTS: Final = frozenset({"parallel", "retries", "priority", "max_concurrent"})
_FLAGS: Final = frozenset(name for name, reader in _READERS.items() if reader in (read_flag, read_optional_flag))
