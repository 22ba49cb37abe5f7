"""Evaluates annotations that were written as strings, if their names can be found."""

from __future__ import annotations

import sys
import types
import typing
from collections.abc import Mapping
from typing import Any, NamedTuple, cast

_UNTYPED = "typing.Any"
"""The annotation of a field without one that ``make_dataclass`` adds in a module that does not import typing."""


class Unfound(NamedTuple):
    """A placeholder for an annotation with a missing name, or one that is not a type."""

    name: str
    flaw: str = ""
    """The mistake, if it is not a missing name."""


class Later:
    """A placeholder for the part of an alias that names the alias itself; evaluated on demand, since it has no end."""

    __slots__ = ("_names", "_text")

    def __init__(self, text: str, names: Mapping[str, object]) -> None:
        self._text = text
        self._names = names

    @property
    def value(self) -> object:
        """Evaluate the part."""
        return _evaluated(self._text, self._names)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Later) and self._text == other._text and self._names is other._names

    def __hash__(self) -> int:
        # Typing hashes each part of a union, and there are few such parts.
        return len(self._text)

    def __repr__(self) -> str:
        return self._text


def evaluated_by(annotation: object, module: str, around: Mapping[str, object] | None = None) -> object:
    """Return an annotation without strings in it, evaluated with the names of its module, else with others."""
    return evaluated(annotation, vars(sys.modules[module]) if module in sys.modules else {}, around)


def evaluated(annotation: object, names: Mapping[str, object], further: Mapping[str, object] | None = None) -> object:
    """Return an annotation without strings in it, or ``Unfound`` if a name is missing.

    Args:
        annotation: the written annotation: an object, or a string if annotations are not evaluated.
        names: the names visible there.
        further: names to try if those do not suffice.
    """
    found = _evaluated(annotation, names)
    if not further or not isinstance(found, Unfound):
        return found
    # Rarely needed, and there may be thousands of names.
    return _evaluated(annotation, {**further, **names})


def _with_later(found: Any, names: Mapping[str, object]) -> object:
    """Return an annotation without the strings that Python leaves in an alias that names itself."""
    origin, parts = typing.get_origin(found), cast("tuple[object, ...]", typing.get_args(found))
    if not parts or origin is typing.Literal:
        return found
    changed = tuple(
        Later(part.__forward_arg__, names) if isinstance(part, typing.ForwardRef) else _with_later(part, names)
        for part in parts
    )
    if all(new is old for new, old in zip(changed, parts, strict=True)):
        return found
    if origin in (typing.Union, types.UnionType):
        return typing.Union[changed]  # noqa: UP007  they are known only here
    return typing.Annotated[changed] if origin is typing.Annotated else found.__origin__[changed]


def _evaluated(annotation: object, names: Mapping[str, object]) -> object:
    if annotation is None or isinstance(annotation, Unfound) or type(annotation) is type:
        return type(None) if annotation is None else annotation
    if annotation == _UNTYPED:
        return Any
    text = ""
    try:
        if isinstance(annotation, str):
            text = annotation
            # The annotation may be that of an attribute: Final and ClassVar may surround it.
            annotation = typing.ForwardRef(text, is_argument=False, is_class=True)
        shown = types.SimpleNamespace(__annotations__={"it": annotation})
        # Python caches the values of an alias, even for an equal string of another module, unless the local
        # names differ from the global ones.
        hints = typing.get_type_hints(cast("Any", shown), cast("dict[str, Any]", names), {}, include_extras=True)
        found = hints["it"]
        # A string may name itself.
        return Unfound(found.__forward_arg__) if isinstance(found, typing.ForwardRef) else _with_later(found, names)
    except NameError as error:
        return Unfound(error.name or text)
    except AttributeError:
        return Unfound(text)
    except SyntaxError:
        return Unfound(text, "is not Python")
    except Exception:  # noqa: BLE001  an annotation is an expression, and may go wrong in any way
        return Unfound(text or repr(annotation), "is not a type")
