"""The only serialisation: data to text that is read back exactly, or refused with an error that names it.

The text is JSON. A type that JSON lacks is an object with one key, ``$`` and a letter or two for its kind.
Enums and records carry the name of their class, never the way to import it: the reader passes the
classes, taken from the annotation of the step that made the value.
"""

from __future__ import annotations

import math
import sys
import typing
from collections.abc import Mapping
from enum import Enum
from fractions import Fraction
from typing import cast

from sequent.errors import NotDataError
from sequent.model.annotations import classes_in
from sequent.model.class_shapes import shape_of
from sequent.model.commands import typed
from sequent.model.json_text import read_json, text_of, too_deep
from sequent.model.outcome import FAILURE_CLASSES, Failure, Failures
from sequent.model.pickles import PICKLE, OpenPickle, unread
from sequent.model.refusals import refusal
from sequent.model.scalars import READERS, SCALARS, Scalar
from sequent.model.stored_classes import member_of, record_of
from sequent.model.value_parts import Key, cut
from sequent.model.wording import repr_of, with_article

__all__ = ["classes_in", "decode", "decode_result", "encode", "encode_with_classes", "part_of"]

MAX_DEPTH = 100
"""The maximum depth of data."""

_PLAIN = (type(None), bool, int, str)


def encode(value: object, name: str = "the value") -> str:
    """Return the text of a value.

    Args:
        value: None, bool, int, float, str, bytes, list, tuple, dict, range, a date or time, Decimal, UUID,
            Path, a member of an enum, an attrs or dataclass instance, or any nesting of these.
        name: its name in an error: ``result``, ``kwargs['db']``.

    Raises:
        NotDataError: something in it is none of these; the message names it.
    """
    return encode_with_classes(value, name)[0]


def encode_with_classes(value: object, name: str = "the value") -> tuple[str, tuple[type, ...]]:
    """Return the text of a value, and the enums and records in it, which are needed to read it back."""
    try:
        if type(value) in _PLAIN:
            return text_of(value), ()
        classes: dict[str, type] = {}
        tree = _Encoder(classes).tree(value, name, 0)
        return text_of(tree), tuple(classes.values())
    except ValueError as error:
        if "digits" not in str(error):
            raise
        raise _too_long(value, name) from None


def _too_long(value: object, name: str) -> NotDataError:
    where = ""
    try:
        # Searched only now: checking every number would take longer than writing it.
        _DigitFinder({}).tree(value, name, 0)
    except _TooLongError as error:
        where = "" if str(error) == name else f": {_short(str(error))}"
    return NotDataError(
        f"{_short(name)} is or has a whole number of more than {sys.get_int_max_str_digits():,} digits{where}",
        hint="give it in another form, such as hex(x), or a path to a file that holds it",
    )


class _TooLongError(Exception):
    """A number has too many digits; the exception carries its name."""


class _Encoder:
    """Turns a value into JSON data, and collects its classes by the names under which they are read."""

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
            number = cast("float", value)
            return number if math.isfinite(number) else {"$f": repr(number)}
        if kind is list:
            items = cast("list[object]", value)
            return [self.tree(item, f"{name}[{i}]", depth + 1) for i, item in enumerate(items)]
        if kind is dict:
            return self._mapping(cast("dict[object, object]", value), name, depth)
        if kind is tuple:
            pieces = cast("tuple[object, ...]", value)
            return {"$t": [self.tree(item, f"{name}[{i}]", depth + 1) for i, item in enumerate(pieces)]}
        scalar = SCALARS.get(kind)
        if scalar is not None:
            return {scalar.tag: _written(scalar, value, name)}
        return self._object(value, name, depth)

    def _mapping(self, value: dict[object, object], name: str, depth: int) -> object:
        if all(type(key) is str for key in value) and not any(str(key).startswith("$") for key in value):
            return {key: self.tree(item, f"{name}[{key!r}]", depth + 1) for key, item in value.items()}

        def entry(key: object, item: object) -> list[object]:
            named = f"{name}[{repr_of(key, 60)}]"
            return [self.tree(key, f"a key of {name}", depth + 1), self.tree(item, named, depth + 1)]

        return {"$d": [entry(key, item) for key, item in value.items()]}

    def _object(self, value: object, name: str, depth: int) -> object:
        kind = type(value)
        if isinstance(value, Enum):
            if value.name not in type(value).__members__:
                # Combined members of a Flag have no name by which to find them again.
                raise NotDataError(f"{_short(name)} is {value!r}, which is not a single member", hint="give its value")
            self._note(kind, name)
            return {"$e": [kind.__qualname__, value.name]}
        if isinstance(value, Failures):
            first = _Encoder({}).tree(list(value), name, depth)
            return {"$fs": [value.total, first]}
        shape = shape_of(kind)
        if shape is None:
            raise refusal(value, _short(name))
        self._note(kind, name)
        values = shape.taken_apart(value, name)
        return {
            "$r": [
                kind.__qualname__,
                {key: self.tree(item, f"{name}.{key}", depth + 1) for key, item in values.items()},
            ]
        }

    def _note(self, kind: type, name: str) -> None:
        known = self._classes.setdefault(kind.__qualname__, kind)
        if known is not kind:
            raise NotDataError(
                f"{_short(name)} is a {kind.__qualname__} of {kind.__module__}, and there is one of "
                f"{known.__module__} beside it: they could not be told apart when they are read back",
                hint="give one of the classes another name",
            )


