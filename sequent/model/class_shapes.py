"""Takes instances of attrs classes and dataclasses apart into their fields, and puts them together again."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import types
import typing
from collections.abc import Callable, Hashable, Mapping
from inspect import getattr_static
from typing import Any, NamedTuple, cast

import attrs

from sequent.errors import NotDataError
from sequent.model.wording import with_article

_CACHED_HASH = "_attrs_cached_hash"
"""The attribute in which attrs keeps the hash of an instance; None until it is computed."""
_BESIDE = frozenset({_CACHED_HASH, "__orig_class__"})
"""The attributes of an instance beside its fields, which carry no data: ``Box[int](3)`` notes its alias."""


_NOTHING: Mapping[str, object] = {}


class Shape(NamedTuple):
    """The attributes of the instances of a class, and where they are stored."""

    kind: type
    fields: tuple[str, ...]
    slots: Mapping[str, types.MemberDescriptorType]
    """The slots of the class and of its bases."""
    further_slots: tuple[str, ...]
    """The slots that are not fields."""
    computed: frozenset[str]
    """The cached properties: their values are computed again when needed."""
    has_dict: bool
    caches_hash: bool

    def taken_apart(self, record: object, name: str) -> dict[str, object]:
        """Return the values of the fields.

        Args:
            record: an instance of exactly this class.
            name: its name in an error: ``result['model']``.

        Raises:
            NotDataError: a field has no value, or the instance holds something else, which would be lost.
        """
        held: Mapping[str, object] = vars(record) if self.has_dict else _NOTHING
        values: dict[str, object] = {}
        for field in self.fields:
            slot = self.slots.get(field)
            try:
                values[field] = held[field] if slot is None else slot.__get__(record)
            except (KeyError, AttributeError):
                values[field] = held[field] if field in held else self._of_class(field, name)
        for attribute in held:
            if attribute not in values:
                self._refuse_unless_beside(attribute, name)
        for attribute in self.further_slots:
            # An unset slot holds nothing that could be lost.
            with contextlib.suppress(AttributeError):
                self.slots[attribute].__get__(record)
                self._refuse_unless_beside(attribute, name)
        return values

    def _refuse_unless_beside(self, attribute: str, name: str) -> None:
        if attribute in self.computed or attribute in _BESIDE:
            return
        raise NotDataError(
            f"{name}.{attribute} is not a field of {self.kind.__qualname__}, so it would be lost",
            hint=f"make it a field: {attribute}: ... in the body of {self.kind.__qualname__}; "
            "or a functools.cached_property, if it is computed from the fields",
        )

    def _of_class(self, field: str, name: str) -> object:
        """Return the value of a field that the instance itself does not hold: the default of its class."""
        value: object = getattr_static(self.kind, field, self)
        if value is self or isinstance(value, types.MemberDescriptorType):
            raise NotDataError(
                f"{name}.{field}, a field of {self.kind.__qualname__}, was never set",
                hint="set it before it is returned, or give the field a default",
            )
        if hasattr(type(value), "__get__"):
            raise NotDataError(
                f"{name}.{field} is kept by {with_article(type(value).__name__)} in the class, not in the instance",
                hint=f"make it an ordinary field of {self.kind.__qualname__}",
            )
        return value

    def put_together(self, values: Mapping[str, object]) -> object:
        """Return an instance with these field values, made without running any code of its class."""
        record: object = object.__new__(cast("type[object]", self.kind))
        slots = self.slots
        for field, value in values.items():
            slot = slots.get(field)
            if slot is not None:
                slot.__set__(record, value)
            elif self.has_dict:
                vars(record)[field] = value
        if self.caches_hash:
            if _CACHED_HASH in slots:
                slots[_CACHED_HASH].__set__(record, None)
            else:
                vars(record)[_CACHED_HASH] = None
        return record


def shape_of(kind: type[object]) -> Shape | None:
    """Return the shape of an attrs class or dataclass, or of a class that inherits from one.

    Return None for any other class, and for one whose instances hold more than Python can take apart, such as an
    exception, or a dict with fields.
    """
    return _shape(cast("Hashable", kind))


@functools.lru_cache(maxsize=1024)
def _shape(hashed: Hashable) -> Shape | None:
    kind = cast("type[Any]", hashed)
    if any(map(_holds_more, kind.__mro__[:-1])):
        return None
    if attrs.has(kind):
        fields = tuple(field.name for field in attrs.fields(kind))
    elif dataclasses.is_dataclass(kind):
        fields = tuple(field.name for field in dataclasses.fields(kind))
    else:
        return None
    slots: dict[str, types.MemberDescriptorType] = {}
    computed: set[str] = set()
    for base in kind.__mro__[:-1]:
        for name, value in vars(base).items():
            if isinstance(value, types.MemberDescriptorType):
                slots.setdefault(name, value)
            elif isinstance(value, functools.cached_property):
                computed.add(name)
        computed.update(_computed_in_slots(base))
    hashing = getattr(kind.__hash__, "__code__", None)
    return Shape(
        kind=kind,
        fields=fields,
        slots=slots,
        further_slots=tuple(name for name in slots if name not in fields),
        computed=frozenset(computed),
        has_dict=kind.__dictoffset__ != 0,
        caches_hash=hashing is not None and _CACHED_HASH in hashing.co_names,
    )


_POINTER = tuple.__itemsize__
"""The bytes of an instance for each of its slots."""


def _holds_more(base: type) -> bool:
    """Return whether a class is written in C, with instance data that is neither in slots nor in a dict."""
    body = vars(base)
    if isinstance(body.get("__new__"), types.BuiltinMethodType):
        return True
    members = sum(isinstance(value, types.MemberDescriptorType) for value in body.values())
    if members and "__slots__" not in body:
        return True
    inherited = object if base.__base__ is None else base.__base__
    # Classes written in Python add their slots, and at most a dict and a place for weak references.
    return base.__basicsize__ - inherited.__basicsize__ > (members + 2) * _POINTER


def _computed_in_slots(base: type) -> typing.Iterable[str]:
    """Return the cached properties of an attrs class with slots, from the defaults of its ``__getattr__``."""
    found = vars(base).get("__getattr__")
    if not isinstance(found, types.FunctionType) or "cached_properties" not in found.__code__.co_varnames:
        return ()
    for default in found.__defaults__ or ():
        if isinstance(default, dict):
            return tuple(map(str, cast("dict[object, object]", default)))
    return ()


def has_default(kind: type, field: str) -> bool:
    """Return whether a field of an attrs class or dataclass may be omitted when an instance is made."""
    if attrs.has(kind):
        return any(each.name == field and each.default is not attrs.NOTHING for each in attrs.fields(kind))
    known: Mapping[str, dataclasses.Field[object]] = getattr(kind, "__dataclass_fields__", {})
    return field in known and not (
        known[field].default is dataclasses.MISSING and known[field].default_factory is dataclasses.MISSING
    )


_COLLECTIONS: tuple[Callable[[], object], ...] = (list, dict, tuple)


def plain_default(kind: type, field: str) -> object:
    """Return the default of a field of an attrs class or dataclass; of factories only those of empty collections count.

    Raises:
        ValueError: it has none, or one that code of its author makes.
    """
    default: object
    factory: Callable[[], object] | None
    if attrs.has(kind):
        default = next((each.default for each in attrs.fields(kind) if each.name == field), attrs.NOTHING)
        factory = getattr(default, "factory", None)
        missing = default is attrs.NOTHING
    else:
        known: Mapping[str, dataclasses.Field[object]] = getattr(kind, "__dataclass_fields__", {})
        default, factory = known[field].default, None
        if known[field].default_factory is not dataclasses.MISSING:
            factory = cast("Callable[[], object]", known[field].default_factory)
        missing = default is dataclasses.MISSING and factory is None
    if factory is not None and factory in _COLLECTIONS:
        return factory()
    if missing or factory is not None:
        raise ValueError(field)
    return default
