"""A flow as data: what each of its parts is, requires, repeats and takes, without its code."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, TypedDict

from attrs import asdict, astuple, field, frozen
from msgspec import UNSET, Struct, UnsetType, convert

from sequent.by_fields import ByFields
from sequent.errors import Place
from sequent.model.durations import Backoff
from sequent.model.options import OPTIONS
from sequent.model.references import dotted
from sequent.model.requirements import AllOf, AnyOf, Atom, Requirement
from sequent.model.spec import Amounts
from sequent.model.status import Action, Claim, Status
from sequent.model.wire import decode

_VERSION = 2
"""That of the form in which a description is kept; the first was sentences."""
_STAND_IN = "result_or"


class PartKind(StrEnum):
    """What a part of a flow is."""

    FLOW = "flow"
    CONTAINER = "container"
    STEP = "step"
    COMMAND = "command"
    NOTHING = "nothing"
    """A step without anything to do."""


class SourceKind(StrEnum):
    """Where a value comes from."""

    RESULT = "result"
    RESULT_OR = "result_or"
    FAILURES = "failures"
    ITEM = "item"
    PREVIOUS = "previous"
    PARAM = "param"
    LITERAL = "literal"
    PART = "part"
    LIST = "list"
    TUPLE = "tuple"
    DICT = "dict"
    ITEMS = "items"
    """Items that were written down."""
    CALL = "call"
    """Items that a callable gives."""


NAMES_A_PART = frozenset(
    {SourceKind.RESULT, SourceKind.RESULT_OR, SourceKind.FAILURES, SourceKind.ITEM, SourceKind.PREVIOUS}
)


@frozen(eq=False, repr=False)
class ValueSource(ByFields):
    """Where a value comes from, by the names of the flow."""

    kind: SourceKind
    name: str = ""
    """The dotted path of a part of the flow, or a parameter."""
    text: str = ""
    """Of a literal, or of what stands in where there is no result: wire text."""
    parts: tuple[ValueSource, ...] = ()
    """What it is made of; the first result of a fold; the whole of a part."""
    keys: tuple[str | int, ...] = ()


def distinct(sources: Iterable[ValueSource]) -> tuple[ValueSource, ...]:
    """Each of some sources once, in their own order."""
    by_key = {_key(source): source for source in sources}
    return tuple(by_key[key] for key in sorted(by_key))


def _key(source: ValueSource) -> tuple[object, ...]:
    return (source.kind, source.name, source.text, repr(source.keys), tuple(map(_key, source.parts)))


NO_OPTIONS: Mapping[str, Any] = {}
"""One for the many parts that have none."""


@frozen(kw_only=True, eq=False, repr=False)
class Part(ByFields):
    """A step, a container, or the flow itself."""

    kind: PartKind
    requires: Requirement | None = None
    """All that it waits for, each by its path from the root."""
    repeats: ValueSource | None = None
    takes: tuple[ValueSource, ...] = ()
    options: Mapping[str, Any] = NO_OPTIONS
    """By name, what it says of them otherwise than by default: as its specification has it, or where it comes from."""
    result: str = ""
    """Of a container: the step whose result is its own; empty where none is named."""
    params: Mapping[str, str] = NO_OPTIONS
    """Of the flow: the type of each, by name."""
    pools: Mapping[str, tuple[int, bool]] = NO_OPTIONS
    """Of the flow: how much there is of each, and whether all runs share it."""
    count: int | None = None
    """How many items it repeats over, where they were written down."""
    place: Place | None = field(default=None, eq=False)
    """It is not kept."""
    items: str = field(default="", eq=False)
    """The items that were written down, as wire text; they are not kept."""

    @property
    def is_container(self) -> bool:
        """Whether others are in it."""
        return self.kind in (PartKind.FLOW, PartKind.CONTAINER)

    def only_tunes(self, option: str) -> bool:
        """Whether one of its options says no more than how long, how often, how soon or how many of it run at once."""
        value = self.options[option]
        refers = isinstance(value, ValueSource) and value.kind is not SourceKind.LITERAL
        return option in OPTIONS and OPTIONS[option].is_tuning and not refers

    @property
    def reruns_successes(self) -> bool:
        """Whether it runs again in a recovery though it has succeeded."""
        return self.options.get("recovery", {}).get(Status.SUCCESS) is Action.RERUN


@frozen(eq=False, repr=False)
class Sentence(ByFields):
    """A part as the first version kept it: see ``compiler.sentences``."""

    text: str

    @property
    def is_container(self) -> bool:
        """Whether others are in it."""
        return self.text.startswith(("flow", "container"))

    @property
    def reruns_successes(self) -> bool:
        """Whether it runs again in a recovery though it has succeeded."""
        return any("success rerun" in part for part in self.text.partition("; ")[0].split(", in a recovery ")[1:])


Description = Mapping[str, Part]
"""By dotted path (the flow itself is ''), each container before what is in it."""
KeptDescription = Mapping[str, Part | Sentence]
"""As it was kept with a run, by this version or an older one."""


def text_of_description(parts: Description) -> str:
    """The description as text, without the lines of the author's file."""
    trees = {
        path: {name: value for name in _KEPT if (value := getattr(part, name)) not in _NOTHING}
        for path, part in parts.items()
    }
    return _dump({"version": _VERSION, "parts": trees})