def _written(scalar: Scalar, value: object, name: str) -> object:
    try:
        return scalar.write(value)
    except NotDataError as error:
        # The writer of a scalar does not know the scalar's place.
        error.message = f"{_short(name)}: {error.message}"
        error.args = (error.message,)
        raise


class _DigitFinder(_Encoder):
    """Stops at the first number with more digits than Python writes, and gives its name."""

    def tree(self, value: object, name: str, depth: int) -> object:
        parts = (value.start, value.stop, value.step) if isinstance(value, range) else (value,)
        try:
            _ = [str(part) for part in parts if isinstance(part, int | Fraction)]
        except ValueError:
            raise _TooLongError(name) from None
        return super().tree(value, name, depth)


def decode(text: str, classes: Mapping[str, type] | None = None, open_pickle: OpenPickle = unread) -> object:
    """Return the value of a text.

    Args:
        text: the result of ``encode``.
        classes: the enums and records that it may contain, by qualified name.
        open_pickle: returns the object of a pickle in it; elsewhere than in the worker of a step, only words for it.

    Raises:
        NotDataError: the text names a class that is not among these, or one whose fields have changed.
    """
    try:
        return _value(read_json(text, "a stored value"), classes or {}, open_pickle)
    except RecursionError:
        raise too_deep("a stored value") from None
    except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError) as error:
        raise NotDataError(
            f"a stored value has none of the forms in which values are stored: {text:.80}",
            hint="restore the store from a copy, or upgrade Sequent: a newer version may have written it",
        ) from error


def decode_result(
    text: str, classes: Mapping[str, type] | None, maker: str, open_pickle: OpenPickle = unread
) -> object:
    """Return the value of the text of a step's result.

    Args:
        text: the result of ``encode``.
        classes: as for ``decode``.
        maker: the dotted path of the step that returned it.
        open_pickle: as for ``decode``.

    Raises:
        NotDataError: it cannot be read back; the message names the step, and the hint says how to compute it again.
    """
    try:
        return decode(text, classes, open_pickle)
    except NotDataError as error:
        if error.code.startswith("pickle"):
            raise
        raise NotDataError(
            f"the result of {maker!r} cannot be read back: {error.message}",
            code=error.code,
            hint=f"{error.hint}; or compute it again: {typed('recover', '--from', maker)}",
            path=maker,
        ) from None


class Ambiguous:
    """A placeholder for a class whose name several classes share."""


def part_of(text: str, keys: tuple[Key, ...], name: str = "the value") -> str:
    """Return the text of a part of a value: for ``x.result["a"].b[-1]`` the keys are "a", "b" and -1.

    Args:
        text: the result of ``encode``.
        keys: of a dict its keys, of a record its fields, of a list, a tuple or a range its positions.
        name: the name of the value in an error.

    Raises:
        PartError: there is no such part; the message names the parts.
    """
    return text_of(cut(read_json(text, name), keys, name))


def _value(tree: object, classes: Mapping[str, type], open_pickle: OpenPickle) -> object:
    if isinstance(tree, list):
        return [_value(item, classes, open_pickle) for item in cast("list[object]", tree)]
    if not isinstance(tree, dict):
        return tree
    mapping = cast("dict[str, object]", tree)
    if len(mapping) == 1:
        tag, content = next(iter(mapping.items()))
        if tag.startswith("$"):
            return _tagged(tag, content, classes, open_pickle)
    return {key: _value(item, classes, open_pickle) for key, item in mapping.items()}


def _tagged(tag: str, content: typing.Any, classes: Mapping[str, type], open_pickle: OpenPickle) -> object:
    if tag == "$t":
        return tuple(_value(item, classes, open_pickle) for item in content)
    if tag == "$d":
        return {_value(key, classes, open_pickle): _value(item, classes, open_pickle) for key, item in content}
    if tag in READERS:
        # A path, for instance, whose text has several parts.
        return READERS[tag](_value(cast("object", content), classes, unread) if isinstance(content, dict) else content)
    if tag == PICKLE:
        return open_pickle(content)
    if tag == "$fs":
        total, first = content
        told = [cast("Failure", _value(item, FAILURE_CLASSES, unread)) for item in first]
        return Failures(told, total)
    if tag not in ("$e", "$r"):
        raise NotDataError(f"a stored value has the unknown form {tag!r}", hint="upgrade Sequent to a newer version")
    name, body = content
    found = classes.get(name)
    if found is None:
        raise NotDataError(
            f"a stored value is {with_article(name)}, which the step's annotation does not name",
            hint=f"annotate the step that returns it with {name}",
            code="unnamed-class",
        )
    if found is Ambiguous:
        raise NotDataError(
            f"a stored value is {with_article(name)}, and the flow has several classes of that name",
            code="ambiguous-class",
            hint="give each of them a name of its own",
        )
    if tag == "$e":
        return member_of(cast("type[Enum]", found), body)
    return record_of(found, {key: _value(item, classes, open_pickle) for key, item in body.items()})


def _short(name: str) -> str:
    return name if len(name) <= 120 else f"{name[:60]} ... {name[-50:]}"
