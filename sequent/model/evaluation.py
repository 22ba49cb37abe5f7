"""Evaluates annotations that were written as text, where their names can be found."""

from __future__ import annotations

import sys
import types
import typing
from collections.abc import Mapping
from typing import Any, NamedTuple, cast


class Unfound(NamedTuple):
    """Stands for an annotation that names something that is not there."""

    name: str


def evaluated_by(annotation: object, module: str, around: Mapping[str, object] | None = None) -> object:
    """An annotation without text in it, by the names of its module, and where that has none by others."""
    return evaluated(annotation, vars(sys.modules[module]) if module in sys.modules else {}, around)


def evaluated(annotation: object, names: Mapping[str, object], further: Mapping[str, object] | None = None) -> object:
    """An annotation without text in it, or ``Unfound`` where it names something that is not there.

    Args:
        annotation: what was written: an object, or its text where annotations are not evaluated.
        names: what can be named there.
        further: what can be named where those do not suffice.
    """
    found = _evaluated(annotation, names)
    if not further or not isinstance(found, Unfound):
        return found
    # Seldom needed, and there may be thousands of them.
    return _evaluated(annotation, {**further, **names})


def _evaluated(annotation: object, names: Mapping[str, object]) -> object:
    if annotation is None or isinstance(annotation, Unfound) or type(annotation) is type:
        return type(None) if annotation is None else annotation
    text = ""
    try:
        if isinstance(annotation, str):
            text = annotation
            # Of an attribute, say: Final and ClassVar may stand around it.
            annotation = typing.ForwardRef(text, is_argument=False, is_class=True)
        shown = types.SimpleNamespace(__annotations__={"it": annotation})
        found = typing.get_type_hints(cast("Any", shown), cast("dict[str, Any]", names), include_extras=True)["it"]
        # A text may stand for itself.
        return Unfound(found.__forward_arg__) if isinstance(found, typing.ForwardRef) else found
    except NameError as error:
        return Unfound(error.name or text)
    except Exception:  # noqa: BLE001  an annotation is an expression, and may go wrong in any way
        return Unfound(text or repr(annotation))
