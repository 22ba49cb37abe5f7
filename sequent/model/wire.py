"""The only serialisation: data to text that is read back exactly, or refused by name.

The text is JSON. What JSON has no form for is an object with one key, ``$`` and a letter or two for its kind.
Enums and records carry the name of their class, never a way to import it: whoever reads gives the
classes, taken from the annotation of the step that made the value.
"""

from __future__ import annotations

import dataclasses
import json
import math
import pathlib
import typing
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from uuid import UUID

import attrs

from sequent.errors import NotDataError

MAX_DEPTH = 100
"""How deep data may be nested."""

_PLAIN = (type(None), bool, int, str)
_compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


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
    if type(value) in _PLAIN:
        return _text(value, name), ()
    classes: dict[type, None] = {}
    tree = _Encoder(classes).tree(value, name, 0)
    return _text(tree, name), tuple(classes)


def _text(tree: object, name: str) -> str:
    text = _compact(tree)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        # Lone surrogates (undecodable file names) have no UTF-8 form; JSON's escapes carry them.
        text = json.dumps(tree, separators=(",", ":"), allow_nan=False)
    return text


class _Encoder:
    """Turns a value into what JSON can say, collecting the classes met."""

    def __init__(self, classes: dict[type, None]) -> None:
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
        scalar = _SCALARS.get(kind)
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
            self._classes[kind] = None
            return {"$e": [kind.__qualname__, value.name]}
        if isinstance(value, pathlib.PurePath):
            pure = not isinstance(value, pathlib.Path)
            return {"$pp" if pure else "$p": str(value)}
        fields = fields_of(kind)
        if fields is not None:
            self._classes[kind] = None
            values = {field: self.tree(getattr(value, field), f"{name}.{field}", depth + 1) for field in fields}
            return {"$r": [kind.__qualname__, values]}
        raise NotDataError(
            f"{_short(name)} is a {kind.__qualname__}, which cannot be stored and read back",
            hint="give data (numbers, text, lists, dicts, dates, paths, enums, attrs or dataclasses), "
            "or a path to a file that holds it",
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
    if tag in _READERS:
        return _READERS[tag](content)
    if tag not in ("$e", "$r"):
        raise NotDataError(f"a stored value has the unknown form {tag!r}", hint="was it written by a newer Sequent?")
    name, body = content
    found = classes.get(name)
    if found is None:
        raise NotDataError(
            f"a stored value is a {name}, which the step's annotation does not name",
            hint=f"annotate the step that returns it with {name}",
        )
    if tag == "$e":
        return typing.cast("type[Enum]", found)[body]
    return _record(found, {key: _value(item, classes) for key, item in body.items()})


def _record(kind: type, values: dict[str, object]) -> object:
    """An instance with these fields, made without running its constructor: exactly what was stored."""
    expected = fields_of(kind)
    if expected is None or set(expected) != set(values):
        raise NotDataError(f"a stored {kind.__qualname__} has other fields than the class has now")
    record: object = object.__new__(kind)
    for key, value in values.items():
        object.__setattr__(record, key, value)
    return record


def fields_of(kind: type) -> tuple[str, ...] | None:
    """The fields of an attrs or dataclass, or None for any other class."""
    if attrs.has(kind):
        return tuple(field.name for field in attrs.fields(kind))
    if dataclasses.is_dataclass(kind):
        return tuple(field.name for field in dataclasses.fields(kind))
    return None


def classes_in(annotation: object) -> dict[str, type]:
    """The enums and records that an annotation names, however deep, by qualified name."""
    found: dict[str, type] = {}
    seen: dict[int, object] = {}
    """By identity, since not all annotations can be hashed; the parts are held so that none is reused."""
    pending = [annotation]
    while pending:
        part = pending.pop()
        if id(part) in seen:
            continue
        seen[id(part)] = part
        # A ``type`` statement's alias (Python 3.12) has its meaning in __value__, and may speak of itself.
        alias = getattr(part, "__value__", None)
        pending.extend([alias] if alias is not None and not isinstance(part, Enum) else [])
        pending.extend(typing.get_args(part))
        if typing.get_origin(part) is None and isinstance(part, type):
            if issubclass(part, Enum):
                found[part.__qualname__] = part
            elif fields_of(part) is not None:
                found[part.__qualname__] = part
                pending.extend(_hints(part).values())
    return found


def _hints(kind: type) -> dict[str, object]:
    try:
        return typing.get_type_hints(kind)
    except NameError:
        # An annotation that cannot be resolved names no class that could be read back.
        return {}


class Items:
    """The items of a repeat, each as wire text, without holding a range's."""

    def __init__(self, text: str) -> None:
        """Take the text of a list, a tuple or a range.

        Raises:
            NotDataError: it is the text of something else.
        """
        tree = json.loads(text)
        if isinstance(tree, dict):
            mapping = typing.cast("dict[str, typing.Any]", tree)
            if set(mapping) == {"$g"}:
                tree = range(*mapping["$g"])
            elif set(mapping) == {"$t"}:
                tree = mapping["$t"]
        if not isinstance(tree, list | range):
            raise NotDataError("repeats needs a list, a tuple or a range")
        self._items = typing.cast("list[object] | range", tree)

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, index: int) -> str:
        return _compact(self._items[index])

    def __iter__(self) -> Iterator[str]:
        return map(_compact, self._items)


