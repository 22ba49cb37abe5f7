"""The only serialisation: data to text that is read back exactly, or refused by name.

The text is JSON. What JSON has no form for is an object with one key, ``$`` and a letter or two for its kind.
Enums and records carry the name of their class, never a way to import it: whoever reads gives the
classes, taken from the annotation of the step that made the value.
"""

from __future__ import annotations

import dataclasses
import json
import math
import sys
import typing
from collections.abc import Mapping
from enum import Enum

import attrs

from sequent.errors import NotDataError
from sequent.model import failures
from sequent.model.outcome import Failure
from sequent.model.parts import Key, cut
from sequent.model.scalars import READERS, SCALARS
from sequent.model.wording import with_article

MAX_DEPTH = 100
"""How deep data may be nested."""

_PLAIN = (type(None), bool, int, str)
compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
"""Writes what JSON has a form for, without spaces."""


def encode(value: object, name: str = "the value") -> str:
    """The text of a value.

    Args:
        value: None, bool, int, float, str, bytes, list, tuple, dict, range, a date or time, Decimal, UUID,
            Path, an enum's member, an attrs or dataclass instance, or any nesting of these.
        name: what to call it in an error: ``result``, ``kwargs['db']``.

    Raises:
        NotDataError: something in it is none of these; the message names it.
    """
    return encode_with_classes(value, name)[0]


def encode_with_classes(value: object, name: str = "the value") -> tuple[str, tuple[type, ...]]:
    """The text of a value, and the enums and records in it, without which it cannot be read back."""
    try:
        if type(value) in _PLAIN:
            return _text(value), ()
        classes: dict[str, type] = {}
        tree = _Encoder(classes).tree(value, name, 0)
        return _text(tree), tuple(classes.values())
    except ValueError as error:
        if "digits" not in str(error):
            raise
        raise NotDataError(
            f"{_short(name)} is or has a whole number of more than {sys.get_int_max_str_digits():,} digits",
            hint="give it in another form, such as hex(x), or a path to a file that holds it",
        ) from None


def _text(tree: object) -> str:
    text = compact(tree)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        # Lone surrogates (undecodable file names) have no UTF-8 form; JSON's escapes carry them.
        text = json.dumps(tree, separators=(",", ":"), allow_nan=False)
    return text


class _Encoder:
    """Turns a value into what JSON can say, collecting the classes met, by the names under which they are read."""

    def __init__(self, classes: dict[str, type]) -> None:
        self._classes = classes

    def tree(self, value: object, name: str, depth: int) -> object:
        kind = type(value)
        if kind in _PLAIN:
            return value
        if depth > MAX_DEPTH:
            raise NotDataError(
                f"{_short(name)} is nested more than {MAX_DEPTH} deep, or holds itself",
                hint="return a path to a file that holds it",
            )
        if kind is float:
            number = typing.cast("float", value)
            return number if math.isfinite(number) else {"$f": repr(number)}
        if kind is list:
            items = typing.cast("list[object]", value)
            return [self.tree(item, f"{name}[{i}]", depth + 1) for i, item in enumerate(items)]
        if kind is dict:
            return self._mapping(typing.cast("dict[object, object]", value), name, depth)
        if kind is tuple:
            pieces = typing.cast("tuple[object, ...]", value)
            return {"$t": [self.tree(item, f"{name}[{i}]", depth + 1) for i, item in enumerate(pieces)]}
        scalar = SCALARS.get(kind)
        if scalar is not None:
            return {scalar.tag: scalar.write(value)}
        return self._object(value, name, depth)

    def _mapping(self, value: dict[object, object], name: str, depth: int) -> object:
        if all(type(key) is str for key in value) and not any(str(key).startswith("$") for key in value):
            return {key: self.tree(item, f"{name}[{key!r}]", depth + 1) for key, item in value.items()}
        return {
            "$d": [
                [self.tree(key, f"a key of {name}", depth + 1), self.tree(item, f"{name}[{key!r}]", depth + 1)]
                for key, item in value.items()
            ]
        }

    def _object(self, value: object, name: str, depth: int) -> object:
        kind = type(value)
        if isinstance(value, Enum):
            if value.name not in type(value).__members__:
                # Members that were joined, of a Flag, have no name by which to find them again.
                raise NotDataError(f"{_short(name)} is {value!r}, which is no single member", hint="give its value")
            self._note(kind, name)
            return {"$e": [kind.__qualname__, value.name]}
        if isinstance(value, failures.Failures):
            first = _Encoder({}).tree(list(value), name, depth)
            return {"$fs": [value.total, first]}
        fields = fields_of(kind)
        if fields is not None:
            self._note(kind, name)
            values = {field: self.tree(getattr(value, field), f"{name}.{field}", depth + 1) for field in fields}
            return {"$r": [kind.__qualname__, values]}
        raise NotDataError(
            f"{_short(name)} is {with_article(kind.__qualname__)}, which cannot be stored and read back",
            hint="give data (numbers, text, lists, dicts, dates, paths, enums, attrs or dataclasses), "
            "or a path to a file that holds it",
        )

    def _note(self, kind: type, name: str) -> None:
        known = self._classes.setdefault(kind.__qualname__, kind)
        if known is not kind:
            raise NotDataError(
                f"{_short(name)} is a {kind.__qualname__} of {kind.__module__}, and there is one of "
                f"{known.__module__} beside it: they could not be told apart when they are read back",
                hint="give one of the classes another name",
            )


