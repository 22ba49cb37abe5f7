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
from sequent.model.option_table import OPTIONS
from sequent.model.references import dotted
from sequent.model.requirements import AllOf, AnyOf, Atom, Requirement
from sequent.model.spec import Amounts
from sequent.model.status import Action, Claim, Status
from sequent.model.value_text import decode

_VERSION = 2
"""The version of the form in which descriptions are stored; the first consisted of sentences."""
_STAND_IN = "result_or"


class PartKind(StrEnum):
    """The kinds of parts."""

    FLOW = "flow"
    CONTAINER = "container"
    STEP = "step"
    COMMAND = "command"
    QUESTION = "question"
    """A step that waits for the answer of a person."""
    NOTHING = "nothing"
    """A step that does nothing."""


class SourceKind(StrEnum):
    """The sources of a value."""

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
    """Items that were written as a literal."""
    CALL = "call"
    """Items that a callable returns."""


NAMES_A_PART = frozenset(
    {SourceKind.RESULT, SourceKind.RESULT_OR, SourceKind.FAILURES, SourceKind.ITEM, SourceKind.PREVIOUS}
)


@frozen(eq=False, repr=False)
class ValueSource(ByFields):
    """The source of a value, by the names of the flow."""

    kind: SourceKind
    name: str = ""
    """The dotted path of a part of the flow, or a parameter."""
    text: str = ""
    """The wire text of a literal, or of the value that replaces a missing result."""
    parts: tuple[ValueSource, ...] = ()
    """The parts of a compound; the first result of a fold; or the whole that a part is taken from."""
    keys: tuple[str | int, ...] = ()


def distinct(sources: Iterable[ValueSource]) -> tuple[ValueSource, ...]:
    """Return the sources without duplicates, sorted."""
    by_key = {_key(source): source for source in sources}
    return tuple(by_key[key] for key in sorted(by_key))


def _key(source: ValueSource) -> tuple[object, ...]:
    return (source.kind, source.name, source.text, repr(source.keys), tuple(map(_key, source.parts)))


NO_OPTIONS: Mapping[str, Any] = {}
"""One object for the many parts that have none."""


@frozen(kw_only=True, eq=False, repr=False)
class Part(ByFields):
    """A step, a container, or the flow itself."""

    kind: PartKind
    requires: Requirement | None = None
    """The requirement, with paths from the root."""
    repeats: ValueSource | None = None
    takes: tuple[ValueSource, ...] = ()
    options: Mapping[str, Any] = NO_OPTIONS
    """The options that differ from their defaults, by name: values as in the specification, or their sources."""
    result: str = ""
    """The step whose result is that of the container; '' if none is named."""
    params: Mapping[str, str] = NO_OPTIONS
    """The types of the flow's parameters, by name."""
    pools: Mapping[str, tuple[int, bool]] = NO_OPTIONS
    """The flow's pools: the capacity of each, and whether all runs share it."""
    count: int | None = None
    """The number of items, if they were written as a literal."""
    question: str = field(default="", eq=False)
    """The question that it asks, with the sources of references in braces."""
    answer: Mapping[str, str] = field(default=NO_OPTIONS, eq=False)
    """The types of the fields of its answer, by name; under '' the type of an answer without fields."""
    returns: str = field(default="", eq=False)
    """The type of its result, if that cannot be None."""
    place: Place | None = field(default=None, eq=False)
    """The line of the author's code; not stored."""
    items: str = field(default="", eq=False)
    """The wire text of items that were written as a literal; not stored."""

    @property
    def is_container(self) -> bool:
        """Whether the part contains others."""
        return self.kind in (PartKind.FLOW, PartKind.CONTAINER)

    def only_tunes(self, option: str) -> bool:
        """Return whether an option only tunes: how long, how often, how soon, or how many run at once."""
        value = self.options[option]
        refers = isinstance(value, ValueSource) and value.kind is not SourceKind.LITERAL
        return option in OPTIONS and OPTIONS[option].is_tuning and not refers

    @property
    def reruns_successes(self) -> bool:
        """Whether a recovery runs the part again even if it has succeeded."""
        return self.options.get("recovery", {}).get(Status.SUCCESS) is Action.RERUN


@frozen(eq=False, repr=False)
class Sentence(ByFields):
    """A part in the form of the first version: see ``compiler.old_descriptions``."""

    text: str
    question = ""
    """When runs had such descriptions, there were no questions."""

    @property
    def is_container(self) -> bool:
        """Whether the part contains others."""
        return self.text.startswith(("flow", "container"))

    @property
    def reruns_successes(self) -> bool:
        """Whether a recovery runs the part again even if it has succeeded."""
        return any("success rerun" in part for part in self.text.partition("; ")[0].split(", in a recovery ")[1:])


Description = Mapping[str, Part]
"""The parts by dotted path ('' is the flow itself), each container before its contents."""
KeptDescription = Mapping[str, Part | Sentence]
"""A description as it was stored with a run, by this version or an older one."""


def text_of_description(parts: Description) -> str:
    """Return a description as text, without the lines of the author's file."""
    trees = {
        path: {name: value for name in _KEPT if (value := getattr(part, name)) not in _NOTHING}
        for path, part in parts.items()
    }
    return _dump({"version": _VERSION, "parts": trees})


def read_description(tree: Any) -> KeptDescription:
    """Return the description of a tree of JSON.

    Raises:
        ValueError, TypeError, KeyError, AttributeError, NotDataError: no version of Sequent wrote it.
    """
    if isinstance(tree.get("version"), str | None):
        return {path: Sentence(text) for path, text in convert(tree, dict[str, str]).items()}
    if tree["version"] != _VERSION:
        raise ValueError(f"version {tree['version']}")
    return {path: _part_of(kept) for path, kept in convert(tree["parts"], dict[str, _KeptPart]).items()}


# -- to and from JSON ---------------------------------------------------------------------------------

_NOTHING: tuple[object, ...] = (None, "", (), {})


def _plain(record: Any) -> Any:
    """Return the fields of a record."""
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


# ASCII only: names may contain lone surrogates, which databases do not accept.
_dump = json.JSONEncoder(separators=(",", ":"), default=_plain).encode


class _KeptAtom(Struct, array_like=True, forbid_unknown_fields=True):
    path: str
    claim: str
    values: tuple[str, ...] = ()


class _KeptGroup(TypedDict, total=False):
    """A requirement of several parts; it has one of these keys."""

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
    question: str = ""
    answer: dict[str, str] = {}
    returns: str = ""


_KEPT = _KeptPart.__struct_fields__
"""The fields of a part that are stored."""
_OPTIONS: Mapping[str, Any] = {
    "acquires": Amounts,
    "releases": Amounts,
    "backoff": tuple[float, float, float | None, float],
    "retry_on": tuple[str | int, ...],
    "recovery": dict[Status, Action],
}
"""The options that JSON does not return unchanged."""


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
        # A value that has no words is invalid.
        OPTIONS[name].words(known)
    return value
