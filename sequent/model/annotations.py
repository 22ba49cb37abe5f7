"""What annotations say of values."""

from __future__ import annotations

import typing
from enum import Enum
from typing import cast

from sequent.model.records import shape_of


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
            kind = cast("type[object]", part)
            if issubclass(kind, Enum):
                found[kind.__qualname__] = kind
            elif shape_of(kind) is not None:
                found[kind.__qualname__] = kind
                pending.extend(_hints(kind).values())
    return found


def _hints(kind: type) -> dict[str, object]:
    try:
        return typing.get_type_hints(kind)
    except (NameError, TypeError, AttributeError, SyntaxError):
        # An annotation that cannot be resolved names no class that could be read back.
        return {}