def _short(name: str) -> str:
    return name if len(name) <= 120 else f"{name[:60]} ... {name[-50:]}"


def _read_zone(parts: list[typing.Any]) -> datetime:
    """A moment with its own zone: by name where it has one, else by its offset."""
    text, key, fold = parts
    moment = datetime.fromisoformat(text)
    if key:
        from zoneinfo import ZoneInfo

        moment = moment.replace(tzinfo=ZoneInfo(key))
    return moment.replace(fold=fold)


def _write_moment(value: datetime) -> list[object]:
    key = getattr(value.tzinfo, "key", None)
    if value.tzinfo is not None and key is None and type(value.tzinfo) is not timezone:
        raise NotDataError(
            f"a datetime has the zone {value.tzinfo!r}, which cannot be stored and read back",
            hint="use zoneinfo.ZoneInfo or datetime.timezone",
        )
    return [value.isoformat(), key or "", value.fold]


def _write_time(value: time) -> list[object]:
    if value.tzinfo is not None and type(value.tzinfo) is not timezone:
        raise NotDataError("a time has a zone that cannot be stored and read back", hint="use datetime.timezone")
    return [value.isoformat(), value.fold]


class _Scalar(typing.NamedTuple):
    tag: str
    write: Callable[[typing.Any], object]
    read: Callable[[typing.Any], object]


_SCALARS: dict[type, _Scalar] = {
    bytes: _Scalar("$b", lambda v: v.decode("latin-1"), lambda t: t.encode("latin-1")),
    range: _Scalar("$g", lambda v: [v.start, v.stop, v.step], lambda t: range(*t)),
    datetime: _Scalar("$dt", _write_moment, _read_zone),
    date: _Scalar("$da", date.isoformat, date.fromisoformat),
    time: _Scalar("$ti", _write_time, lambda t: time.fromisoformat(t[0]).replace(fold=t[1])),
    timedelta: _Scalar("$td", lambda v: [v.days, v.seconds, v.microseconds], lambda t: timedelta(*t)),
    Decimal: _Scalar("$n", str, Decimal),
    Fraction: _Scalar("$q", str, Fraction),
    UUID: _Scalar("$u", str, UUID),
}
_READERS: dict[str, Callable[[typing.Any], object]] = {
    "$f": float,
    "$p": pathlib.Path,
    "$pp": pathlib.PurePath,
    **{scalar.tag: scalar.read for scalar in _SCALARS.values()},
}
