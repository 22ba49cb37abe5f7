"""Reads annotations. No other module knows the forms of ``typing``.

Annotations are evaluated where they were written. After that, only the fields of records and typed dicts contain
strings, which are evaluated in the module of their class.
"""

from __future__ import annotations

import inspect
import types
import typing
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum, auto
from typing import Any, NamedTuple, cast

import attrs

from sequent.model.class_shapes import shape_of
from sequent.model.evaluation import Later, Unfound, evaluated_by
from sequent.model.outcome import Failures
from sequent.model.scalars import SCALARS

_UNIONS: tuple[object, ...] = (typing.Union, types.UnionType)
_WRAPPERS = frozenset({"Final", "ClassVar", "Required", "NotRequired", "ReadOnly"})
"""Forms that describe a name, not its values."""
_SCALARS: tuple[type, ...] = (type(None), bool, int, float, str, *SCALARS)
_MOST_ALIASES = 100
_MOST_ENTERED = 30
"""The maximum number of visits to the fields of one class, which may name itself with ever longer variables."""


class Form(Enum):
    """A kind of values in an annotation."""

    ANYTHING = auto()
    SCALAR = auto()
    """``kind`` is the class of the values, or an abstract one such as ``Number``."""
    CHOICE = auto()
    """One of the values among the parts."""
    UNION = auto()
    """One of the annotations among the parts."""
    LIST = auto()
    """Any number of one kind; ``kind`` is list, tuple, or a class of both, such as ``Sequence``."""
    PIECES = auto()
    """A tuple with a part for each position."""
    DICT = auto()
    """The parts are those of keys and of values."""
    KEYS = auto()
    """A dict with certain keys; ``kind`` is the class that names them."""
    ENUM = auto()
    RECORD = auto()
    OTHER = auto()
    """Instances of ``kind``, which cannot be stored."""
    UNFOUND = auto()
    """An annotation with a missing name: ``kind`` is an ``Unfound``."""


class Meaning(NamedTuple):
    """The meaning of an annotation."""

    form: Form
    kind: Any = object
    parts: tuple[Any, ...] = ()
    variables: Mapping[Any, object] = types.MappingProxyType({})
    """The types of the type variables of a generic record."""

    @property
    def fields(self) -> dict[str, object]:
        """The annotations of a record's fields, or of the keys of a typed dict, each evaluated separately."""
        shape = shape_of(self.kind)
        return {
            name: _substituted(field, self.variables)
            for name, field in _field_types(self.kind).items()
            # Only fields: a class may have further annotations, and its constructor further parameters.
            if shape is None or name in shape.fields
        }

    @property
    def required(self) -> frozenset[str]:
        """The keys that a typed dict always has."""
        known = cast("frozenset[str]", self.kind.__required_keys__)
        told = {name: _wrapper(annotation) for name, annotation in _field_types(self.kind).items()}
        # If annotations are strings, the class itself has not seen the words around a type.
        return frozenset(
            name for name, word in told.items() if word == "Required" or (name in known and word != "NotRequired")
        )


def meaning_of(annotation: object) -> Meaning:
    """Return the meaning of an annotation."""
    annotation = _plain(annotation)
    if isinstance(annotation, Unfound):
        return Meaning(Form.UNFOUND, annotation)
    if annotation is None:
        return Meaning(Form.SCALAR, type(None))
    origin, parts = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in _UNIONS:
        return Meaning(Form.UNION, parts=parts)
    if origin is typing.Literal:
        return Meaning(Form.CHOICE, parts=parts)
    kind = annotation if origin is None else origin
    if not isinstance(kind, type) or kind in (object, Any):
        return Meaning(Form.SCALAR, str) if kind is typing.LiteralString else Meaning(Form.ANYTHING)
    if kind in _SCALARS or kind is Failures:
        return Meaning(Form.SCALAR, kind)
    if kind is tuple:
        return _of_tuple(annotation, parts)
    if kind is dict:
        return Meaning(Form.DICT, dict, parts or (Any, Any))
    if kind is list:
        return Meaning(Form.LIST, list, parts or (Any,))
    return _of_class(kind, parts)


