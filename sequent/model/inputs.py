"""The sources of the values of a plan, with every name resolved: results, items, parameters and literals."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from sequent.model.references import CompoundForm, Path


class ResultInput(Struct, frozen=True):
    """The result of a node: its own, or the list of those of its iterations.

    ``node`` is a child of the reader's container or of one around it; the value is that of the
    enclosing iteration. ``maker`` is the path of the step that returned it, whose annotation tells its types.
    """

    node: int
    maker: Path


class ItemInput(Struct, frozen=True):
    """The item of an iteration of this container: the reader's own or one around it."""

    container: int


class ParamInput(Struct, frozen=True):
    """A parameter of the flow."""

    name: str


class ResultOrInput(Struct, frozen=True):
    """The result of a node once it is done, or a value if it has none; of a repeat, one entry per iteration."""

    node: int
    maker: Path
    default: str
    """Wire text."""


class FailuresInput(Struct, frozen=True):
    """The failures in a node: the first hundred, and the number of all."""

    node: int


class PreviousInput(Struct, frozen=True):
    """The result of the iteration before of this container: the reader's own or one around it."""

    container: int
    maker: Path
    start: Input


class LiteralInput(Struct, frozen=True):
    """A literal value."""

    text: str
    """Wire text."""


class PartInput(Struct, frozen=True):
    """A part of another value (see ``model.value_text.part_of``)."""

    whole: Input
    keys: tuple[str | int, ...]


class CompoundInput(Struct, frozen=True):
    """A list, a tuple or a dict of other values."""

    form: CompoundForm
    parts: tuple[Input, ...]
    keys: tuple[str, ...] = ()
    """The keys of a dict, as wire text."""


class ItemsLiteralPlan(Struct, frozen=True):
    """Items that were written as a literal, as wire text."""

    text: str


class ItemsCallPlan(Struct, frozen=True):
    """Items that a callable returns; ``attributes`` are those of its ``self``, if it takes one."""

    attributes: tuple[tuple[str, Input], ...] = ()


_Simple = ResultInput | ResultOrInput | FailuresInput | PreviousInput | LiteralInput | ItemInput | ParamInput
Input = _Simple | PartInput | CompoundInput

ItemsPlan = ItemsLiteralPlan | ItemsCallPlan | Input


def inputs_in(value: Input) -> Iterator[Input]:
    """Yield a value, and all values in it."""
    yield value
    if isinstance(value, PartInput):
        yield from inputs_in(value.whole)
    elif isinstance(value, PreviousInput):
        yield from inputs_in(value.start)
    elif isinstance(value, CompoundInput):
        for part in value.parts:
            yield from inputs_in(part)
