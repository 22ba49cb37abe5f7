"""The options of a step or container: read once, checked at the author's line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache, partial
from typing import Any, Final, NoReturn

from attrs import evolve, frozen

from sequent.dsl.mistakes import Mistakes
from sequent.dsl.options.pools import PoolAmounts, read_acquires, read_releases
from sequent.dsl.options.repeats import RepeatSource, read_repeats
from sequent.dsl.references.literals import step_as_value
from sequent.dsl.references.reference import Reference
from sequent.dsl.references.reference_search import reference_in, refuse_text
from sequent.dsl.references.reference_words import refuse_secret
from sequent.dsl.references.requirements import Claimable, Requirement, read_requirement
from sequent.dsl.source_lines import Site, option_place, read_at
from sequent.errors import DefinitionError, NotDataError, Place
from sequent.model.option_readers import option_error, read_flag, read_optional_flag
from sequent.model.option_table import CONTAINER, FLOW, OPTIONS, SETTINGS, STEP, OptionReader, said
from sequent.model.references import Literal
from sequent.model.spec import ItemsLiteral, PlainStepOptions
from sequent.model.value_text import encode

NO_VALUES: Mapping[str, Literal | Reference] = {}


@frozen(kw_only=True, eq=False, repr=False)
class WrittenOptions(PlainStepOptions):
    """The common options of ``@step``, ``@container``, ``command`` and ``add_step``."""

    requires: Requirement | None = None
    repeats: RepeatSource | None = None
    until: bool = False
    values: Mapping[str, Literal | Reference] = NO_VALUES
    """Options that may be known only while running, by name: wire text, or a reference."""
    acquires: PoolAmounts = ()
    releases: PoolAmounts | None = None
    given: frozenset[str] = frozenset()
    """The options that the author wrote."""
    unread: frozenset[str] = frozenset()
    """The options with a mistake."""


WORK: Final = "function or words"
"""The name of a step's work among its unread options."""
NO_OPTIONS: Final = WrittenOptions()
NO_ITEMS: Final = ItemsLiteral("[]")
"""A substitute for items that could not be read: it is a repeat all the same."""

STEP_OPTIONS: Final = frozenset(name for name, option in OPTIONS.items() if STEP in option.where)
CONTAINER_OPTIONS: Final = frozenset(name for name, option in OPTIONS.items() if CONTAINER in option.where)
FLOW_OPTIONS: Final = frozenset(name for name, option in OPTIONS.items() if FLOW in option.where) - {*SETTINGS}
"""The options of the builder's flow, whose settings come from its configuration."""
_ATTEMPTS: Final = STEP_OPTIONS - CONTAINER_OPTIONS - {"until"}
_OF_THE_LANGUAGE: Mapping[str, OptionReader] = {
    "requires": lambda value, name, place: read_requirement(value, place),  # noqa: ARG005  a reader's parameters
    "repeats": lambda value, name, place: read_repeats(value, place),  # noqa: ARG005  as above
    "acquires": read_acquires,
    "releases": read_releases,
}
_READERS: Mapping[str, OptionReader] = {name: option.read or _OF_THE_LANGUAGE[name] for name, option in OPTIONS.items()}
_FLAGS: Final = frozenset(name for name, reader in _READERS.items() if reader in (read_flag, read_optional_flag))
_COUNTS: Final = frozenset({"parallel", "retries", "priority", "max_concurrent"})
_REFER: Final = [name for name, option in OPTIONS.items() if option.may_refer]
_LATE: Final = frozenset(_REFER) - {"repeats", "parallel"}
"""Always kept as wire text; ``parallel`` only if it is a reference."""
_NOWHERE: Final = Place("", 0)


