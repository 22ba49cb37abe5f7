"""Where the values of a plan come from, with every name resolved: results, items, parameters and literals."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from sequent.by_fields import ByFields
from sequent.model.references import CompoundForm, Path


@frozen(eq=False, repr=False)
class ResultInput(ByFields):
    """The result of a node: its own, or the list of its iterations'.

    ``node`` is a child of the reader's container or of one around it; the value is that of the
    enclosing iteration. ``maker`` is the path of the step that returned it, whose annotation tells its types.
    """

    node: int
    maker: Path


@frozen(eq=False, repr=False)
class ItemInput(ByFields):
    """The item of an iteration of this container: the reader's own or one around it."""

    container: int


@frozen(eq=False, repr=False)
class ParamInput(ByFields):
    """A parameter of the flow."""

    name: str


@frozen(eq=False, repr=False)
class ResultOrInput(ByFields):
    """The result of a node once it is done, or a value where it has none; of a repeat, one entry per iteration."""

    node: int
    maker: Path
    default: str
    """Wire text."""


@frozen(eq=False, repr=False)
class FailuresInput(ByFields):
    """The failures in a node: the first hundred, and how many there are."""

    node: int


@frozen(eq=False, repr=False)
class PreviousInput(ByFields):
    """The result of the iteration before of this container: the reader's own or one around it."""

    container: int
    maker: Path
    start: Input


@frozen(eq=False, repr=False)
class LiteralInput(ByFields):
    """A value that was written down."""

    text: str
    """Wire text."""


@frozen(eq=False, repr=False)
class PartInput(ByFields):
    """A part of another value (see ``model.wire.part_of``)."""

    whole: Input
    keys: tuple[str | int, ...]


@frozen(eq=False, repr=False)
class CompoundInput(ByFields):
    """A list, a tuple or a dict of other values."""

    form: CompoundForm
    parts: tuple[Input, ...]
    keys: tuple[str, ...] = ()
    """Of a dict: what its parts are under, as wire text."""


@frozen(eq=False, repr=False)
class ItemsLiteralPlan(ByFields):
    """Items that were written down, as wire text."""

    text: str


@frozen(eq=False, repr=False)
class ItemsCallPlan(ByFields):
    """Items that a callable gives; ``attributes`` are what its ``self`` shows, if it takes one."""

    attributes: tuple[tuple[str, Input], ...] = ()


_Simple = ResultInput | ResultOrInput | FailuresInput | PreviousInput | LiteralInput | ItemInput | ParamInput
Input = _Simple | PartInput | CompoundInput

ItemsPlan = ItemsLiteralPlan | ItemsCallPlan | Input


def inputs_in(value: Input) -> Iterator[Input]:
    """A value, and all that it is made of."""
    yield value
    if isinstance(value, PartInput):
        yield from inputs_in(value.whole)
    elif isinstance(value, PreviousInput):
        yield from inputs_in(value.start)
    elif isinstance(value, CompoundInput):
        for part in value.parts:
            yield from inputs_in(part)
