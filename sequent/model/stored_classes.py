"""Makes members of enums and instances of records from the parts that are stored of them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from sequent.errors import NotDataError
from sequent.model.class_shapes import shape_of


def member_of(kind: type[Enum], name: str) -> Enum:
    """Return the member of an enum with a stored name.

    Raises:
        NotDataError: the enum has no such member now.
    """
    member = kind.__members__.get(name)
    if member is None:
        raise NotDataError(
            f"a stored value is the member {name!r} of {kind.__qualname__}, which has no such member now",
            hint="restore the member",
            code="changed-class",
        )
    return member


def record_of(kind: type[object], values: dict[str, object]) -> object:
    """Return an instance with exactly the stored fields, made without running its constructor.

    Raises:
        NotDataError: the class has other fields now.
    """
    shape = shape_of(kind)
    if shape is None or set(shape.fields) != set(values):
        raise NotDataError(
            f"a stored {kind.__qualname__} {_difference(None if shape is None else shape.fields, values)}",
            hint="restore the fields of the class",
            code="changed-class",
        )
    return shape.put_together(values)


def _difference(fields: tuple[str, ...] | None, values: Mapping[str, object]) -> str:
    """Return the differences between a class and the stored fields."""
    if fields is None:
        return "has other fields than the class has now, which is neither an attrs class nor a dataclass"
    gone = [repr(name) for name in values if name not in fields]
    new = [repr(name) for name in fields if name not in values]
    said = [*([f"had {', '.join(gone)}"] if gone else []), *([f"had no {', '.join(new)}"] if new else [])]
    return f"has other fields than the class has now: it {' and '.join(said)}"