def _of_tuple(annotation: object, parts: tuple[object, ...]) -> Meaning:
    if not parts and annotation != tuple[()]:
        return Meaning(Form.LIST, tuple, (Any,))
    if len(parts) == 2 and parts[1] is ...:
        return Meaning(Form.LIST, tuple, parts[:1])
    if any(map(_is_unpacked, parts)):
        pieces = [piece for part in parts for piece in (_parts_of(part) if _is_unpacked(part) else (part,))]
        return Meaning(Form.LIST, tuple, (typing.Union[tuple(piece for piece in pieces if piece is not ...)],))  # noqa: UP007
    return Meaning(Form.PIECES, tuple, parts)


def _is_unpacked(part: object) -> bool:
    """Return whether an annotation is unpacked with a star: ``*tuple[int, ...]``."""
    return typing.get_origin(part) is typing.Unpack or getattr(part, "__unpacked__", False) is True


def _parts_of(annotation: object) -> tuple[object, ...]:
    return cast("tuple[object, ...]", typing.get_args(annotation))


def _of_class(kind: type[Any], parts: tuple[object, ...]) -> Meaning:
    if issubclass(kind, Enum):
        return Meaning(Form.ENUM, kind)
    if dict in kind.__mro__ and hasattr(kind, "__required_keys__"):
        return Meaning(Form.KEYS, kind, variables=_variables(kind, parts))
    if shape_of(kind) is not None:
        return Meaning(Form.RECORD, kind, variables=_variables(kind, parts))
    try:
        if issubclass(list, kind):
            return Meaning(Form.LIST, kind, parts if len(parts) == 1 else (Any,))
        if issubclass(dict, kind):
            return Meaning(Form.DICT, kind, parts if len(parts) == 2 else (Any, Any))
        counts = any(issubclass(scalar, kind) for scalar in _SCALARS)
    except TypeError:
        # A protocol without runtime checks.
        return Meaning(Form.ANYTHING)
    return Meaning(Form.SCALAR if counts else Form.OTHER, kind, parts)


def _plain(annotation: object) -> object:
    """Return an annotation reduced to its type: without aliases, remarks and type variables."""
    for _ in range(_MOST_ALIASES):
        within = _within(annotation)
        if within is annotation:
            return annotation
        annotation = within
    # An alias that means itself.
    return Any


def _within(annotation: Any) -> object:
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        return typing.get_args(annotation)[0]
    if _wrapper(annotation):
        return next(iter(typing.get_args(annotation)), Any)
    if isinstance(annotation, typing.NewType):
        return evaluated_by(annotation.__supertype__, annotation.__module__)
    if isinstance(annotation, typing.TypeVar):
        if annotation.__constraints__:
            return typing.Union[annotation.__constraints__]  # noqa: UP007  they are known only here
        bound = annotation.__bound__
        return Any if bound is None else evaluated_by(bound, annotation.__module__)
    if isinstance(annotation, Later):
        return annotation.value
    if isinstance(annotation, str | typing.ForwardRef):
        return Unfound(annotation if isinstance(annotation, str) else annotation.__forward_arg__)
    # An alias of a ``type`` statement (Python 3.12, typing_extensions), alone or with arguments.
    for alias, given in ((annotation, ()), (origin, typing.get_args(annotation))):
        if type(alias).__name__ == "TypeAliasType":
            return _of_alias(alias, given)
    return annotation


def _of_alias(alias: Any, given: tuple[object, ...]) -> object:
    try:
        value: object = alias.__value__
    except NameError as error:
        return Unfound(error.name or str(alias))
    value = evaluated_by(value, str(getattr(alias, "__module__", "")))
    return _substituted(value, dict(zip(alias.__type_params__, given, strict=False)))