def decode(text: str, classes: Mapping[str, type] | None = None) -> object:
    """The value of a text.

    Args:
        text: what ``encode`` gave.
        classes: the enums and records that it may contain, by qualified name.

    Raises:
        NotDataError: the text names a class that is not among these, or that has other fields now.
    """
    return _value(json.loads(text), classes or {})


def part_of(text: str, keys: tuple[Key, ...], name: str = "the value") -> str:
    """The text of a part of a value: of ``x.result["a"].b[-1]`` the keys are "a", "b" and -1.

    Args:
        text: what ``encode`` gave.
        keys: of a dict its keys, of a record its fields, of a list, a tuple or a range its positions.
        name: what to call the value in an error.

    Raises:
        PartError: there is no such part; the message says what there is.
    """
    return _text(cut(json.loads(text), keys, name))


def _value(tree: object, classes: Mapping[str, type]) -> object:
    if isinstance(tree, list):
        return [_value(item, classes) for item in typing.cast("list[object]", tree)]
    if not isinstance(tree, dict):
        return tree
    mapping = typing.cast("dict[str, object]", tree)
    if len(mapping) == 1:
        tag, content = next(iter(mapping.items()))
        if tag.startswith("$"):
            return _tagged(tag, content, classes)
    return {key: _value(item, classes) for key, item in mapping.items()}


def _tagged(tag: str, content: typing.Any, classes: Mapping[str, type]) -> object:
    if tag == "$t":
        return tuple(_value(item, classes) for item in content)
    if tag == "$d":
        return {_value(key, classes): _value(item, classes) for key, item in content}
    if tag in READERS:
        return READERS[tag](content)
    if tag == "$fs":
        total, first = content
        told = [typing.cast("Failure", _value(item, failures.CLASSES)) for item in first]
        return failures.Failures(told, total)
    if tag not in ("$e", "$r"):
        raise NotDataError(f"a stored value has the unknown form {tag!r}", hint="was it written by a newer Sequent?")
    name, body = content
    found = classes.get(name)
    if found is None:
        raise NotDataError(
            f"a stored value is {with_article(name)}, which the step's annotation does not name",
            hint=f"annotate the step that returns it with {name}",
        )
    if tag == "$e":
        return _member(typing.cast("type[Enum]", found), body)
    return _record(found, {key: _value(item, classes) for key, item in body.items()})


def _member(kind: type[Enum], name: str) -> Enum:
    member = kind.__members__.get(name)
    if member is None:
        raise NotDataError(
            f"a stored value is the member {name!r} of {kind.__qualname__}, which has no such member now",
            hint="bring it back, or start a new run",
        )
    return member


def _record(kind: type[object], values: dict[str, object]) -> object:
    """An instance with these fields, made without running its constructor: exactly what was stored."""
    expected = fields_of(kind)
    if expected is None or set(expected) != set(values):
        raise NotDataError(
            f"a stored {kind.__qualname__} has other fields than the class has now",
            hint="bring them back, or start a new run",
        )
    record: object = object.__new__(kind)
    for key, value in values.items():
        object.__setattr__(record, key, value)
    return record


def fields_of(kind: type) -> tuple[str, ...] | None:
    """The fields of an attrs or dataclass; None for any other class, and for one that holds more than its fields."""
    if any(base.__module__ == "builtins" and base is not object for base in kind.__mro__):
        # Such as an exception, or a dict with fields.
        return None
    if attrs.has(kind):
        return tuple(field.name for field in attrs.fields(kind))
    if dataclasses.is_dataclass(kind):
        return tuple(field.name for field in dataclasses.fields(kind))
    return None


def classes_in(annotation: object) -> dict[str, type]:
    """The enums and records that an annotation names, however deep, by qualified name."""
    found: dict[str, type] = {}
    seen: list[object] = []
    """Compared by identity, since not all annotations can be hashed."""
    pending = [annotation]
    while pending:
        part = pending.pop()
        if any(part is other for other in seen):
            continue
        seen.append(part)
        # A ``type`` statement's alias (Python 3.12) has its meaning in __value__, and may speak of itself.
        alias = getattr(part, "__value__", None)
        pending.extend([alias] if alias is not None and not isinstance(part, Enum) else [])
        pending.extend(typing.get_args(part))
        if typing.get_origin(part) is None and isinstance(part, type):
            kind = typing.cast("type[object]", part)
            if issubclass(kind, Enum):
                found[kind.__qualname__] = kind
            elif fields_of(kind) is not None:
                found[kind.__qualname__] = kind
                pending.extend(_hints(kind).values())
    return found


def _hints(kind: type) -> dict[str, object]:
    try:
        return typing.get_type_hints(kind)
    except (NameError, TypeError, AttributeError, SyntaxError):
        # An annotation that cannot be resolved names no class that could be read back.
        return {}


def _short(name: str) -> str:
    return name if len(name) <= 120 else f"{name[:60]} ... {name[-50:]}"