def read_options(
    options: Mapping[str, object], site: Site, allowed: frozenset[str], word: str, mistakes: Mistakes | None = None
) -> WrittenOptions:
    """Read the options of a step or container.

    Args:
        options: the options by name.
        site: the call that gives them.
        allowed: those that are allowed there.
        word: the name of the call for messages: ``step``.
        mistakes: takes misspelt options, and values of the wrong type.

    Raises:
        DefinitionError: there are such options, and ``mistakes`` is None.
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
                refuse_option(name, site, allowed, word)
        except DefinitionError as error:
            found.add(error)
            unread.append(name)
    given = frozenset(read)
    late = [
        name for name, value in read.items() if name in _LATE or (name == "parallel" and value.__class__ is not int)
    ]
    values = {name: value for name in late if (value := read.pop(name)) is not None}
    if "repeats" in unread:
        read["repeats"] = NO_ITEMS
    chosen = WrittenOptions(**read, values=values, given=given, unread=frozenset(unread))
    if chosen.until and chosen.repeats is None:
        place = option_place(site, "until")
        found.add(option_error("'until' needs 'repeats'", place, "give the items to repeat over"))
        chosen = evolve(chosen, until=False)
    if word != "container":
        found.told(partial(check_parallel, chosen, site), None)
        found.told(partial(_check_attempts, options, site), None)
    if mistakes is None:
        found.raise_if_any()
    return chosen


def check_parallel(options: WrittenOptions, site: Site) -> None:
    """Check that only a repeat runs its iterations in parallel.

    Raises:
        DefinitionError: there are no repeats.
    """
    is_parallel = "parallel" in options.values or options.parallel != 1
    if is_parallel and options.repeats is None:
        raise option_error(
            "'parallel' needs 'repeats'",
            option_place(site, "parallel"),
            "give the number of iterations that run at once; max_concurrent= limits the number of steps",
        )


def _check_attempts(given: Iterable[str], site: Site) -> None:
    """Check that options of retries come with a number of retries."""
    for name in ("backoff", "retry_on"):
        if name in given and "retries" not in given:
            raise option_error(
                f"{name!r} is about retries, but there are none",
                option_place(site, name),
                "give their number: retries=3",
            )


def _read_option(name: str, value: object, site: Site) -> object:
    # The common cases first: a flow may have ten thousand steps.
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
    if name == "hosts" and (inner := reference_in(value)):
        hint = "give one reference to the whole list: hosts=find.result"
        raise option_error(f"'hosts' has the reference {inner} inside it", place, hint)
    return wire_text(value, name, place) if name in _LATE else _READERS[name](value, name, place)


def wire_text(value: object, name: str, place: Place) -> Literal | None:
    """Return the value of an option that may be a reference as wire text, if it is known; None for the default.

    Raises:
        DefinitionError: the option cannot have that value.
    """
    if value is None and name in _LATE:
        return None
    try:
        # Most flows repeat the same few values.
        return _known(name, value) if type(value) is str else _written(name, value)
    except DefinitionError as error:
        error.place = place
        raise
    except NotDataError as error:
        raise option_error(f"{name!r}: {error.message}", place, error.hint) from None


def _written(name: str, value: object) -> Literal | None:
    read = _READERS[name](value, name, _NOWHERE)
    return None if read == OPTIONS[name].default else Literal(encode(read))


_known = lru_cache(maxsize=256)(_written)


def _checked_reference(value: Reference, name: str, place: Place) -> Reference:
    refuse_secret(value, f"{name!r}", place)
    if name in _REFER:
        return value
    raise DefinitionError(
        f"{name!r} is {value.__sequent__.shown}, which is known only while running",
        code="reference",
        hint=f"give the value itself: only {', '.join(_REFER[:-1])} and {_REFER[-1]} may be references",
        place=place,
    )


def refuse_option(name: str, site: Site, allowed: frozenset[str], word: str) -> NoReturn:
    """Refuse an unknown option, by name.

    Raises:
        DefinitionError: always.
    """
    # Mistakes are rare.
    from sequent.dsl.options.familiar_options import option_hint

    raise DefinitionError(
        f"{word} has no option {name!r}",
        code="option",
        hint=f"it is a setting: config={{{name!r}: ...}}" if name in SETTINGS else option_hint(name, allowed),
        place=option_place(site, name),
    )


def without_attempts(options: WrittenOptions) -> WrittenOptions:
    """Return the options without those that only a step can have, after these were reported."""
    return evolve(options, given=options.given - _ATTEMPTS)


def refusal_of_attempts(
    options: WrittenOptions, site: Site, container: str, steps: Iterable[str]
) -> DefinitionError | None:
    """Return the error for a container with an option that only a step can have, since a container has no attempts."""
    for name in sorted(_ATTEMPTS & options.given):
        if name in said(options):
            return option_error(
                f"{name!r} is for steps: the container {container!r} has no attempts",
                option_place(site, name),
                f"put it on {next(iter(steps), 'its steps')!r}, and on each other step that needs it",
            )
    return None


def laid_over(options: WrittenOptions, below: WrittenOptions) -> WrittenOptions:
    """Return the options, completed by those of another container."""
    kept = {name: value for name, value in below.values.items() if name not in options.given}
    given = {name: getattr(options, name) for name in options.given - _LATE}
    return evolve(below, **given, values={**kept, **options.values}, given=options.given)