def read_description(tree: Any) -> KeptDescription:
    """The description again, from what its text is in JSON.

    Raises:
        ValueError, TypeError, KeyError, AttributeError, NotDataError: no version gave it.
    """
    if isinstance(tree.get("version"), str | None):
        return {path: Sentence(text) for path, text in convert(tree, dict[str, str]).items()}
    if tree["version"] != _VERSION:
        raise ValueError(f"version {tree['version']}")
    return {path: _part_of(kept) for path, kept in convert(tree["parts"], dict[str, _KeptPart]).items()}


# -- to and from what JSON can say --------------------------------------------------------------------

_NOTHING: tuple[object, ...] = (None, "", (), {})


def _plain(record: Any) -> Any:
    """What a record is made of."""
    match record:
        case Atom():
            claim = _STAND_IN if record.is_stand_in else record.claim
            return [dotted(record.path), claim, *([record.values] if record.values else [])]
        case AllOf() | AnyOf():
            return {"all" if isinstance(record, AllOf) else "any": record.parts}
        case ValueSource():
            return asdict(record, filter=lambda _, value: value not in _NOTHING)
        case _:
            return astuple(record)


# ASCII alone: names may hold lone surrogates, which a database does not take.
_dump = json.JSONEncoder(separators=(",", ":"), default=_plain).encode


class _KeptAtom(Struct, array_like=True, forbid_unknown_fields=True):
    path: str
    claim: str
    values: tuple[str, ...] = ()


class _KeptGroup(TypedDict, total=False):
    """It has one of these."""

    all: tuple[_KeptAtom | _KeptGroup, ...]
    any: tuple[_KeptAtom | _KeptGroup, ...]


class _KeptPart(Struct, forbid_unknown_fields=True):
    kind: PartKind
    requires: _KeptAtom | _KeptGroup | UnsetType = UNSET
    repeats: ValueSource | UnsetType = UNSET
    takes: tuple[ValueSource, ...] = ()
    options: dict[str, Any] = {}
    result: str = ""
    params: dict[str, str] = {}
    pools: dict[str, tuple[int, bool]] = {}
    count: int | UnsetType = UNSET


_KEPT = _KeptPart.__struct_fields__
"""What is kept of a part."""
_OPTIONS: Mapping[str, Any] = {
    "acquires": Amounts,
    "releases": Amounts,
    "backoff": tuple[float, float, float | None, float],
    "retry_on": tuple[str | int, ...],
    "recovery": dict[Status, Action],
}
"""The options that JSON does not give back as they are."""


def _part_of(kept: _KeptPart) -> Part:
    fields = {name: value for name in _KEPT if (value := getattr(kept, name)) is not UNSET}
    if "requires" in fields:
        fields["requires"] = _requirement_of(fields["requires"])
    fields["options"] = {name: _option_of(name, tree) for name, tree in kept.options.items()}
    return Part(**fields)


def _requirement_of(kept: _KeptAtom | _KeptGroup) -> Requirement:
    if not isinstance(kept, _KeptAtom):
        if len(kept) != 1:
            raise ValueError("a group is of all or of any")
        parts = tuple(map(_requirement_of, kept.get("all") or kept.get("any") or ()))
        return AllOf(parts) if "all" in kept else AnyOf(parts)
    is_stand_in = kept.claim == _STAND_IN
    claim = Claim.DONE if is_stand_in else Claim(kept.claim)
    return Atom(tuple(kept.path.split(".")), claim, values=kept.values, is_stand_in=is_stand_in)


def _option_of(name: str, tree: Any) -> Any:
    if name in _OPTIONS:
        value = convert(tree, _OPTIONS[name])
        if name == "backoff":
            value = Backoff(*value)
    else:
        value = tree if isinstance(tree, str | int | float) else convert(tree, ValueSource)
    known = decode(value.text) if isinstance(value, ValueSource) and value.kind is SourceKind.LITERAL else value
    if name in OPTIONS and not isinstance(known, ValueSource):
        # Whatever cannot be told is no value of it.
        OPTIONS[name].words(known)
    return value
