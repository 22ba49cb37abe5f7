"""Values as written: references, which are known only while a flow runs, and literals."""

from __future__ import annotations

from enum import StrEnum

from attrs import field, frozen

from sequent.by_fields import ByFields
from sequent.errors import Place

Path = tuple[str, ...]
"""Names below the root: ``("s1", "s11")`` is written ``s1.s11``; the root is ``()``."""


def dotted(path: Path) -> str:
    """Return a path as people read it."""
    return ".".join(path)


@frozen(eq=False, repr=False)
class OuterName(ByFields):
    """A name that is searched outwards, from the container around the body in which it is written."""

    name: str


Target = Path | OuterName
"""A step or container that is referred to: by its path from the root, or by a name further out."""


@frozen(eq=False, repr=False)
class ResultOf(ByFields):
    """``x.result``: the result of a step or container."""

    target: Target
    place: Place | None = field(default=None, eq=False)


@frozen(eq=False, repr=False)
class ResultOr(ByFields):
    """``x.result_or(v)``: its result, or a value if there is none; the reader waits until x is done."""

    target: Target
    default: Literal
    place: Place | None = field(default=None, eq=False)


@frozen(eq=False, repr=False)
class FailuresOf(ByFields):
    """``x.failures``: the failures in a step or container, as records."""

    target: Target
    place: Place | None = field(default=None, eq=False)


@frozen(eq=False, repr=False)
class PreviousOf(ByFields):
    """``previous(start)``: the result of the iteration before, or the start in the first."""

    start: Value
    place: Place | None = field(default=None, eq=False)


@frozen(eq=False, repr=False)
class PartOf(ByFields):
    """``x.result["a"]``, ``x.result.a``, ``item()[1]``: a part of the value of another reference."""

    whole: Reference
    keys: tuple[str | int, ...]
    place: Place | None = field(default=None, eq=False)


@frozen(eq=False, repr=False)
class SecretOf(ByFields):
    """``secret("NAME")``: read where the step runs; no order, store, log or traceback contains it."""

    name: str
    place: Place | None = field(default=None, eq=False)


@frozen(eq=False, repr=False)
class ItemOf(ByFields):
    """``item()``: the item of the nearest repeat."""

    place: Place | None = field(default=None, eq=False)


@frozen(eq=False, repr=False)
class ParamOf(ByFields):
    """A parameter of the flow, named directly in the flow's own body."""

    name: str
    place: Place | None = field(default=None, eq=False)


@frozen(eq=False, repr=False)
class OuterValue(ByFields):
    """``outer.day``: a parameter or an attribute of a container further out."""

    name: str
    place: Place | None = field(default=None, eq=False)


@frozen(eq=False, repr=False)
class FlowHandle(ByFields):
    """The flow itself as an argument: the step gets a handle with its place in the flow."""


@frozen(eq=False, repr=False)
class Literal(ByFields):
    """A literal value: a snapshot, as wire text (see ``model.value_text``).

    ``classes`` are the enums and records that the value contains, with which the text is read back.
    """

    text: str
    classes: tuple[type, ...] = field(default=(), eq=False)


Reference = (
    ResultOf | ResultOr | FailuresOf | PreviousOf | PartOf | SecretOf | ItemOf | ParamOf | OuterValue | FlowHandle
)


class CompoundForm(StrEnum):
    """The kinds of compounds."""

    LIST = "list"
    TUPLE = "tuple"
    DICT = "dict"


@frozen(eq=False, repr=False)
class Compound(ByFields):
    """A list, a tuple or a dict that contains references, at any depth."""

    form: CompoundForm
    parts: tuple[Value, ...]
    keys: tuple[str, ...] = ()
    """The keys of a dict, as wire text."""


Value = Literal | Reference | Compound