def _wrapper(annotation: object) -> str:
    """Return the word around a type: Final, Required and so on; '' if there is none."""
    word = getattr(typing.get_origin(annotation) or annotation, "_name", None)
    return word if isinstance(word, str) and word in _WRAPPERS else ""


def _variables(kind: Any, parts: tuple[object, ...]) -> dict[Any, object]:
    """Return the types of the type variables of a class, and of the generic classes that it inherits from."""
    found: dict[Any, object] = dict(zip(getattr(kind, "__parameters__", ()), parts, strict=False))
    body = cast("Mapping[str, Any]", vars(kind))
    for base in cast("tuple[object, ...]", body.get("__orig_bases__", ())):
        inherited = [_substituted(part, found) for part in typing.get_args(base)]
        found |= {
            variable: part
            for variable, part in _variables(typing.get_origin(base) or base, tuple(inherited)).items()
            if variable not in found
        }
    return found


def _substituted(annotation: Any, variables: Mapping[Any, object]) -> object:
    if not variables:
        return annotation
    if isinstance(annotation, typing.TypeVar):
        return variables.get(annotation, annotation)
    open_ = getattr(annotation, "__parameters__", ())
    if not open_ or isinstance(annotation, type):
        return annotation
    return annotation[tuple(variables.get(variable, variable) for variable in open_)]


def _field_types(kind: type[Any]) -> dict[str, object]:
    """Return the annotations of the fields of a record, or of the keys of a typed dict; each may be ``Unfound``."""
    found: dict[str, object] = {}
    if attrs.has(kind):
        found = {each.name: each.type for each in attrs.fields(kind) if each.type is not None}
    for base in reversed(kind.__mro__):
        for name, annotation in _written_in(base).items():
            # Only the class itself knows a class that a function defines.
            around = {**vars(base), base.__name__: base, kind.__name__: kind}
            found[name] = evaluated_by(annotation, base.__module__, around)
    return {name: evaluated_by(annotation, kind.__module__) for name, annotation in found.items()}


def _written_in(base: type[Any]) -> Mapping[str, object]:
    try:
        return inspect.get_annotations(base)
    except NameError:
        return {}


def classes_in(annotation: object) -> dict[str, type]:
    """Return the enums and records that an annotation names, however deep, by qualified name."""
    found: dict[str, type] = {}
    for meaning in meanings_in(annotation):
        if meaning.form in (Form.ENUM, Form.RECORD):
            found[meaning.kind.__qualname__] = meaning.kind
        elif meaning.form is Form.CHOICE:
            found |= {type(value).__qualname__: type(value) for value in meaning.parts if isinstance(value, Enum)}
    return found


def unnamed_class(annotation: object, classes: Iterable[type]) -> type | None:
    """Return the first class that an annotation does not name, so that its instances could not be read back."""
    named = classes_in(annotation)
    return next((kind for kind in classes if named.get(kind.__qualname__) is not kind), None)


def meanings_in(annotation: object, *, enters: Callable[[Meaning], bool] = lambda _: True) -> Iterator[Meaning]:
    """Yield the meaning of an annotation, and those of all its parts.

    Args:
        annotation: the whole.
        enters: decides whether to visit the fields of this record or typed dict.
    """
    pending, seen, entered = [annotation], list[object](), Counter[object]()
    while pending:
        part = pending.pop()
        # Compared as equals, since parts are made anew; and not hashed, since not all of them can be.
        if any(part is other or (type(part) is type(other) and part == other) for other in seen):
            continue
        seen.append(part)
        meaning = meaning_of(part)
        yield meaning
        if meaning.form in (Form.RECORD, Form.KEYS):
            entered[meaning.kind] += 1
            if entered[meaning.kind] <= _MOST_ENTERED and enters(meaning):
                pending += (*meaning.fields.values(), *meaning.variables.values())
        elif meaning.form is not Form.CHOICE:
            pending += meaning.parts
